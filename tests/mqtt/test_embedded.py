"""The embedded broker where it asks for a password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.config import MqttConfig
from assistant.errors import BrokerError
from assistant.mqtt import Connection, EmbeddedBroker, Retry

WAIT_S = 30.0
FAST = Retry(first_s=0.05, ceiling_s=0.2)
PASSWORDS = {"plain": "correct horse", "of TOML's own characters": "a\"b\\c'd = [#] ñ\x7f\t🐴"}


def connect(url: str, **more: Any) -> Connection:
    return Connection(MqttConfig(url=url, **more), name="test", retry=FAST)


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_only_who_knows_the_password_is_let_in(password: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(password + "\n")
    bad.write_text("wrong\n")
    login = {"username": "oyez [x]", "password_file": good}
    with EmbeddedBroker.of(MqttConfig(embedded_port=0, **login)) as broker:
        with connect(broker.url, **login) as one:
            assert one.wait_ready(WAIT_S)
        for refused in ({}, login | {"password_file": bad}, login | {"username": "other"}):
            with connect(broker.url, **refused) as one:
                assert not one.wait_ready(1.0)
                assert one.problem is not None


def test_it_listens_where_it_is_told_to() -> None:
    with EmbeddedBroker.of(MqttConfig(embedded_port=0, embedded_host="127.0.0.2")) as broker:
        assert broker.url.startswith("mqtt://127.0.0.2:")
        with connect(broker.url) as one:
            assert one.wait_ready(WAIT_S)


def test_a_password_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BrokerError, match=r"mqtt\.password_file"):
        EmbeddedBroker.of(MqttConfig(username="oyez", password_file=tmp_path / "missing"))
