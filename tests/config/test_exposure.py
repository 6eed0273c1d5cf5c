"""What would let strangers in or secrets out: refused, or warned of, with file and line."""

from pathlib import Path

import pytest

from assistant.config import MqttConfig, load_household, parse_household, read_secret
from assistant.errors import ConfigurationError, OyezError

MISTAKES = {
    "the embedded broker on every network": (
        "mqtt:\n  embedded_host: 0.0.0.0\n",
        '2:18 mqtt.embedded_host: "0.0.0.0": the embedded broker has no access rules and stays on this machine',
    ),
    "the embedded broker on one network": ("mqtt: {embedded_host: 192.168.1.5}", "1:23 mqtt.embedded_host: "),
    "the embedded broker by a name": ("mqtt: {embedded_host: localhost}", "1:23 mqtt.embedded_host: "),
    "the embedded broker on no address": ("mqtt: {embedded_host: 127.0.0.999}", "1:23 mqtt.embedded_host: "),
    "a password in the broker's address": (
        "mqtt:\n  url: mqtt://me:geheim@broker\n",
        "2:8 mqtt.url: holds a password; write mqtt.username, and mqtt.password_file",
    ),
    "a password without a user": (
        "mqtt: {password_file: secret}",
        "1:23 mqtt.password_file: stands without mqtt.username; write both",
    ),
    "a user whom the embedded broker cannot know": ("mqtt: {username: me}", "1:18 mqtt.username: stands without"),
    "the password in the place of its file": (
        "mqtt: {url: 'mqtts://x', username: me, password_file: geheim}",
        "1:55 mqtt.password_file: no such file; write the name of a file that holds the secret, not the secret",
    ),
    "half a certificate": (
        "mqtt: {url: 'mqtts://x', cert_file: secret}",
        "1:37 mqtt.cert_file: stands without mqtt.key_file; write both or none",
    ),
    "TLS of the embedded broker": ("mqtt: {ca_file: secret}", "1:17 mqtt.ca_file: means nothing to the embedded"),
    "a request that there is not": ("mqtt: {requests: [says]}", '1:19 mqtt.requests.0: no requests "says"'),
}


@pytest.mark.parametrize(("text", "fault"), MISTAKES.values(), ids=MISTAKES)
def test_what_would_let_strangers_in_is_refused(text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim\n")
    with pytest.raises(ConfigurationError) as raised:
        parse_household(text, path=tmp_path / "oyez.yaml")
    (told,) = [str(one).removeprefix(f"{tmp_path}/oyez.yaml:") for one in raised.value.faults]
    assert told.startswith(fault)
    assert "geheim" not in told


WARNINGS = {
    "a token in clear": (
        "handlers:\n  options:\n    tram: {api_key: abc123}\n",
        "3:21 handlers.options.tram.api_key: a secret in clear",
    ),
    "a password in an address": (
        "cloud: {provider: webhook, url: 'https://me:abc123@x.org/'}",
        "1:33 cloud.url: a secret in clear",
    ),
    "a file that everybody may read": (
        "mqtt: {username: me, password_file: open}",
        "everybody on this machine can read",
    ),
    "a player's file": ("players: {radio: {password_file: open}}", "everybody on this machine can read"),
    "systemd's folder outside a service": (
        "mqtt: {username: me, password_file: $CREDENTIALS_DIRECTORY/mqtt}",
        "1:37 mqtt.password_file: is there only in a systemd service with LoadCredential=",
    ),
    "a broker that knows nobody": ("mqtt: {url: 'mqtt://broker'}", "1:13 mqtt.url: this broker is not told who we are"),
    "a password in clear on the network": (
        "mqtt: {url: 'mqtt://10.0.0.1', username: me, password_file: own}",
        "1:13 mqtt.url: the password goes over the network in clear; use mqtts:// with ca_file",
    ),
    "all well here": ("mqtt: {url: 'mqtt://localhost'}", None),
    "all well there": ("mqtt: {url: 'mqtts://10.0.0.1', username: me, password_file: own}", None),
    "all well with a certificate": ("mqtt: {url: 'mqtts://broker', cert_file: open, key_file: own}", None),
    "things that are called so": ("rooms: {token: {en: token}}\nhandlers: {options: {tram: {token_file: own}}}", None),
}


@pytest.mark.parametrize(("text", "warning"), WARNINGS.values(), ids=WARNINGS)
def test_what_lets_secrets_out_is_warned_of(
    text: str, warning: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    for name, mode in (("open", 0o644), ("own", 0o640)):
        (tmp_path / name).write_text("abc123\n")
        (tmp_path / name).chmod(mode)
    loaded = parse_household(text, path=tmp_path / "oyez.yaml")
    told = [str(one).removeprefix(f"{tmp_path}/oyez.yaml:") for one in loaded.warnings]
    assert [warning in one for one in told] == ([] if warning is None else [True])
    assert not any("abc123" in one for one in told)


TAKEN = {
    "the embedded broker": ({}, 5),
    "this machine": ({"url": "mqtt://localhost:1884"}, 5),
    "a socket": ({"url": "mqtt+unix:///run/mosquitto"}, 5),
    "one that knows nobody": ({"url": "mqtt://broker"}, 0),
    "one that knows nobody, encrypted": ({"url": "mqtts://192.168.1.2"}, 0),
    "one that is told who we are": ({"url": "mqtt://broker", "username": "oyez", "password_file": "x"}, 5),
    "one that sees a certificate": ({"url": "mqtts://broker", "cert_file": "x", "key_file": "y"}, 5),
    "wanted all the same": ({"url": "mqtt://broker", "requests": ["say", "listen"]}, 2),
    "not wanted": ({"requests": []}, 0),
}


@pytest.mark.parametrize(("mqtt", "taken"), TAKEN.values(), ids=TAKEN)
def test_who_is_not_known_asks_for_nothing(mqtt: dict[str, object], taken: int) -> None:
    assert len(MqttConfig.model_validate(mqtt).taken) == taken


def test_secrets_of_a_service_are_in_systemds_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt").write_text("correct horse\r\nand more\n")
    (credentials / "mqtt").chmod(0o400)
    (tmp_path / "oyez.yaml").write_text(
        "mqtt: {username: me, password_file: $CREDENTIALS_DIRECTORY/mqtt}\n"
        "cloud: {provider: webhook, url: 'https://x.org', token_file: $CREDENTIALS_DIRECTORY/mqtt}\n"
    )
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    outside = load_household(tmp_path / "oyez.yaml").config
    assert outside.mqtt.password_file is not None
    with pytest.raises(OyezError, match="LoadCredential="):
        read_secret(outside.mqtt.password_file)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    loaded = load_household(tmp_path / "oyez.yaml")
    assert loaded.warnings == ()
    assert loaded.config.mqtt.password_file == credentials / "mqtt" == loaded.config.cloud.token_file
    assert read_secret(credentials / "mqtt") == "correct horse"


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\nsecret", b"secret \xff"], ids=repr)
def test_files_that_hold_no_secret(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(OyezError) as raised:
        read_secret(file)
    assert str(file) in str(raised.value)
    assert "secret \\xff" not in str(raised.value)
