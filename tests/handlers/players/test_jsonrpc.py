"""The connection itself, against a peer that answers as it is told to: whole, in pieces, with errors, or rubbish."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.players import GoneError, NoAnswerError
from handlers.players.jsonrpc import Connection, ErrorAnswerError, split

WAIT_S = 30.0


class Peer:
    """A server of one connection at a time; `reply` makes the bytes for each request."""

    def __init__(self, reply: Callable[[dict[str, Any]], bytes | None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._reply = reply
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with sock, sock.makefile("rb") as lines:
                for line in lines:
                    answer = self._reply(json.loads(line))
                    if answer is None:
                        break
                    sock.sendall(answer)


@pytest.fixture
def connect() -> Iterator[Callable[..., tuple[Connection, Peer]]]:
    opened: list[Any] = []

    def make(reply: Callable[[dict[str, Any]], bytes | None], **given: Any) -> tuple[Connection, Peer]:
        peer = Peer(reply)
        wanted = {"timeout_s": WAIT_S, "on_notification": lambda *_: None, **given}
        connection = Connection("127.0.0.1", peer.port, **wanted)
        opened.extend((connection, peer))
        return connection, peer

    yield make
    for one in opened:
        one.close()


def answer(request: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], **fields}).encode()


def call(connection: Connection, method: str = "Ping", *, within_s: float = WAIT_S, **params: object) -> Any:
    return connection.call(method, params, deadline=time.monotonic() + within_s)


def test_answers_find_their_calls_from_several_threads(connect):
    connection, peer = connect(lambda request: answer(request, result=request["params"]["n"]))
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda n: call(connection, n=n), range(200))) == list(range(200))
    assert peer.connections == 1


def test_notifications_stand_between_answers(connect):
    heard: list[Any] = []
    told = b'{"jsonrpc": "2.0", "method": "OnVolume", "params": {"percent": 3}}\r\n'
    connection, _ = connect(
        lambda request: told + answer(request, result=1) + told, on_notification=lambda *one: heard.append(one)
    )
    assert call(connection) == 1
    assert call(connection) == 1
    assert heard[0] == ("OnVolume", {"percent": 3})
    assert len(heard) >= 3


def test_an_error_keeps_its_code(connect):
    connection, _ = connect(lambda request: answer(request, error={"code": -32602, "message": "Invalid params."}))
    with pytest.raises(ErrorAnswerError, match=r"Open: Invalid params") as caught:
        call(connection, "Open")
    assert caught.value.rpc_code == -32602


@pytest.mark.parametrize(
    "rubbish", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe}", b"[" * 100_000 + b"}", b'{"id": "x"}', b"null}"]
)
def test_rubbish_is_no_answer_and_the_next_call_begins_anew(connect, rubbish: bytes):
    first = threading.Event()

    def reply(request: dict[str, Any]) -> bytes:
        if first.is_set():
            return answer(request, result="well")
        first.set()
        return rubbish

    connection, peer = connect(reply)
    with pytest.raises((NoAnswerError, GoneError)):
        call(connection, within_s=0.3)
    assert call(connection) == "well"
    assert peer.connections == 2


def test_a_connection_that_breaks_ends_the_call_and_is_made_again(connect):
    broken = threading.Event()

    def reply(request: dict[str, Any]) -> bytes | None:
        if broken.is_set():
            return answer(request, result="well")
        broken.set()
        return None

    connection, _ = connect(reply)
    with pytest.raises(GoneError):
        call(connection)
    assert call(connection) == "well"


def test_following_tells_each_time_the_peer_is_there(connect):
    came = threading.Semaphore(0)
    connection, _ = connect(lambda request: None if request["method"] == "Leave" else answer(request, result=1))
    connection.follow(came.release)
    assert came.acquire(timeout=WAIT_S)
    with pytest.raises(GoneError):
        call(connection, "Leave")
    assert came.acquire(timeout=WAIT_S)


def test_closing_ends_a_call_that_waits_and_those_that_follow(connect):
    connection, _ = connect(lambda _: b"")
    threading.Timer(0.1, connection.close).start()
    with pytest.raises(GoneError):
        call(connection)
    with pytest.raises(GoneError, match="closed"):
        call(connection)


def test_a_long_answer_is_read_whole(connect):
    names = [f"name {n}" for n in range(200_000)]
    connection, _ = connect(lambda request: answer(request, result=names))
    assert call(connection) == names


@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3), max_size=4),
    st.sampled_from([b"", b"\r\n", b" \n\n"]),
    st.data(),
)
def test_any_cut_into_pieces_gives_the_same_objects(objects: list[dict[str, str]], between: bytes, data: st.DataObject):
    stream = between.join(json.dumps(one, ensure_ascii=False).encode() for one in objects) + between
    ends = [index + 1 for index in range(len(stream)) if stream[index : index + 1] == b"}"]
    cut = data.draw(st.sampled_from(ends)) if ends else 0
    found, rest = split(stream[:cut])
    more, left = split(rest + stream[cut:])
    assert [*found, *more] == objects
    assert left == b""
