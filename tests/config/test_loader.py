"""Every kind of mistake in a household's file, told with its place and what would be right."""

import json
import time
from pathlib import Path

import pytest

from assistant.config import HouseholdConfig, household_schema, load_household, parse_household
from assistant.config.document import MAX_ALIASES, MAX_BYTES, MAX_DEPTH
from assistant.errors import ConfigurationError

KNOWN = {"packs": ["light", "system"], "handlers.run": ["light"]}


def faults(text: str, folder: Path) -> list[str]:
    """What is wrong with `text` as household.yaml."""
    file = folder / "household.yaml"
    with pytest.raises(ConfigurationError) as raised:
        parse_household(text, path=file, known=KNOWN)
    return [str(fault).replace(f"{folder}/", "") for fault in raised.value.faults]


MISTAKES = {
    "unknown driver": (
        "devices:\n  ceiling:\n    topic: a/b\n    driver: zigbe2mqtt\n",
        '4:13 devices.ceiling.driver: no driver "zigbe2mqtt"; did you mean "zigbee2mqtt"?',
    ),
    "unknown key": ("langages: [en]", '1:1 langages: unknown key "langages"; did you mean "languages"?'),
    "unknown key in a section": (
        "mqtt:\n  usrname: x",
        '2:3 mqtt.usrname: unknown key "usrname"; did you mean "username"?',
    ),
    "unknown key like none": (
        "wake: {volume: 3}",
        '1:8 wake.volume: unknown key "volume"; known here: engine, word, window_ms',
    ),
    "unknown key in a room": (
        "rooms:\n  a: {en: a, flor: b}",
        '2:14 rooms.a.flor: unknown key "flor"; did you mean "floor"?',
    ),
    "unknown language of a room": (
        "rooms: {a: {en: a, de: b}}",
        '1:20 rooms.a.de: no language "de"; there are en, es, fr',
    ),
    "unknown language of a device": (
        "devices: {a: {topic: t, names: {it: luce}}}",
        '1:33 devices.a.names.it: no language "it"; there are en, es, fr',
    ),
    "unknown language": ("languages: [en, german]", '1:17 languages.1: no language "german"; there are en, es, fr'),
    "missing key": ("devices:\n  ceiling: {kind: light}", '2:3 devices.ceiling: "topic" is missing'),
    "identifier with a space": (
        "site: Living Room",
        '1:7 site: "Living Room" is no identifier: small letters a-z, digits, - and _ only, such as "living_room"',
    ),
    "key with a capital": (
        "rooms:\n  Kitchen: {en: kitchen}",
        '2:3 rooms.Kitchen: "Kitchen" is no identifier: small letters a-z, digits, - and _ only, such as "kitchen"',
    ),
    "no as a language": ("languages: [en, no]", '1:17 languages.1: no language "no"; there are en, es, fr'),
    "off where nothing is to be": ("replies: off", '1:10 replies: no replies "off"; there are none, '),
    "off as a number": (
        "observe: {prometheus_port: off}",
        '1:28 observe.prometheus_port: must be a whole number, not "off"',
    ),
    "yes as a number": ("threshold: yes", '1:12 threshold: must be a number, not "yes"'),
    "no such room": (
        "rooms: {kitchen: {en: kitchen}}\ndevices: {a: {topic: t, room: kichen}}",
        '2:31 devices.a.room: no room "kichen"; did you mean "kitchen"?',
    ),
    "no such room of a player": (
        "rooms: {kitchen: {en: kitchen}}\nplayers: {radio: {room: kichen}}",
        '2:25 players.radio.room: no room "kichen"; did you mean "kitchen"?',
    ),
    "no such player": (
        "players: {radio: {}}\nmedia: {default_player: radoi}",
        '2:25 media.default_player: no player "radoi"; did you mean "radio"?',
    ),
    "no such file of a player": (
        "players: {radio: {password_file: secret}}",
        "1:34 players.radio.password_file: no such file",
    ),
    "no such floor": ("rooms: {a: {en: a, floor: b}}", '1:27 rooms.a.floor: no floor "b"; there are none in this file'),
    "no such loudspeaker": (
        "players: {stereo: {volume_by: amp}, ampl: {}}",
        '1:31 players.stereo.volume_by: no player "amp"; did you mean "ampl"?',
    ),
    "no such room here": ("room: cellar", '1:7 room: no room "cellar"; there are none in this file'),
    "no such device in a scene": (
        "devices: {lamp: {topic: t}}\nscenes: {x: {set: {lmap: {on: true}}}}",
        '2:20 scenes.x.set.lmap: no device "lmap"; did you mean "lamp"?',
    ),
    "unknown property of a scene": (
        "devices: {lamp: {topic: t}}\nscenes: {x: {set: {lamp: {off: true}}}}",
        '2:27 scenes.x.set.lamp.off: unknown key "off"; known here: on, brightness, color, kelvin',
    ),
    "misspelt property of a scene": (
        "devices: {lamp: {topic: t}}\nscenes: {x: {set: {lamp: {brigthness: 20}}}}",
        '2:27 scenes.x.set.lamp.brigthness: unknown key "brigthness"; did you mean "brightness"?',
    ),
    "true as a property of a scene": (
        "devices: {lamp: {topic: t}}\nscenes: {x: {set: {lamp: {true: false}}}}",
        '2:27 scenes.x.set.lamp.true: unknown key "true"; known here: on, brightness, color, kelvin',
    ),
    "off as a brightness": (
        "devices: {lamp: {topic: t}}\nscenes: {x: {set: {lamp: {brightness: off}}}}",
        '2:39 scenes.x.set.lamp.brightness: must be a number, not "off"',
    ),
    "a scene that sets a word": (
        "devices: {lamp: {topic: t}}\nscenes: {x: {set: {lamp: off}}}",
        '2:26 scenes.x.set.lamp: must be a mapping (key: value), not "off"',
    ),
    "no such pack": ("packs: [ligth]", '1:9 packs.0: no pack "ligth"; did you mean "light"?'),
    "no such handler": ("handlers: {run: [lights]}", '1:18 handlers.run.0: no handler "lights"; did you mean "light"?'),
    "no such sentence file": ("sentences: [mine.yaml]", "1:13 sentences.0: no file mine.yaml"),
    "no such password file": ("mqtt: {password_file: secret}", "1:23 mqtt.password_file: no such file"),
    "not a broker": (
        "mqtt: {url: localhost}",
        '1:13 mqtt.url: not a broker address; write "embedded", "mqtt://HOST:PORT", "mqtts://HOST:PORT"',
    ),
    "too large": ("threshold: 2", "1:12 threshold: must be at most 1, not 2"),
    "too small": ("listen: {hangover_ms: 1}", "1:23 listen.hangover_ms: must be at least 100, not 1"),
    "threshold of an intent": ("thresholds: {light.on: 70}", "1:24 thresholds.light.on: must be at most 1, not 70"),
    "not a number": ("threshold: high", '1:12 threshold: must be a number, not "high"'),
    "not whole": ("mqtt: {embedded_port: abc}", '1:23 mqtt.embedded_port: must be a whole number, not "abc"'),
    "not a mapping": ("devices: [a]", "1:10 devices: must be a mapping (key: value), not a list"),
    "not a list": ("packs: light", '1:8 packs: must be a list ([a, b]), not "light"'),
    "empty topic": ('devices: {a: {topic: ""}}', "1:22 devices.a.topic: must not be empty"),
    "no languages": ("languages: []", "1:12 languages: needs at least 1 entry"),
    "key given twice": (
        "site: a\nroom: b\nsite: c",
        '3:1 site: "site" stands here a second time (first in line 1); keep one',
    ),
    "not a household": ("- a\n- b", '1:1: not a household: the file must hold keys such as "site: kitchen"'),
    "only text": ("hello", '1:1: not a household: the file must hold keys such as "site: kitchen"'),
    "a tab": ("mqtt:\n\turl: embedded", "2:1: a tab indents this line; YAML takes spaces only"),
    "bracket left open": ("languages: [en", "2:1: not YAML: did not find expected ',' or ']'"),
    "quote left open": ("site: 'a\n", "2:1: not YAML"),
    "control character": ("site: a\nroom: \x07", "2:7: a control character; remove it"),
    "tag": ("site: !secret x", '1:7 site: unknown tag "!secret"; only plain YAML is read'),
    "two documents": ("site: a\n---\nsite: b", "2:1: a second document (---) in one file"),
    "alias to nothing": ("site: *x", "1:7: not YAML: found undefined alias"),
    "alias inside itself": (
        "rooms: &a {kitchen: *a}",
        "1:8 rooms.kitchen: an alias (*name) inside what it stands for",
    ),
    "nested deeply": ("a: " + "[" * 100 + "]" * 100, f"1:{4 + MAX_DEPTH - 1}: nested more than {MAX_DEPTH} deep"),
    "many aliases": ("a: &a 1\nb: [" + "*a, " * (MAX_ALIASES + 1) + "]", f"more than {MAX_ALIASES} aliases"),
    "key that is a list": ("? [a]\n: b", "1:3: a key must be plain text"),
    "merge of text": ("mqtt: {<<: x}", "1:7 mqtt: << merges a mapping"),
}


@pytest.mark.parametrize(("text", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place_and_the_right_spelling(text: str, expected: str, tmp_path: Path) -> None:
    told = faults(text, tmp_path)
    assert any(expected in line for line in told), told
    assert all(line.startswith("household.yaml") for line in told)


VALID = {
    "empty": "",
    "comments only": "# site: x\n",
    "site alone": "site: kitchen",
    "section without lines": "rooms:\ndevices:\n",
    "byte order mark": "\ufeffsite: kitchen",
    "unquoted on": "devices: {a: {topic: t}, off: {topic: u}}\n"
    "scenes: {x: {names: {en: on}, set: {a: {on: off}, off: {on: yes}}}}",
    "words of a lamp": "devices: {a: {topic: t, driver: generic, options: {on: On, off: OFF, confirms: no}}}",
    "room with names and floor": "floors: {g: {en: g}}\nrooms: {a: {en: [a, b], floor: g}}",
    "room in full": "rooms: {a: {names: {fr: cuisine}}}",
    "merged": "devices:\n  a: &lamp {topic: t, room: r}\n  b: {<<: *lamp, topic: u}\nrooms: {r: {en: r}}",
    "number as identifier": "rooms: {1: {en: one}}",
    "microphone by index": "audio: {input: 3}",
}


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_what_is_right_is_taken(text: str, tmp_path: Path) -> None:
    assert isinstance(parse_household(text, path=tmp_path / "household.yaml").config, HouseholdConfig)


def test_values_arrive_as_meant(tmp_path: Path) -> None:
    config = parse_household(
        "\n".join((VALID["merged"], "site: bar", "threshold: 0.7")), path=tmp_path / "h.yaml"
    ).config
    assert config.devices["b"].topic == "u"
    assert config.devices["b"].room == "r"
    assert config.threshold == 0.7
    scene = parse_household(VALID["unquoted on"], path=tmp_path / "h.yaml").config.scenes["x"]
    assert {name: setting.on for name, setting in scene.set.items()} == {"a": False, "off": True}
    assert scene.names == {"en": ["on"]}
    device = parse_household(VALID["words of a lamp"], path=tmp_path / "h.yaml").config.devices["a"]
    assert device.options == {"on": "On", "off": "OFF", "confirms": "no"}


def test_all_faults_come_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "site: A B\nlangages: [en]\nroom: nowhere\ndevices:\n  a: {topic: t, driver: hue, room: x}\n"
    told = faults(text, tmp_path)
    assert [line.split(":")[1] for line in told] == ["1", "2", "3", "5", "5"]


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "mine.yaml").write_text("language: en\n")
    (house / "secret").write_text("x")
    (house / "oyez.yaml").write_text("sentences: [mine.yaml]\nmqtt: {username: me, password_file: secret}\n")
    monkeypatch.chdir(tmp_path)
    loaded = load_household(Path("house/oyez.yaml"))
    assert loaded.config.sentences == [house / "mine.yaml"]
    assert loaded.config.mqtt.password_file == house / "secret"
    assert loaded.files == (house / "oyez.yaml", house / "mine.yaml")


def test_two_devices_of_one_name_are_a_warning(tmp_path: Path) -> None:
    text = "devices:\n  a: {topic: t, names: {en: Lamp}}\n  b: {topic: u, names: {en: [big one, lamp], fr: lamp}}\n"
    loaded = parse_household(text, path=tmp_path / "h.yaml")
    (warning,) = loaded.warnings
    assert warning.where == f"{tmp_path}/h.yaml:3:29 devices.b.names.en"
    assert warning.what.startswith('"lamp" is also the name of a (line 2)')


@pytest.mark.parametrize(("wake", "warnings"), [("none", 1), ("microwakeword", 0)])
def test_an_open_microphone_wants_a_wake_word_while_we_speak(tmp_path: Path, wake: str, warnings: int) -> None:
    text = f"replies: {{echo: cancelled}}\nwake: {{engine: {wake}}}"
    loaded = parse_household(text, path=tmp_path / "h.yaml")
    assert [warning.where for warning in loaded.warnings] == [f"{tmp_path}/h.yaml:1:17 replies.echo"] * warnings


def test_piper_s_voices_stand_beside_the_file_and_others_are_names(tmp_path: Path) -> None:
    voices = "voices: {en: voices/joe.onnx, fr: /opt/siwis.onnx}"
    for engine, expected in (("piper", f"{tmp_path}/voices/joe.onnx"), ("nanotts", "voices/joe.onnx")):
        loaded = parse_household(f"replies: {{voice: {{engine: {engine}, {voices}}}}}", path=tmp_path / "h.yaml")
        assert loaded.config.replies.voice.voices == {"en": expected, "fr": "/opt/siwis.onnx"}


def test_a_device_without_names_is_a_warning(tmp_path: Path) -> None:
    (warning,) = parse_household("devices: {a: {topic: t}}", path=tmp_path / "h.yaml").warnings
    assert "has no names" in warning.what


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("rooms:\n  a: {fr: entrée}\n".encode("latin-1"))
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    for file, expected in (
        (tmp_path / "nowhere.yaml", "No such file"),
        (tmp_path, "Is a directory"),
        (latin, "latin.yaml:2:15: not UTF-8"),
        (large, "larger than 1024 KiB"),
    ):
        with pytest.raises(ConfigurationError, match=expected):
            load_household(file)


def test_an_explosion_of_aliases_is_refused_soon(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    started = time.monotonic()
    (told,) = faults("\n".join(lines), tmp_path)
    assert "once its aliases" in told
    assert time.monotonic() - started < 60  # on busy machines; filled in, they would take years


def test_the_schema_describes_the_file() -> None:
    schema = json.loads(household_schema())
    assert set(schema["properties"]) == set(HouseholdConfig.model_fields)
    assert schema["additionalProperties"] is False


SETTINGS_AND_PACKS = {
    "players": ("players: {stereo: {driver: mpd}}", "media"),
    "calling.driver": ("calling: {driver: baresip}", "calling"),
    "handlers.options.timer": ("handlers: {options: {timer: {names: {en: [paella]}}}}", "timer"),
    "devices": ("devices: {a: {topic: t, names: {en: lamp}}}", "light"),
}


@pytest.mark.parametrize(("setting", "pack"), SETTINGS_AND_PACKS.values(), ids=SETTINGS_AND_PACKS)
def test_what_cannot_be_spoken_to_is_a_warning(setting: str, pack: str, tmp_path: Path) -> None:
    (warning,) = parse_household(f"packs: [system]\n{setting}\n", path=tmp_path / "h.yaml").warnings
    assert warning.where.startswith(f"{tmp_path}/h.yaml:2:")
    assert f'add "{pack}" to packs (line 1)' in warning.what
    for packs in (f"packs: [system, {pack}]\n", ""):
        assert parse_household(f"{packs}{setting}\n", path=tmp_path / "h.yaml").warnings == ()


def test_sentences_of_one_s_own_need_no_pack(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("language: en\n")
    text = "packs: [system]\nplayers: {stereo: {driver: mpd}}\nsentences: [mine.yaml]\n"
    assert parse_household(text, path=tmp_path / "h.yaml").warnings == ()


def test_without_a_telephone_nobody_is_told_of_calls(tmp_path: Path) -> None:
    text = "packs: [system, calling]\ncalling: {driver: none}\n"
    assert parse_household(text, path=tmp_path / "h.yaml").warnings == ()
