"""What a player's driver is: one player behind one interface, told to do things and asked what it does.

A driver is an adapter, not a pure translation as a lamp's: most players are reached by a socket or D-Bus, and a library
is read from them.  `handlers.media` calls it from threads of its own with a deadline, so it may block, but never longer
than `timeout_ms` for one command or state (a library may take longer): every socket gets that time-out, and after one
the connection is given up and made again by the next call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict

from assistant.config import PlayerConfig, read_secret
from assistant.errors import ConfigurationError, Fault, OyezError
from assistant.messages import SlotValue
from assistant.mqtt import Incoming, Outgoing

Playback: TypeAlias = Literal["starting", "playing", "paused", "stopped"]
"""`starting`: it is to play and there is no sound yet, such as a stream that connects."""
Repeat: TypeAlias = Literal["off", "one", "all"]
Kind: TypeAlias = Literal["playlist", "artist", "album", "station", "title"]
"""What can be played by name."""
Catalog: TypeAlias = Literal["playlist", "artist", "album", "station", "title", "channel"]
"""What a library has names of."""

Action: TypeAlias = Literal[
    "playlist",  # play something: the value is the library's for it, a string
    "artist",
    "album",
    "station",
    "title",
    "resume",  # play what is paused, or start what is queued when stopped
    "pause",
    "stop",
    "next",
    "previous",
    "seek",  # seconds from here, signed int
    "position",  # seconds from the beginning, int
    "volume",  # 0 to 100, int
    "volume_up",  # one step, of a player that does not tell its volume
    "volume_down",
    "mute",  # bool
    "shuffle",  # bool
    "repeat",  # a Repeat
    "channel",  # a television's number (int) or its library's value (str)
    "channel_up",
    "channel_down",
    "page_next",
    "page_previous",
    "home",
    "back",
]
ALL_ACTIONS: frozenset[Action] = frozenset(get_args(Action))
KINDS: frozenset[Kind] = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a player is to do."""

    action: Action
    value: SlotValue | None = None
    """As the list of actions says; None for those without."""
    artist: str | None = None
    """Whose `title` or `album` it is, where that was said: the library's value.  May be left unheeded."""


@dataclass(frozen=True, slots=True)
class PlayerState:
    """What a player does, as it says itself; None is unknown, or a thing that it does not tell."""

    playback: Playback | None = None
    volume: int | None = None
    """0 to 100."""
    muted: bool | None = None
    title: str | None = None
    """What is playing; also what is paused."""
    artist: str | None = None
    album: str | None = None
    station: str | None = None
    """Of a radio: its name; `title` is then what it sends."""
    channel: str | None = None
    """Of a television."""
    position_s: float | None = None
    length_s: float | None = None
    shuffle: bool | None = None
    repeat: Repeat | None = None
    item: str | None = None
    """What of the queue plays, in the player's own words (a track's id or address): another one after `next`."""


@dataclass(frozen=True, slots=True)
class Name:
    """Something in a library."""

    spoken: str
    """What people call it, as the library writes it."""
    value: str
    """What `Command` takes for it, unique within its kind."""


Library: TypeAlias = Mapping[Catalog, tuple[Name, ...]]
"""All that a player can play by name; kinds that it has not are left out."""


class PlayerError(OyezError):
    """A player did not do what it was asked; what it said stands in the text (for the log, not for the user)."""


class NoAnswerError(PlayerError):
    """It cannot be reached, or did not answer in time; it may have done it all the same."""


class GoneError(PlayerError):
    """It was there and went away: the connection broke in the middle of a command, or the program has ended."""


class RefusedError(PlayerError):
    """It answered with an error of its own."""


class NotPossibleError(PlayerError):
    """It cannot do that, or not now (no next title, no mixer)."""


class NotFoundError(PlayerError):
    """What should be played is not in its library (any more)."""


Notify: TypeAlias = Callable[[Literal["state", "library"]], None]
"""How a driver says that something has changed: `state` is to be asked anew, or the `library` read anew (also when the
player has come back).  From any thread; returns at once."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a driver may use of the handler."""

    notify: Notify
    publish: Callable[[Outgoing], None]
    """Sends an MQTT message; never blocks."""


class PlayerDriver(Protocol):
    """One player.  Connects when first needed; its constructor does no I/O."""

    @property
    def features(self) -> frozenset[Action]:
        """What the interface can do; what is not in it is never asked."""

    @property
    def confirms(self) -> bool:
        """Whether `state` tells the player's own word; False: commands are reported as `sent`."""

    def start(self) -> None:
        """Follow the player in the background from now on and call `notify`; returns at once, raises nothing.

        A driver with nothing to follow does nothing here.
        """

    def state(self) -> PlayerState:
        """Ask the player (or, where it tells unasked, return its last word).

        Raises PlayerError.
        """

    def perform(self, command: Command) -> None:
        """Make the player do it; back when it has taken the command.  Whether it was done, `state` tells.

        Runs on the same thread as `state`, one call at a time.
        Raises PlayerError.
        """

    def library(self) -> Library:
        """Read what can be played by name; runs on another thread, also while a command does.

        Raises PlayerError.
        """

    def close(self) -> None:
        """End what `start` began and the connections, from another thread and while a call waits; raises nothing."""

    def subscriptions(self) -> tuple[str, ...]:
        """The MQTT topics on which the player tells its state; none where it has a connection of its own."""

    def received(self, message: Incoming) -> None:
        """Take a message on one of them: note it, call `notify`, return.  Runs on the network thread.

        Raises PayloadError where it is not what the interface sends.
        """

    def connected(self) -> None:
        """The broker is there (again): what a player told by MQTT may be old; retained states come next."""


class PlayerOptions(BaseModel):
    """The `options` of a player; each driver has its own."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Build: TypeAlias = Callable[[str, PlayerConfig, Wiring], PlayerDriver]
"""Makes a driver from the player's identifier and its section; the module's `build`.  May raise ValidationError for
options that do not exist, and ConfigurationError."""


def read_password(name: str, player: PlayerConfig) -> str | None:
    """Return the first line of the player's password file, None where there is none.

    Raises ConfigurationError where it cannot be read.
    """
    if player.password_file is None:
        return None
    try:
        return read_secret(player.password_file)
    except OyezError as error:
        raise ConfigurationError([Fault(f"players.{name}.password_file", str(error))]) from error
