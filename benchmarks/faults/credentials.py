"""Faults of what lets the assistant in: its password, and the broker's certificate."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.house import FR, House
from benchmarks.faults.outcome import Outcome
from tests.broker import PASSWORD, USER, Mosquitto, make_certificates


def credential_faults(folder: Path) -> Iterator[Outcome]:
    """One assistant, over TLS and with a password, survives both."""
    folder.mkdir(parents=True)
    certificates = make_certificates(folder)
    good = (folder / "good.pem", folder / "good.key")
    for file, kept in zip((certificates.server, certificates.server_key), good, strict=True):
        shutil.copy(file, kept)
    password = folder / "password"
    password.write_text(PASSWORD)
    broker = Mosquitto(folder, password=True, certificates=certificates, open_too=True)
    secured = {"ca_file": str(certificates.authority), "username": USER, "password_file": str(password)}
    with House(folder, broker=broker, mqtt=secured) as house:

        def present(certificate: Path, key: Path) -> None:
            shutil.copy(certificate, certificates.server)
            shutil.copy(key, certificates.server_key)

        yield _refused(
            house,
            "TLS certificate of the broker expired",
            injected="mosquitto restarted with a certificate that ended yesterday, a command spoken, then a good one",
            spoil=lambda: present(certificates.expired, certificates.expired_key),
            mend=lambda: present(*good),
            told="certificate has expired",
        )
        yield _refused(
            house,
            "wrong password",
            injected="mosquitto restarted with another password, a command spoken, then the right one",
            spoil=lambda: broker.set_password("something else"),
            mend=lambda: broker.set_password(PASSWORD),
            told="refused us",
        )


def _refused(
    house: House, fault: str, *, injected: str, spoil: Callable[[], None], mend: Callable[[], None], told: str
) -> Outcome:
    def do() -> Callable[[], None]:
        before = house.connections()
        house.broker.stop()
        spoil()
        house.broker.start()
        house.say(FR)
        house.oyez.wait_for(told)
        house.broker.stop()
        mend()
        house.broker.start()
        return house.connected_again(before)

    return house.try_fault(
        fault,
        injected=injected,
        survived="told once, tried on; command kept and done when let in",
        do=do,
        during=[FR],
    )
