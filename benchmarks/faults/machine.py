"""Faults of the machine: disk, clock, memory, and the network's own file."""

from __future__ import annotations

import random
import re
import resource
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.messages import Hypothesis, Interpretation
from assistant.model import SHIPPED
from assistant.mqtt import IntentPayload
from benchmarks.faults.house import EN, ES, FR, House
from benchmarks.faults.outcome import Outcome

DISK_BYTES = 256 * 1024
LITTLE_BYTES = 48 * 1024 * 1024
"""What is left of the address space: enough to understand a command, not to build a graph with so many titles."""
TITLES = 6000
WORDS = ("river", "morning", "paper", "garden", "silver", "window", "summer", "mountain", "letter", "station", "yellow")
UNLIMITED = resource.RLIM_INFINITY
FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"
JUMPS_S = ("+0", "+1800000000", "-3600", "+20", "-1000000000", "+0")
"""A clock that starts in 1970, and one that is put right, too far, and back."""


def machine_faults(folder: Path) -> Iterator[Outcome]:
    """A machine with a small disk of its own, one with a clock of its own, and one with little memory."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    mounted = f'mount -t tmpfs -o size={DISK_BYTES} tmpfs "$0" && exec "$@"'
    under = ("unshare", "--mount", "sh", "-c", mounted, str(disk))
    with House(folder / "full", lines=[f"state: {disk}"], under=under) as house:
        yield full_disk(house, disk)
        yield read_only(house, disk)
    network = folder / "network.onnx"
    shutil.copy(SHIPPED, network)
    with House(folder / "model", lines=[f"model: {network}"]) as house:
        yield damaged_model(house, network)
        yield damaged_at_start(house, network)
    with House(folder / "memory") as house:
        yield little_memory(house)
    yield clock_jumps(folder / "clock")


def full_disk(house: House, disk: Path) -> Outcome:
    """The folder of what must survive has no room."""

    def do() -> Callable[[], None]:
        inside = Path(f"/proc/{house.oyez.pid}/root{disk}")
        filling = inside / "filling"
        with filling.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1024)):
                    pass
            except OSError:
                pass
        start_timer(house, "full")
        house.oyez.wait_for("timers will not survive a restart")
        house.say(FR)
        filling.unlink()
        return lambda: kept(inside, "full")

    return house.try_fault(
        "disk full",
        injected=f"tmpfs of {DISK_BYTES // 1024} KiB for the state folder, filled",
        survived="told; timers run on, and are written when there is room",
        do=do,
        during=[FR],
    )


def read_only(house: House, disk: Path) -> Outcome:
    """The file system lets nothing be written, as a worn-out SD card."""

    def remount(how: str) -> None:
        inside = ["nsenter", f"--target={house.oyez.pid}", "--mount"]
        subprocess.run([*inside, "mount", "-o", f"remount,{how}", str(disk)], check=True)

    def do() -> Callable[[], None]:
        remount("ro")
        told = house.oyez.log.count("timers will not survive a restart")
        start_timer(house, "read-only")
        house.oyez.wait_for("timers will not survive a restart", times=told + 1)
        house.say(FR)
        remount("rw")
        return lambda: kept(Path(f"/proc/{house.oyez.pid}/root{disk}"), "read-only")

    return house.try_fault(
        "file system read-only",
        injected="the state folder remounted read-only",
        survived="told; timers run on, and are written when that is possible again",
        do=do,
        during=[FR],
    )


def start_timer(house: House, name: str) -> None:
    """Start a timer of an hour with this name, by MQTT, and wait for the handler's answer."""
    time_ = datetime.now(UTC)
    best = Hypothesis("en", "timer", "start", "", {"seconds": 3600, "name": name}, {}, 0.9)
    heard = Interpretation(f"timer-{name}", time_, best, accepted=True, reason=None)
    payload = IntentPayload.of(heard, site="test", expires=time_ + timedelta(minutes=5))
    house.bus.publish("oyez/test/intent/timer/start", payload.to_bytes())
    house.bus.wait_for("oyez/test/result", wanted=lambda result: result["id"] == heard.id and result["ok"])


def kept(folder: Path, name: str) -> None:
    """Wait until a timer is in the state file."""
    deadline = time.monotonic() + 90
    file = folder / "test.timers.json"
    while not file.exists() or f'"{name}"' not in file.read_text():
        if time.monotonic() > deadline:
            raise AssertionError(f"the timer {name} was never written")
        time.sleep(0.1)


def damaged_model(house: House, network: Path) -> Outcome:
    """An update leaves half a network, then a whole one."""

    def do() -> Callable[[], None]:
        part = network.with_suffix(".part")
        part.write_bytes(SHIPPED.read_bytes()[:100_000])
        part.rename(network)
        house.oyez.wait_for("the old household goes on")
        house.say(FR)
        shutil.copy(SHIPPED, part)
        before = house.oyez.log.count("message=listening")
        part.rename(network)
        return lambda: house.oyez.wait_for("message=listening", times=before + 1)

    return house.try_fault(
        "model damaged during an update",
        injected="the first 100 KB of the network in its place, a command spoken, then the whole",
        survived="refused, the loaded one goes on; the whole one is taken",
        do=do,
        during=[FR],
    )


def damaged_at_start(house: House, network: Path) -> Outcome:
    """The machine starts after half an update."""

    def do() -> Callable[[], None]:
        house.oyez.end()
        network.write_bytes(SHIPPED.read_bytes()[:100_000])
        house.oyez.__enter__()
        house.oyez.wait_for("nothing is heard")
        part = network.with_suffix(".part")
        shutil.copy(SHIPPED, part)
        part.rename(network)
        return lambda: house.oyez.wait_for("message=listening")

    return house.try_fault(
        "model damaged at the start",
        injected="the first 100 KB of the network in its place, the assistant started, then the whole",
        survived="says that nothing is heard, and hears when the whole one is there",
        do=do,
        after=[EN, FR],
    )


def little_memory(house: House) -> Outcome:
    """A reload finds no memory for its graph."""

    def do() -> Callable[[], None]:
        process = house.oyez.pid
        status = Path(f"/proc/{process}/status").read_text()
        size = int(re.findall(r"VmSize:\s+(\d+)", status)[0]) * 1024
        text = house.household.read_text()
        (house.folder / "many.yaml").write_text(many_titles())
        resource.prlimit(process, resource.RLIMIT_AS, (size + LITTLE_BYTES, UNLIMITED))
        try:
            house.household.write_text(text + "sentences: [many.yaml]\n")
            house.oyez.wait_for("there is not enough memory")
            house.say(FR)
        finally:
            resource.prlimit(process, resource.RLIMIT_AS, (UNLIMITED, UNLIMITED))
        before = house.oyez.log.count("the household was read again")
        house.household.write_text(text.replace("en: reading lamp", "en: [reading lamp, small lamp]"))
        return lambda: house.oyez.wait_for("the household was read again", times=before + 1)

    return house.try_fault(
        "out of memory",
        injected=f"address space limited to {LITTLE_BYTES >> 20} MB more than it had, {TITLES} titles added",
        survived="household refused, the old one goes on (a reply may not be heard); taken when there is memory",
        do=do,
        during=[FR],
        traceback=True,
    )


def many_titles() -> str:
    """Return a sentence file whose graph is large."""
    chance = random.Random(7)
    titles = [" ".join(chance.choices(WORDS, k=4)) for _ in range(TITLES)]
    return "\n".join(
        [
            "language: en",
            "intents: {Find: {data: [{sentences: ['find {title}']}]}}",
            "lists:",
            "  title:",
            "    values:",
            *(f"      - {title}" for title in titles),
        ]
    )


def clock_jumps(folder: Path) -> Outcome:
    """The clock is put right while somebody speaks, again and again."""
    folder.mkdir(parents=True)
    clock = folder / "clock"
    clock.write_text(JUMPS_S[0])
    library = next(iter(Path("/").glob(FAKETIME[1:])), None)
    if library is None:
        raise RuntimeError("libfaketime is not installed; apt-get install faketime")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    with House(folder, environment=environment) as house:

        def do() -> None:
            speaking = threading.Thread(target=house.say, args=(FR, ES, EN))
            speaking.start()
            while speaking.is_alive():
                for jump in JUMPS_S:
                    # Renamed into place: it is read at any moment.
                    (folder / "next").write_text(jump)
                    (folder / "next").rename(clock)
                    speaking.join(0.25)

        return house.try_fault(
            "clock jumps",
            injected="libfaketime: 57 years ahead, back by hours and 30 years, 4 times a second, three commands spoken",
            survived="commands neither expire nor repeat",
            do=do,
            during=[FR, ES, EN],
            after=[],
        )
