"""Answers that come over the network: the cloud's providers, HTTP itself, and the players' own protocols."""

from __future__ import annotations

import base64
import contextlib
import gzip
import itertools
import json
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from assistant.cloud import Query
from assistant.cloud.http import Http, Request, Response
from assistant.cloud.providers import PROVIDERS
from assistant.config import CloudConfig, PlayerConfig
from assistant.errors import CloudError
from assistant.secondhand import interpreted
from handlers.players import ALL_ACTIONS, Command, PlayerError, Wiring, build
from handlers.players.jsonrpc import split
from handlers.players.kodi import Kodi
from handlers.players.mpd import Mpd
from handlers.players.snapcast import Snapcast
from tests.fuzz.bus import LANGUAGES_OF_HOUSE, command, conversation, recognizer, utterance
from tests.fuzz.handlers import check_state
from tests.fuzz.inputs import mangled, odd_json
from tests.fuzz.target import Target

TIMEOUT_S = 2.0
QUERY = Query(
    "id-1",
    datetime(2026, 3, 1, tzinfo=UTC),
    "fuzz",
    "hall",
    "en",
    LANGUAGES_OF_HOUSE,
    text="turn on",
    pcm=b"\x00\x00" * 160,
)


Answered: TypeAlias = tuple[dict[str, str], bytes]
"""Headers and body; a `Response` does not show them."""


@cache
def _provider(name: str) -> Any:
    lex = {"region": "eu-west-1", "bot": "ABCDEFGHIJ"} if name == "lex" else None
    with tempfile.NamedTemporaryFile() as token:
        config = CloudConfig.model_validate(
            {
                "provider": name,
                "url": "http://127.0.0.1:1",
                "token_file": Path(token.name),
                "lex": lex,
                "names": {"On": "light.on"},
            }
        )
    return PROVIDERS[name](config, "key:secret")


def take_answer(name: str, response: Response) -> None:
    """Read a provider's answer, and do with it what is done with one: interpret, decide, publish."""
    answer = _provider(name).answer(response, QUERY)
    before = command()
    heard = interpreted(answer, QUERY, before=before, recognizer=recognizer(), languages=LANGUAGES_OF_HOUSE)
    conversation().answered(utterance(), heard)


_WORDS = [{"text": "turn on the lamp"}, {"text": "éteins la lampe", "language": "fr", "duration": 1.2}]
_MEANT = [
    {"intent": "On", "slots": {"device": "lamp", "n": 2}, "text": "lamp on", "confidence": 0.9, "language": "es"},
    {"intent": "light.off", "slots": {}},
    {"done": True, "reply": "It rains."},
    *_WORDS,
]
_ACTED = [
    {
        "response": {
            "response_type": kind,
            "language": "en",
            "speech": {"plain": {"speech": "Turned on", "extra_data": None}},
            "data": {"code": "no_intent_match", "targets": []},
        },
        "conversation_id": None,
    }
    for kind in ("action_done", "query_answer", "error")
]
LEX = [
    [
        {
            "intent": {
                "name": name,
                "state": "ReadyForFulfillment",
                "slots": {
                    "device": {"value": {"originalValue": "lamp", "interpretedValue": "lamp"}, "values": []},
                    "x": None,
                },
            },
            "nluConfidence": {"score": 0.8},
            "interpretationSource": "Lex",
        }
    ]
    for name in ("On", "light.on", "FallbackIntent")
]
_VALUES = (
    '"On"',
    '"light.on"',
    '"a/b"',
    '"."',
    '".x"',
    '"en"',
    '"deu"',
    '"zz zz"',
    "1.5",
    "0.2",
    '"action_done"',
    '"error"',
)


def _body(documents: list[Any]) -> SearchStrategy[Answered]:
    return odd_json(documents, _VALUES).map(lambda body: ({}, body))


def packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def _lex_headers() -> SearchStrategy[Answered]:
    """Headers that are packed as Lex does, or mangled after that."""
    good = odd_json(LEX, _VALUES).map(packed)
    said = odd_json(["turn on"], _VALUES).map(packed)
    bad = mangled([packed(b"[]").encode(), packed(b"x" * 400_000).encode()], [b"=", b"A", b"\xff"]).map(
        lambda content: content.decode("latin-1")
    )
    field = st.one_of(good, good, good, bad)
    return st.builds(
        lambda meant, words: ({"x-amz-lex-interpretations": meant, "x-amz-lex-input-transcript": words}, b""),
        field,
        st.one_of(said, bad, st.just("")),
    )


class Server:
    """To each connection it writes what it was told, once it was asked, and closes."""

    def __init__(self, *, greeting: bytes = b"") -> None:
        self._greeting = greeting
        self.answer = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._run, name="fuzz-server", daemon=True).start()

    def _run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):  # the other side may go at any time
            connection.settimeout(TIMEOUT_S)
            connection.sendall(self._greeting)
            connection.recv(65_536)
            connection.sendall(self.answer)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65_536):
                pass


@cache
def _web() -> Server:
    return Server()


def take_http(answer: bytes) -> None:
    """Ask a server that answers so."""
    server = _web()
    server.answer = answer
    with Http() as http:
        request = Request(f"http://127.0.0.1:{server.port}/x", {"Content-Type": "application/json"}, b"{}")
        response = http.post(request, deadline=time.monotonic() + TIMEOUT_S)
        _provider("webhook").answer(response, QUERY)


_HTTP = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"text": "lamp"}',
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"text": "lamp"}\r\n0\r\n\r\n',
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
)
_HTTP_PIECES = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b":",
        b" ",
        b"\x00",
        b"\xff",
        b"200",
        b"999",
        b"101",
        b"-1",
        b"0",
        b"99999999999999999999",
    ),
    *(
        b"Content-Length: 5\r\n",
        b"Content-Length: 99999999999\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"ffffffff\r\n",
    ),
    *(
        b"Content-Encoding: gzip\r\n",
        b"Content-Encoding: br\r\n",
        b"X: " + b"a" * 3000 + b"\r\n",
        b"HTTP/2",
        b"HTTP/0.9",
    ),
    *(b"Connection: upgrade\r\n", b"Set-Cookie: a=b\r\n", b"Location: x\r\n", b"7\r\n", b";ext=1", b"{}", b"[", b'"'),
]


def take_stream(content: bytes) -> None:
    """Cut a stream into JSON-RPC messages."""
    try:
        messages, rest = split(content)
    except RecursionError:
        return  # the reader ends the connection
    assert all(isinstance(message, dict) for message in messages)
    assert len(rest) <= 3 * len(content)


class Answers:
    """A `Caller` whose player answers every call with the next of some results."""

    def __init__(self, results: list[Any]) -> None:
        self._results = itertools.cycle(results)
        self._left = 600

    def call(self, method: str, params: Mapping[str, object] | None = None, *, deadline: float) -> Any:
        """Return the next."""
        json.dumps(params)
        del method, deadline
        self._left -= 1
        assert self._left >= 0, "it asks for ever"
        return next(self._results)

    def follow(self, on_connected: Callable[[], None]) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def _driver(kind: str, **more: Any) -> Any:
    config = PlayerConfig.model_validate({"driver": kind, "host": "127.0.0.1", "timeout_ms": 1000, **more})
    return build("player", config, Wiring(notify=lambda _: None, publish=lambda _: None))


def take_rpc_results(given: tuple[str, list[bytes], Any]) -> None:
    """Ask a player whose results are what they are, tell it to do something, and read its library."""
    kind, contents, action = given
    results = []
    for content in contents:
        try:
            results.append(json.loads(content))
        except (ValueError, RecursionError):
            continue  # the connection's own matter
    if not results:
        return
    driver = _driver(kind)
    assert isinstance(driver, Kodi | Snapcast)
    _ask_everything(
        driver, Command(action, _value(action)), prepare=lambda: setattr(driver, "_server", Answers(results))
    )


def _ask_everything(driver: Any, command: Command, *, prepare: Callable[[], object] = lambda: None) -> None:
    """Ask a driver for its player's state and library, and let it do something."""
    for ask in (lambda: check_state(driver.state()), lambda: driver.perform(command), driver.library):
        prepare()
        with contextlib.suppress(PlayerError):
            ask()


def _value(action: Any) -> Any:
    return {
        "volume": 30,
        "mute": True,
        "shuffle": True,
        "repeat": "all",
        "seek": 5,
        "position": 9,
        "title": "song:3",
    }.get(action, "7")


_KODI = [
    [{"volume": 60, "muted": False}, [{"playerid": 0, "type": "audio"}]],
    [[{"playerid": 1, "type": "video"}], [{"playerid": 2, "type": "picture"}]],
    {
        "volume": 60,
        "muted": False,
        "speed": 1,
        "shuffled": False,
        "repeat": "off",
        "position": 0,
        "size": 3,
        "time": {"hours": 0, "minutes": 1, "seconds": 2, "milliseconds": 3},
        "channels": [{"label": "TF1", "channelid": 3}],
        "totaltime": {"hours": 0, "minutes": 4, "seconds": 0, "milliseconds": 0},
        "limits": {"total": 2},
        "item": {"type": "song", "label": "So What", "artist": ["Miles"], "id": 1},
        "artists": [{"artist": "Miles", "artistid": 1}],
        "albums": [{"label": "Blue", "albumid": 2}],
        "songs": [{"label": "So What", "songid": 3}],
        "movies": [{"label": "Alien", "movieid": 4}],
        "files": [{"file": "special://x.m3u", "label": "x.m3u"}],
    },
]
_SNAPCAST = [
    {
        "server": {
            "groups": [
                {
                    "id": "g",
                    "name": "",
                    "muted": False,
                    "stream_id": "s",
                    "clients": [
                        {
                            "id": "c",
                            "connected": True,
                            "config": {"name": "k", "volume": {"percent": n, "muted": False}},
                        }
                        for n in (20, 60)
                    ],
                }
            ],
            "streams": [{"id": "s", "status": "playing"}],
        }
    }
]


@cache
def _music() -> Server:
    return Server(greeting=b"OK MPD 0.23.5\n")


def take_mpd(answer: bytes) -> None:
    """Ask an MPD that answers so, tell it to do something, and read its library."""
    server = _music()
    server.answer = answer
    driver = _driver("mpd", port=server.port)
    assert isinstance(driver, Mpd)
    try:
        _ask_everything(driver, Command("playlist", "jazz"))
    finally:
        driver.close()


_MPD = (
    b"\n".join(
        (
            *(b"volume: 50", b"repeat: 0", b"random: 0", b"single: 0", b"consume: 0", b"playlistlength: 2"),
            *(b"state: play", b"song: 0", b"songid: 1", b"elapsed: 1.5", b"duration: 200.0", b"audio: 44100:16:2"),
            *(b"list_OK", b"file: a/b.flac", b"Title: So What", b"Artist: Miles", b"list_OK", b"OK", b""),
        )
    ),
    b"OK\nplaylist: jazz\nLast-Modified: 2026-01-01T00:00:00Z\nOK\nfile: http://x/y\nTitle: FIP\nOK\n",
    b"ACK [50@0] {load} No such playlist\n",
    b"OK\nAlbumArtist: Miles\nOK\nArtist: Miles\nOK\nAlbum: Blue\nOK\nTitle: a\nTitle: b\nOK\n",
)
_MPD_PIECES = [
    *(
        b"OK\n",
        b"list_OK\n",
        b"ACK ",
        b"ACK [5@0] {} x\n",
        b"ACK [x@y] {\n",
        b": ",
        b"\n",
        b"\xff",
        b"\x00",
        b"volume: x\n",
    ),
    *(
        b"volume: 9e9\n",
        b"state: \n",
        b"elapsed: nan\n",
        b"elapsed: 1e999\n",
        b"songid: " + b"9" * 5000 + b"\n",
        b"file: \n",
    ),
    *(
        b"playlist: a\n",
        b"Title: a\n",
        b"binary: 9999999\n",
        b"file: ://\n",
        b"OK MPD 0.1\n",
        b"duration: -1\n",
        b"volume: -1\n",
    ),
]


def _provider_target(name: str, answers: SearchStrategy[Answered]) -> Target:
    return Target(
        f"cloud {name}",
        answers,
        lambda given: take_answer(name, Response(*given)),
        (CloudError,),
        most_cpu_s=30,
        prepare=recognizer,
    )


_RPC = st.tuples(
    st.sampled_from(("kodi", "snapcast")),
    st.lists(odd_json([*_KODI, *_SNAPCAST], ("100", '"audio"', "[]", '"song"')), min_size=1, max_size=4),
    st.sampled_from(sorted(ALL_ACTIONS)),
)
_STREAM = [
    b'{"jsonrpc": "2.0", "id": 1, "result": {"a": [1, 2, "}"]}}{"method": "Player.OnPlay", "params": {}}',
    b'{"id": 2, "error": {"code": -32602, "message": "\xc3\xa9"}}\r\n{"method": "x"}\r\n',
]
TARGETS = (
    _provider_target("openai", _body(_WORDS)),
    _provider_target("webhook", _body(_MEANT)),
    _provider_target("homeassistant", _body(_ACTED)),
    _provider_target("lex", _lex_headers()),
    Target("http", mangled(_HTTP, _HTTP_PIECES), take_http, (CloudError,)),
    Target(
        "json-rpc stream",
        mangled(
            _STREAM, [b"{", b"}", b'"', b"[", b"]", b"\\", b"\xff", b"1e999", b"9" * 5000, b"NaN", b"\r\n", b"\x00"]
        ),
        take_stream,
        (ValueError,),
    ),
    Target("kodi and snapcast", _RPC, take_rpc_results),
    Target("mpd", mangled(_MPD, _MPD_PIECES), take_mpd),
)
