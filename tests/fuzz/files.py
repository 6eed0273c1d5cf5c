"""What a household's owner writes or exports: its file, sentences, contacts, and sound files."""

from __future__ import annotations

import io
import tempfile
import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from assistant.audio import read_file
from assistant.config import ContactsConfig, Language, load_household
from assistant.config.document import parse
from assistant.contacts import Card, make_phonebook, read_cards
from assistant.dialogue import Naming
from assistant.errors import AudioError, ConfigurationError, SentenceError
from assistant.interpret import Interpreter
from assistant.language import catalog_entries, household_catalogs, load_files, load_text
from assistant.mqtt import SayPayload
from handlers.calling import CallingHandler
from handlers.calling.reading import read_out
from handlers.light import LightHandler
from handlers.media import MediaHandler
from handlers.timer import TimerHandler
from tests.fuzz.inputs import mangled, odd_json, words
from tests.fuzz.target import Target

LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")

HOUSEHOLD = b"""
site: kitchen
languages: [en, es, fr]
room: kitchen
audio: {input: "ReSpeaker", output: default}
listen: {aggressiveness: 3, pre_roll_ms: 250, hangover_ms: 700}
wake: {engine: push-to-talk, window_ms: 5000}
mqtt: {url: "mqtt://localhost:1883", username: oyez, expiry_s: 12, embedded_port: 0}
floors: {ground: {en: ground floor, fr: "rez-de-chauss\xc3\xa9e"}}
rooms:
  kitchen: &names {en: kitchen, es: cocina, fr: cuisine, floor: ground}
  living_room: {<<: *names, en: [living room, lounge]}
devices:
  ceiling: {kind: light, room: kitchen, names: {en: "ceiling light 2", fr: plafonnier}, topic: z/ceiling}
  plug: {kind: switch, driver: tasmota, topic: plug, options: {relay: 2, full_topic: "%prefix%/%topic%/"}}
  strip: {driver: generic, topic: t, names: {en: TV}, features: [color], options: {on: 1, payload: "{state}"}}
scenes:
  movie: {names: {en: movie night}, set: {ceiling: {on: true, brightness: 20, color: red, kelvin: 2700}}}
  leave: {names: {es: salir}, topic: scene, payload: go}
players:
  radio: {driver: generic, room: kitchen, options: {pause: "r/set pause", stations: {FIP: "http://f/ip"}, station: r/p}}
  tv: {kind: television, driver: homeassistant, volume_by: radio, options: {entity: media_player.tv}}
media: {default_player: radio, volume_step: 5, duck_percent: 30, libraries: [playlist], most_titles: 100}
contacts:
  people: {marta: {names: {es: [Marta, "T\xc3\xada Marta"]}, numbers: {mobile: "+34 600 123 456"}, relations: [aunt]}}
  relations: {mother: Anna}
calling: {driver: generic, country: ES, guard: {confirm: unsure, deny: ["+34 8"]}, options: {topic: tel}}
dialogue: {timeout_ms: 7000, follow_up_ms: 0, risks: {light.off: confirm, media: never}}
replies: {mode: speech, volume: 70, quiet: {begin: "22:00", end: "06:30"}, voice: {engine: espeak-ng, speed: 1.2}}
cloud:
  provider: webhook
  url: "https://house.example/oyez"
  names: {TurnOn: light.on}
  outbox: {intents: {AddItem: 3600}, most: 20}
observe: {prometheus_port: 9400}
state: state
packs: [light, media]
handlers: {run: [light], options: {timer: {names: {en: [eggs]}, repeat_s: 20}}}
threshold: 0.6
thresholds: {light.off: 0.7}
"""
HOUSEHOLD_PIECES = [
    *(
        b"&a ",
        b"*a",
        b"*names",
        b"<<: *names",
        b"<<: [*names, *names]\n  ",
        b"<<: ",
        b"? ",
        b"!!set ",
        b"!!binary aGk=",
    ),
    *(b"!!python/object:os.system ", b"---\n", b"...\n", b"|\n  ", b"- ", b": ", b", ", b"{", b"}", b"[", b"]", b'"'),
    *(
        b"'",
        b"#",
        b"%YAML 1.1\n---\n",
        b"\t",
        b"\x00",
        b"\x85",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xf0\x9f\x92\xa1",
        b"~",
    ),
    *(b"~nobody/here", b"1e999", b".inf", b".nan", b"-1", b"0x" + b"f" * 400, b"9" * 4400, b"0o7", b"1:30", b"yes"),
    *(b"null", b"2026-01-01", b"[]", b"{}", b"+/#", b"{value}", b"\\ud800", b'"\\uD800"', b'"\\0"', b"\xe2\x80\xa8"),
    *(b"kitchen", b"contacts: {vcard: .}\n", b"sentences: [a, a]\n", b"model: ~nobody\n", b"? [a]\n: b\n", b"a.b.c"),
]

SENTENCES = b"""language: en
intents:
  light.on: {data: [{sentences: ["turn on [the] {lamp} [to {n} percent]", "(a;b) <r>", "{0..20:n}"], slots: {x: 1}}]}
  Order: {data: [{sentences: ["one|two [three]", &t "call {digits} at 10h30"], requires_context: {area: {slot: true}},
    excludes_context: {domain: light}, response: done, lists: {own: {values: [x]}}, expansion_rules: {r: "x<s>"}}]}
lists:
  lamp: {values: [Bed, {in: "(a|b) lamp 2", out: 7, context: {d: e}}, TV, "20 %"]}
  n: {range: {from: 0, to: 9, step: 2, fractions: halves, multiplier: 2}}
expansion_rules: {r: "(q|{lamp})", s: "<r> [<r>]"}
skip_words: [please]
"""
FRENCH = """language: fr
intents:
  Prendre: {data: [{sentences: ["éteins|allume {zone} [à 20h]", "l'été <r>"], metadata: {a: [1]}}]}
lists: {zone: {values: [{in: "salon[s]", out: true}, "1er étage", "3,5 °C"]}}
expansion_rules: {r: "(un|deux|<t>)", t: "vingt-et-un"}
""".encode()
SENTENCE_PIECES = [
    *(b"[", b"]", b"{", b"}", b"(", b")", b"<", b">", b"|", b";", b":", b"-", b"\\", b'"', b"'", b"\n", b"&a ", b"*a"),
    *(b"*t, ", b"<r>", b"<s>", b"{lamp}", b"{n}", b"[x]", b"(a|b)", b"(a;b;c;d)", b"{0..20000:n}", b"{0..9/0:n}"),
    *(
        b"{-5..5:x}",
        b"\x00",
        b"\xc2\xb2",
        b"\xd9\xa3",
        b"1" * 400 + b",5",
        b"12345678901.5",
        b"1e999",
        b".inf",
        b"20 %",
    ),
    *(b'"\\uD800"', b"<<: *a", b"!!omap ", b"null", b"from: -99999999999", b"to: 1e18", b"step: 0", b"99h99", b"TV "),
    *(b"  l: {range: {from: 0, to: 20000}}\n", b"  r: <r><r>\n", b"requires_context: {a: null}, ", b"wildcard: true"),
]

CARDS = (
    b"""BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:L=C3=B3pez;Anna\r
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Anna =\r\n L=C3=B3pez\r\nTEL;CELL;PREF:+34 600 12 34 56\r
TEL;HOME;FAX:912345678\r\nPHOTO;ENCODING=BASE64;TYPE=JPEG:/9j/4AAQ\r\n SkZJRgABAQ==\r\n\r\nEND:VCARD\r\n""",
    b"""BEGIN:VCARD\nVERSION:3.0\nPRODID:-//Apple Inc.//iOS 17//EN
N:M\xc3\xbcller;Dr. Jos\xc3\xa9 Mar\xc3\xada;;Dr.;\nFN:Jos\xc3\xa9 M.
NICKNAME:Pepe\\, P,Jos\nORG:ACME\\; Ltd;Sales\nitem1.TEL;type=CELL;type=VOICE;type=pref:(415) 555-0100 ext. 5
item1.X-ABLabel:_$!<Mobile>!$_\nitem2.IMPP;X-SERVICE-TYPE=SIP:sip:jose@example.org;transport=tcp\nEND:VCARD\n""",
    b"""BEGIN:VCARD\nVERSION:4.0\nKIND:individual\nFN:El Corte Ingl\xc3\xa9s\nORG:El Corte Ingl\xc3\xa9s
TEL;VALUE=uri;PREF=1;TYPE="voice,work":tel:+33-1-42-68-53-00;ext=2\nTEL;PREF=100:0033612345678\nNOTE:a\n  b\nEND:VCARD
BEGIN:VCARD\nVERSION:4.0\nFN:\xe5\xbc\xa0\xe4\xbc\x9f\nTEL:+86 10 1234 5678\nEND:VCARD\n""",
)
CARD_PIECES = [
    *(b"BEGIN:VCARD\n", b"END:VCARD\n", b"\r\n ", b"\n ", b"\n\t", b"\r", b"=\r\n", b"=\n", b"=", b"=C3", b"=ZZ", b";"),
    *(b":", b'"', b",", b"\\", b"\\n", b"\\,", b"\x00", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"),
    *(b";ENCODING=QUOTED-PRINTABLE", b";ENCODING=b", b";CHARSET=utf-7", b";CHARSET=utf-16", b";CHARSET=idna"),
    *(b";CHARSET=punycode", b";CHARSET=unicode_escape", b";CHARSET=rot13", b";CHARSET=\x00", b";CHARSET=undefined"),
    *(b"\\ud800", b"+2AA-", b";PREF=", b"9" * 5000, b";TYPE=cell", b"TEL:", b"TEL:1\n", b"FN:", b"FN:A\n", b"N:;;;;\n"),
    *(b"TEL:sip:\xc2\xa0", b"tel:", b"+", b"00", b"(0)", b"#", b"p", b"\xc2\xb2", b"\xd9\xa1", b"NICKNAME:", b"a,"),
    *(b"ORG:", b"item1.", b"X-ABLabel:", b"PHOTO:", b"1" * 330 + b".5", b"AGENT:BEGIN:VCARD\n", b"\xe2\x80\xa8"),
]
CALL = b'language: LL\nintents: {calling.call: {data: [{sentences: ["call {contact}"]}]}}'


def _folder() -> Path:
    return Path(_kept_folder().name)


@cache
def _kept_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="oyez-fuzz-")


def take_household(content: bytes) -> None:
    """Load a household's file, and build of it whatever is built of a household."""
    file = _folder() / "oyez.yaml"
    file.write_bytes(content)
    loaded = load_household(file)
    config = loaded.config
    household_catalogs(config)
    Naming.of(config)
    for handler in (LightHandler, MediaHandler, CallingHandler, TimerHandler):
        handler(config.model_copy(update={"state": _folder() / "state"}), lambda _: None).subscriptions()


def take_sentences(content: bytes) -> None:
    """Load a sentence file and compile it."""
    file = _folder() / "sentences.yaml"
    file.write_bytes(content)
    loaded = load_files([file])
    assert all(str(file) in fault.where for fault in loaded.faults)
    Interpreter(loaded.sentences)


def take_template(text: str) -> None:
    """Compile a template, which is also a value of a list."""
    quoted = text.replace("'", "''").replace("\n", " ").replace("\r", " ")
    rule = f"expansion_rules: {{r: '{quoted}'}}"
    lists = f"lists: {{x: {{values: ['{quoted}']}}}}"
    loaded = load_text(
        f"language: es\nintents: {{A: {{data: [{{sentences: ['{quoted}', '<r>{{x}}']}}]}}}}\n{lists}\n{rule}\n"
    )
    Interpreter(loaded.sentences)


def take_contacts(content: bytes) -> None:
    """Read an address book and make of it what can be heard, said and dialled."""
    cards, _ = read_cards(content, name="contacts.vcf")
    book = make_phonebook(ContactsConfig(), cards, country="ES")
    for person in book.all[:20]:
        assert book.person(person.id) is person
        SayPayload(text=f"call {person.name}"[:2000]).to_bytes()
        for number in person.numbers[:5]:
            number.value.encode()
            book.caller(number.value)
            for language in LANGUAGES:
                read_out(number.value, language, country="ES")
    catalogs = {"contact": catalog_entries([(one.words, one.value, None) for one in book.spoken], LANGUAGES)}
    Interpreter(_calling(), catalogs=catalogs)


@cache
def _calling() -> tuple[Any, ...]:
    return tuple(one for language in LANGUAGES for one in load_text(CALL.decode().replace("LL", language)).sentences)


def take_many_contacts(card: Card, count: int) -> None:
    """Make a phonebook of many entries that have something in common."""
    cards = [_varied(card, number) for number in range(count)]
    book = make_phonebook(ContactsConfig(), cards, country="FR")
    for one in cards[:10]:
        for number in one.numbers:
            book.caller(number.value)


def _varied(card: Card, number: int) -> Card:
    """The entry with its number in place of each `#`."""
    cut = {field: getattr(card, field).replace("#", str(number)) for field in ("name", "given", "organization")}
    return Card(cut["name"], cut["given"], card.family, card.nicknames, cut["organization"], card.numbers, card.where)


def take_sound(content: bytes) -> None:
    """Read a sound file, whatever its name says that it is."""
    file = _folder() / "sound.wav"
    file.write_bytes(content)
    samples = read_file(file)
    assert samples.dtype == np.int16
    assert samples.ndim == 1


def take_named_sound(name_and_content: tuple[str, bytes]) -> None:
    """Read a sound file whose name says something else."""
    name, content = name_and_content
    file = _folder() / f"sound{name}"
    file.write_bytes(content)
    read_file(file)


def _sounds() -> tuple[bytes, ...]:
    """Small files of several formats."""
    tone = (np.sin(np.arange(1600) / 7) * 9000).astype(np.int16)
    files = [io.BytesIO()]
    with wave.open(files[0], "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(tone.tobytes())
    stereo = np.stack([tone, -tone], axis=1)
    for kind, subtype, rate in (
        *(("WAV", "PCM_24", 44_100), ("WAV", "FLOAT", 48_000), ("WAV", "IMA_ADPCM", 8000), ("WAVEX", "PCM_16", 22_050)),
        *(("FLAC", "PCM_16", 16_000), ("FLAC", "PCM_24", 96_000), ("OGG", "VORBIS", 16_000), ("AIFF", "PCM_16", 8000)),
        *(("RF64", "PCM_16", 16_000), ("W64", "ULAW", 8000), ("CAF", "ALAW", 8000), ("MP3", "MPEG_LAYER_III", 16_000)),
    ):
        files.append(io.BytesIO())
        soundfile.write(files[-1], stereo, rate, format=kind, subtype=subtype)
    return tuple(file.getvalue() for file in files)


SOUND_PIECES = [
    *(
        b"RIFF",
        b"WAVE",
        b"fmt ",
        b"data",
        b"LIST",
        b"fact",
        b"ds64",
        b"fLaC",
        b"OggS",
        b"FORM",
        b"\xff" * 4,
        b"\x00" * 4,
    ),
    *(
        b"\x00\x00\x00\x80",
        b"\xff\xff\xff\x7f",
        b"\x01\x00",
        b"\x00\x7d\x00\x00",
        b"\x01\x00\x00\x00",
        b"\xe8\x03\x00\x00",
    ),
    *(b"\x10\x00\x00\x00", b"\x20\x00", b"\xff\xff", b"\x03\x00", b"\x11\x00", b"\xfe\xff", b"\x00" * 400),
]
_NUMBER = read_cards(b"BEGIN:VCARD\nFN:a\nTEL:0612345678\nEND:VCARD\n", name="n")[0][0].numbers
COMMON = (
    Card("Anna #", "Anna", "López", (), "", _NUMBER, ""),
    Card("张#", "", "", (), "", _NUMBER, ""),
    Card("Anna", "", "", (), "firm #", _NUMBER, ""),
    Card("张", "", "", (), "", _NUMBER, ""),
    Card("x" * 70 + "#", "", "", ("Jo",), "", _NUMBER, ""),
)
TEMPLATE_PIECES = (
    *("[", "]", "{", "}", "(", ")", "<", ">", "|", ";", ":", "<r>", "{x}", "{n}", "{0..9:n}", "\\", " ", "(a|b)"),
    *(
        "[a]",
        "(a;b;c)",
        "20",
        "1.5",
        "é",
        "TV",
        "%",
        "10h30",
        "²",
        "٣",
        "{1..20000:x}",
        "'",
        "{a:b}",
        "<<",
        "\x00",
        "1",
    ),
)

_WORDS = ('"kitchen"', '"ceiling"', '"light"', '"generic"', '"en"', '"22:00"', '"mqtt://[::1"', '"<r>"', '"{n}"')


def _yaml(*files: bytes) -> SearchStrategy[bytes]:
    """The same files as JSON, which is YAML too, with values of other kinds."""
    return odd_json([parse(file, name="").value for file in files], _WORDS)


TARGETS = (
    Target(
        "household",
        mangled([HOUSEHOLD, b"site: a\n"], HOUSEHOLD_PIECES) | _yaml(HOUSEHOLD),
        take_household,
        (ConfigurationError,),
    ),
    Target(
        "sentences",
        mangled([SENTENCES, FRENCH], SENTENCE_PIECES) | _yaml(SENTENCES, FRENCH),
        take_sentences,
        (SentenceError,),
    ),
    Target("template", words("abc []{}()<>|;:", TEMPLATE_PIECES), take_template, (SentenceError,)),
    Target("vcard", mangled(CARDS, CARD_PIECES), take_contacts),
    Target(
        "phonebook",
        st.tuples(st.sampled_from(COMMON), st.sampled_from((2, 30, 3000))),
        lambda given: take_many_contacts(*given),
    ),
    Target("sound", mangled(_sounds(), SOUND_PIECES), take_sound, (AudioError,), most_mb=400),
    Target(
        "sound name",
        st.tuples(
            st.sampled_from((".raw", ".flac", ".mp3", ".wav", "", ".sd2", ".txt", ".ogg", ".RAW", ".vox")),
            st.sampled_from((*_sounds(), b"\x00" * 600, b"text")),
        ),
        take_named_sound,
        (AudioError,),
        most_mb=400,
    ),
)
