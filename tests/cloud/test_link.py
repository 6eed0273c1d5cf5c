"""Deadlines, retries and the circuit breaker, against a provider that misbehaves in every way we know."""

import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cloud import Done, Link, NotUnderstood, Words
from assistant.cloud.http import MOST_ANSWER_BYTES, Http, Request
from assistant.errors import (
    CloudContentError,
    CloudError,
    CloudRefusedError,
    CloudUnansweredError,
    ConfigurationError,
    OyezError,
)
from assistant.mqtt.broker import free_port
from assistant.observe import configure_logging
from tests.cloud.asking import link_to, query, soon
from tests.cloud.service import Plan, Service

GOOD = Plan.of({"text": "allume la liseuse"})
HEARD = Words("allume la liseuse")
SHORT_S = 1.0
"""A deadline that is to be missed."""
SOON_AFTER_S = 4.0
"""What a busy machine may need beyond it; what hangs takes longer."""


@pytest.fixture
def link(service: Service, tmp_path: Path) -> Iterator[Link]:
    with link_to(service.url, "webhook", tmp_path) as one:
        yield one


def failure(link: Link, *, within_s: float = SHORT_S) -> CloudError:
    began = time.monotonic()
    with pytest.raises(CloudError) as caught:
        link.ask(query(), deadline=began + within_s)
    assert time.monotonic() - began < within_s + SOON_AFTER_S
    return caught.value


class TestDeadline:
    """However an answer is late, whoever asked is told in time."""

    @pytest.mark.parametrize(
        "plan",
        [
            Plan(wait_s=60),
            Plan.of({"text": "x"}, drip_s=0.2),
            Plan.of({"text": "x"}, drip_s=0.2, length=False),
            Plan(body="a" * 2000, headers={"Content-Type": "text/plain"}, drip_s=0.01),
            Plan.of({"text": "x"}, headers={"X-Long": "a" * 3000}, drip_s=0.005),
        ],
        ids=["silent", "drips", "drips-to-the-end", "drips-body", "drips-headers"],
    )
    def test_an_answer_that_takes_too_long(self, plan: Plan, service: Service, link: Link) -> None:
        service.plan(plan)
        error = failure(link)
        assert isinstance(error, CloudUnansweredError)
        assert "in time" in str(error)
        assert service.count == 1

    def test_an_answer_just_in_time(self, service: Service, link: Link) -> None:
        service.plan(Plan.of({"text": "allume la liseuse"}, wait_s=0.5, drip_s=0.001))
        assert link.ask(query(), deadline=soon()) == HEARD

    def test_whoever_drips_is_hung_up_on(self, service: Service, link: Link) -> None:
        service.plan(Plan(body="a" * 5000, drip_s=0.02))
        failure(link)
        service.wait_gone()

    def test_somebody_who_takes_calls_and_says_nothing(self, tmp_path: Path) -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            link_to(f"http://127.0.0.1:{listener.getsockname()[1]}", "webhook", tmp_path) as link,
        ):
            assert isinstance(failure(link), CloudUnansweredError)

    def test_a_greeting_in_tls_that_never_ends(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=_drip, args=(listener,), daemon=True).start()
            with link_to(f"https://127.0.0.1:{listener.getsockname()[1]}", "webhook", tmp_path) as link:
                assert not isinstance(failure(link), CloudUnansweredError)

    @pytest.mark.parametrize("left_s", [0, 0.1])
    def test_hardly_any_time_left_asks_nobody(self, service: Service, link: Link, left_s: float) -> None:
        for _ in range(5):
            with pytest.raises(CloudError, match="too little time"):
                link.ask(query(), deadline=soon(left_s))
        assert service.count == 0
        assert link.reachable

    def test_the_end_of_the_household_cuts_it_short(self, service: Service, tmp_path: Path) -> None:
        link = link_to(service.url, "webhook", tmp_path)
        service.plan(Plan(wait_s=60))
        errors: list[Exception] = []
        asking = threading.Thread(target=_keep_error, args=(link, errors))
        asking.start()
        service.asked()
        link.__exit__()
        asking.join(SOON_AFTER_S)
        assert not asking.is_alive()
        assert isinstance(errors[0], CloudError)
        assert service.count == 1


class TestRetry:
    @pytest.mark.parametrize(
        "broken",
        [
            Plan(status=503),
            Plan(status=429),
            Plan(status=500),
            Plan(status=511),
            Plan(cut_at=0),
            Plan.of({}, cut_at=30),
        ],
        ids=["503", "429", "500", "511", "cut", "cut-in-headers"],
    )
    def test_one_failure_is_forgiven(self, broken: Plan, service: Service, link: Link) -> None:
        service.plan(broken, GOOD)
        assert link.ask(query(), deadline=soon()) == HEARD
        first, second = service.asked(), service.asked()
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert first.body == second.body

    def test_an_answer_that_is_cut_in_the_middle(self, service: Service, link: Link) -> None:
        service.plan(
            Plan(body=GOOD.body, cut_at=len("HTTP/1.1 200 As planned\r\nContent-Length: 29\r\n\r\n") + 9), GOOD
        )
        assert link.ask(query(), deadline=soon()) == HEARD

    def test_two_failures_are_not(self, service: Service, link: Link) -> None:
        service.plan(Plan(status=503), Plan(cut_at=0), GOOD)
        failure(link, within_s=20)
        assert service.count == 2

    def test_nobody_there(self, service: Service, link: Link) -> None:
        service.kill()
        assert not isinstance(failure(link, within_s=20), CloudUnansweredError)

    def test_who_cannot_tell_a_repeat_is_not_asked_twice(self, service: Service, tmp_path: Path) -> None:
        """Home Assistant would put the milk on the list a second time."""
        with link_to(service.url, "homeassistant", tmp_path) as link:
            service.plan(Plan(cut_at=0))
            assert isinstance(failure(link, within_s=20), CloudUnansweredError)
            assert service.count == 1
            service.plan(Plan(status=503), Plan.of({"response": {"response_type": "action_done"}}))
            assert link.ask(query(), deadline=soon()) == Done(ok=True)
            assert service.count == 3

    def test_answers_that_hold_are_not_asked_for_again(self, service: Service, link: Link) -> None:
        for status in (400, 401, 404, 413, 422, 501):
            service.plan(Plan(status=status))
            with pytest.raises((CloudRefusedError, CloudContentError)):
                link.ask(query(), deadline=soon())
        assert service.count == 6


class TestAnswers:
    @pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 407])
    def test_who_refuses_us_is_named(self, status: int, service: Service, link: Link) -> None:
        service.plan(Plan(status=status))
        with pytest.raises(CloudRefusedError, match=f"{status}.*cloud.token_file"):
            link.ask(query(), deadline=soon())

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_what_is_said_goes_to_no_other_address(
        self, status: int, service: Service, link: Link, shared_service: Service
    ) -> None:
        before = shared_service.count
        service.plan(Plan(status=status, headers={"Location": f"{shared_service.url}/"}))
        with pytest.raises(CloudRefusedError, match=r"cloud\.url"):
            link.ask(query(), deadline=soon())
        assert shared_service.count == before

    def test_nor_through_a_proxy_of_the_environment(
        self, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        service.plan(GOOD)
        with link_to(service.url, "webhook", tmp_path) as link:
            assert link.ask(query(), deadline=soon()) == HEARD

    @pytest.mark.parametrize("length", [True, False], ids=["announced", "not-announced"])
    def test_a_huge_answer_is_not_read_to_its_end(self, length: bool, service: Service, link: Link) -> None:
        service.plan(Plan(body="a" * 1024, repeated=64 * 1024, length=length))
        with pytest.raises(CloudContentError, match=f"longer than {MOST_ANSWER_BYTES}"):
            link.ask(query(), deadline=soon())
        service.wait_gone()

    def test_headers_without_end(self, service: Service, link: Link) -> None:
        service.always(Plan(headers={f"X-{number}": "a" * 1000 for number in range(300)}))
        failure(link, within_s=20)

    def test_what_is_no_http(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=_babble, args=(listener,), daemon=True).start()
            with link_to(f"http://127.0.0.1:{listener.getsockname()[1]}", "webhook", tmp_path) as link:
                failure(link, within_s=20)

    def test_compressed_answers_are_not_unfolded(self, service: Service, link: Link) -> None:
        service.plan(Plan(body=GOOD.body, headers={"Content-Encoding": "gzip"}))
        assert link.ask(query(), deadline=soon()) == HEARD
        assert service.asked().headers["accept-encoding"] == "identity"

    def test_an_empty_answer_of_a_webhook_is_not_understood(self, service: Service, link: Link) -> None:
        service.plan(Plan(status=204))
        assert link.ask(query(), deadline=soon()) == NotUnderstood()

    def test_an_address_that_cannot_be_sent_to(self) -> None:
        with Http() as http, pytest.raises(CloudRefusedError):
            http.post(Request("http://127.0.0.1:none/", {}, b""), deadline=soon())

    def test_a_token_that_cannot_be_sent(self, service: Service) -> None:
        with Http() as http, pytest.raises(CloudRefusedError):
            http.post(Request(service.url, {"Authorization": "a\nb"}, b""), deadline=soon())


def test_no_address_with_a_secret_in_it_stands_in_the_log(service: Service, tmp_path: Path) -> None:
    """Webhooks have their password in the address, and the library logs every address."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(logging.DEBUG, stream=stream)
    try:
        service.plan(Plan(status=503), GOOD, Plan(status=404))
        with link_to(f"{service.url}/hook/s3cret", "webhook", tmp_path) as link:
            assert link.ask(query(), deadline=soon()) == HEARD
            with pytest.raises(CloudRefusedError) as caught:
                link.ask(query(), deadline=soon())
    finally:
        root.handlers[:], root.level = handlers, level
    assert service.asked().path == "/hook/s3cret"
    assert "s3cret" not in stream.getvalue() + str(caught.value)


class TestBreaker:
    def test_who_does_not_answer_is_left_alone_and_asked_again(
        self, service: Service, link: Link, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.cloud.breaker.FIRST_PAUSE_S", 2.0)
        service.kill()
        for _ in range(2):
            failure(link, within_s=20)
        assert not link.reachable
        service.start()
        service.always(GOOD)
        with pytest.raises(CloudError, match="asked again in"):
            link.ask(query(), deadline=soon())
        assert service.count == 0  # at once, and without a word over the network
        while link.wait_s > 0:
            threading.Event().wait(0.05)
        assert link.ask(query(), deadline=soon()) == HEARD
        assert link.reachable

    def test_an_answer_that_is_no_good_is_one_all_the_same(self, service: Service, link: Link) -> None:
        service.always(Plan(status=422))
        for _ in range(5):
            with pytest.raises(CloudContentError):
                link.ask(query(), deadline=soon())
        assert link.reachable

    def test_pages_of_a_network_that_wants_a_login_are_none(self, service: Service, link: Link) -> None:
        service.always(Plan(body="<html>Welcome to the hotel</html>"))
        for _ in range(2):
            failure(link, within_s=20)
        assert not link.reachable


@pytest.mark.parametrize("content", ["", "\n", "clé\n"], ids=["empty", "blank", "accent"])
def test_a_token_that_is_none(content: str, tmp_path: Path) -> None:
    link_to("http://127.0.0.1:1", "webhook", tmp_path).__exit__()
    file = tmp_path / "bad"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="token_file"):
        link_to("http://127.0.0.1:1", "webhook", tmp_path, token_file=str(file))


def _keep_error(link: Link, errors: list[Exception]) -> None:
    try:
        link.ask(query(), deadline=soon())
    except OyezError as error:
        errors.append(error)


def _drip(listener: socket.socket) -> None:
    """Begin a record of TLS that is long, and send a byte of it now and then."""
    connection, _ = listener.accept()
    with connection:
        try:
            connection.sendall(b"\x16\x03\x03\x40\x00")
            while True:
                connection.sendall(b"\x02")
                threading.Event().wait(0.05)
        except OSError:
            pass


def _babble(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
