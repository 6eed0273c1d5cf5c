"""`oyez.yaml` as types: every section, every default, once.

Keys that do not exist are errors; a part of the program gets its own section, never the whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import Field, field_validator

from assistant.config.base import Identifier, Language, Named, Option, Section
from assistant.config.calling import CallingConfig, ContactsConfig
from assistant.config.cloud import CloudConfig
from assistant.config.conversation import DialogueConfig, RepliesConfig
from assistant.config.exposure import host_of, is_loopback
from assistant.config.media import MediaConfig, PlayerConfig

THRESHOLD = 0.4
"""Confidence below which nothing is done, where the household does not say another."""


class AudioConfig(Section):
    """Where sound comes from and goes to."""

    input: str | int | None = None
    """Name (or part of it) or index of the microphone; the system's default when absent."""
    output: str | int | None = None
    """The same for the loudspeaker."""


class ListenConfig(Section):
    """How speech is cut out of the stream."""

    aggressiveness: int = Field(default=2, ge=0, le=3)
    """WebRTC's own scale: 3 takes the least noise for speech."""
    pre_roll_ms: int = Field(default=300, ge=0, le=2000)
    """What is kept from before the onset."""
    onset_ms: int = Field(default=100, ge=20, le=1000)
    """Voiced time within the last 200 ms that opens an utterance."""
    hangover_ms: int = Field(default=600, ge=100, le=3000)
    """Silence that ends an utterance."""
    endpointing: Literal["sentences", "silence"] = "sentences"
    """`sentences`: the silence that ends an utterance depends on what was said, see `early_ms` and `patience_ms`;
    `silence`: it is always `hangover_ms`."""
    early_ms: int = Field(default=200, ge=100, le=3000)
    """Silence after which a complete sentence ends the utterance, if no word could follow that changes it."""
    patience_ms: int = Field(default=1200, ge=100, le=3000)
    """Silence that ends an utterance in the middle of a sentence or of a telephone number."""
    min_speech_ms: int = Field(default=160, ge=20, le=2000)
    """Voiced time below which a sound is no utterance."""
    max_utterance_ms: int = Field(default=10_000, ge=1000, le=15_000)
    """Length at which an utterance is ended all the same."""


class WakeConfig(Section):
    """What opens the microphone."""

    engine: Identifier = "none"
    """`none`, `push-to-talk`, `microwakeword`."""
    word: str = "hey_jarvis"
    """The wake word, for engines that have one."""
    window_ms: int = Field(default=8000, ge=1000, le=60_000)
    """How long after waking speech is taken."""


Request: TypeAlias = Literal["listen", "say", "cancel", "mute", "catalog"]
"""What others may ask of the assistant over MQTT, by the name of its topic."""


class MqttConfig(Section):
    """The broker."""

    url: str = "embedded"
    """`embedded`, `mqtt://HOST[:PORT]`, `mqtts://HOST[:PORT]`, `mqtt+unix:///PATH`."""
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    embedded_port: int = Field(default=1883, ge=0, le=65535)
    """Port of the embedded broker on localhost; 0 takes a free one."""
    embedded_host: str = "127.0.0.1"
    """Where the embedded broker listens: this machine only.  With `username` and `password_file` it asks for them."""
    requests: list[Request] | None = None
    """What is taken over MQTT; when absent everything, but nothing from a broker on the network that knows nobody."""
    expiry_s: int = Field(default=10, ge=1, le=3600)
    """After this many seconds an intent is too old to be acted on."""

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url == "embedded" or url.startswith(("mqtt://", "mqtts://", "mqtt+unix://")):
            return url
        raise ValueError(
            'not a broker address; write "embedded", "mqtt://HOST:PORT", "mqtts://HOST:PORT" or "mqtt+unix:///PATH"'
        )

    @field_validator("embedded_host")
    @classmethod
    def _this_machine(cls, host: str) -> str:
        if re.fullmatch(r"127(\.\d{1,3}){3}", host) and is_loopback(host):
            return host
        raise ValueError(
            f'"{host}": the embedded broker has no access rules and stays on this machine, 127.0.0.1; '
            "for a network run mosquitto with deploy/mosquitto and write its address as mqtt.url"
        )

    @property
    def taken(self) -> Collection[Request]:
        """What is taken over MQTT: only who is known to the broker, or on this machine, may ask for anything."""
        if self.requests is not None:
            return self.requests
        host = host_of(self.url)
        known = self.username is not None or self.cert_file is not None
        return get_args(Request) if known or host is None or is_loopback(host) else ()


class RoomConfig(Named):
    """A room; in YAML the names may stand directly under its identifier."""

    floor: Identifier | None = None


class FloorConfig(Named):
    """A floor."""


class SettingConfig(Section):
    """What a scene sets on one lamp; one that is not switched off is switched on."""

    on: bool = True
    brightness: float | None = Field(default=None, ge=0, le=100)
    """In percent; 0 switches off."""
    color: str | None = None
    """A name, or `"#0000ff"`."""
    kelvin: int | None = Field(default=None, gt=0)


class SceneConfig(Named):
    """A scene: what is set on each device, or a topic and payload to publish."""

    topic: str | None = None
    payload: str | None = None
    set: dict[Identifier, SettingConfig] = Field(default_factory=dict)


class DeviceConfig(Named):
    """A device of the house and how it is reached."""

    kind: Literal["light", "switch"] = "light"
    room: Identifier | None = None
    driver: Literal["zigbee2mqtt", "homeassistant", "tasmota", "shelly", "esphome", "generic"] = "zigbee2mqtt"
    topic: str = Field(min_length=1, max_length=256)
    """The device's base topic, as its driver counts it."""
    features: list[Literal["brightness", "color", "color_temp"]] = Field(default=["brightness", "color", "color_temp"])
    timeout_ms: int = Field(default=2000, ge=50, le=60_000)
    """How long its own state may take to confirm a command."""
    options: dict[str, Option] = Field(default_factory=dict)
    """What the driver needs beside the topic (see docs/handlers.md)."""


class ObserveConfig(Section):
    """How the assistant can be watched, beside its log and the `health` topic."""

    prometheus_port: int | None = Field(default=None, ge=1, le=65535)
    """Where on localhost `/metrics` is answered; nowhere when absent."""


class HandlersConfig(Section):
    """Which handlers run inside the daemon, and what those that are not ours need."""

    run: list[Identifier] = Field(default=["light", "media", "calling", "timer"])
    options: dict[Identifier, dict[str, Any]] = Field(default_factory=dict)
    """Handler to its own section, checked by the handler's own configuration class (see docs/handlers.md)."""


class HouseholdConfig(Section):
    """The whole file."""

    site: Identifier = "home"
    languages: list[Language] = Field(default=["en", "es", "fr"], min_length=1)
    room: Identifier | None = None
    """The room this microphone stands in: what "here" means."""
    audio: AudioConfig = AudioConfig()
    listen: ListenConfig = ListenConfig()
    wake: WakeConfig = WakeConfig()
    mqtt: MqttConfig = MqttConfig()
    floors: dict[Identifier, FloorConfig] = Field(default_factory=dict)
    rooms: dict[Identifier, RoomConfig] = Field(default_factory=dict)
    devices: dict[Identifier, DeviceConfig] = Field(default_factory=dict)
    scenes: dict[Identifier, SceneConfig] = Field(default_factory=dict)
    players: dict[Identifier, PlayerConfig] = Field(default_factory=dict)
    media: MediaConfig = MediaConfig()
    contacts: ContactsConfig = ContactsConfig()
    calling: CallingConfig = CallingConfig()
    dialogue: DialogueConfig = DialogueConfig()
    replies: RepliesConfig = RepliesConfig()
    cloud: CloudConfig = CloudConfig()
    observe: ObserveConfig = ObserveConfig()
    state: Path | None = None
    """Folder for what must survive a restart (timers, saved volumes, outbox); the system's usual one when absent."""
    sentences: list[Path] = Field(default_factory=list)
    """The installer's own sentence files, relative to this file."""
    packs: list[Identifier] = Field(default=["light", "media", "calling", "system", "timer"])
    """Built-in sentence packs in use; `media` only where there are players, `calling` by itself only where there is a
    telephone."""
    handlers: HandlersConfig = HandlersConfig()
    paraphrases: bool = False
    """Whether a second network says what was meant where no sentence does: "it's awfully gloomy in here".  It takes too
    much other talk for requests to be on by itself, see docs/decisions."""
    threshold: float = Field(default=THRESHOLD, ge=0, le=1)
    """Confidence below which nothing is done."""
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """The same for single intents."""
    model: Path | None = None
    """Another network than the one shipped."""
    meaning: Path | None = None
    """The same of the second network."""

    @property
    def packs_in_use(self) -> list[Identifier]:
        """The packs that are heard: what people say to players or telephones would only be misheard without any.

        A household that names `calling` itself hears it in any case, and is told that no telephone is set up.
        """
        no_telephone = self.calling.driver == "none" and "packs" not in self.model_fields_set
        missing = {"media": not self.players, "calling": no_telephone}
        return [name for name in self.packs if not missing.get(name, False)]

    @field_validator("replies", mode="before")
    @classmethod
    def _mode_alone(cls, replies: object) -> object:
        """`replies: sounds` is short for `replies: {mode: sounds}`."""
        return {"mode": replies} if isinstance(replies, str) else replies

    @field_validator("rooms", "floors", mode="before")
    @classmethod
    def _names_alone(cls, places: object) -> object:
        """`kitchen: {en: kitchen, floor: ground}` is short for `kitchen: {names: {en: kitchen}, floor: ground}`."""
        if not isinstance(places, dict):
            return places
        return {key: _with_names(value) for key, value in places.items()}


def _with_names(place: object) -> object:
    if not isinstance(place, dict) or "names" in place:
        return place
    names = {key: value for key, value in place.items() if key in get_args(Language)}
    return {"names": names, **{key: value for key, value in place.items() if key not in names}}
