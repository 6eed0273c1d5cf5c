"""Faults of the assistant's own life: ended at any moment, started and stopped a thousand times."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.faults.house import EN, FR, House
from benchmarks.faults.machine import kept, start_timer
from benchmarks.faults.outcome import Outcome

ENDINGS = 30
SPEECH_S = 4.5
"""Of a command, until its lamp is on."""
CYCLES = 1000
GROWTH = 1.05
"""Of memory, from the second tenth of the cycles to the last."""


def life_faults(folder: Path) -> Iterator[Outcome]:
    """One house, in which the assistant is started many times."""
    with House(folder, lines=[f"state: {folder / 'state'}"]) as house:
        yield killed(house)
        yield ended_at_any_moment(house)
        yield started_and_stopped(house)


def killed(house: House) -> Outcome:
    """The power goes, or the kernel wants the memory: no time for a farewell, then it is started again."""

    def do() -> Callable[[], None]:
        start_timer(house, "kept")
        kept(house.folder / "state", "kept")
        house.say(EN)
        house.wait_done(EN)
        house.oyez.send(signal.SIGKILL)
        house.oyez.wait()
        house.bus.wait_for("oyez/test/status", wanted=lambda word: word == "offline")
        house.oyez.__enter__()

        def recovered() -> None:
            house.oyez.wait_for("message=listening")
            fresh = {"oyez/test/status": "online", "oyez/test/timers": "'kept'"}
            house.retained(fresh)

        return recovered

    return house.try_fault(
        "killed and started again",
        injected="a timer set, a command done, SIGKILL, started as systemd would",
        survived="last will `offline`; nothing done again; the timer runs on",
        do=do,
        during=[EN],
        after=[FR],
    )


def ended_at_any_moment(house: House, *, endings: int = ENDINGS) -> Outcome:
    """SIGTERM while it imports, loads, connects, and while somebody speaks to it; then it is started once more."""
    chance = random.Random(5)
    slowest_s = 0.0

    def end() -> None:
        nonlocal slowest_s
        began = time.monotonic()
        status = house.oyez.end()
        slowest_s = max(slowest_s, time.monotonic() - began)
        # Before it has heard of signals, which is while Python starts, the system ends it.
        if status not in {0, -signal.SIGTERM}:
            raise AssertionError(f"exit status {status}")
        if "Traceback" in house.oyez.log:
            raise AssertionError("a traceback at the end")

    def do() -> Callable[[], None]:
        house.oyez.end()
        began = time.monotonic()
        with house.oyez:
            house.oyez.wait_for("message=listening")
            start_s = time.monotonic() - began
            end()
        for _ in range(endings):
            with house.oyez:
                time.sleep(chance.uniform(0, start_s))
                end()
        for _ in range(endings // 3):
            with house.oyez:
                house.oyez.wait_for("message=listening")
                house.say(FR, wait=False)
                time.sleep(chance.uniform(0, SPEECH_S))
                end()
            house.microphone.hush()
            if house.done(FR) > 1:
                raise AssertionError(f"done {house.done(FR)} times")
            house.lamps_off()
        for file in (house.folder / "state").glob("*.json"):
            json.loads(file.read_bytes())
        house.oyez.__enter__()
        return lambda: house.oyez.wait_for("message=listening")

    outcome = house.try_fault(
        "SIGTERM at any moment",
        injected=f"{endings} times while it starts, {endings // 3} times while a command is spoken and done",
        survived="exit status 0, nothing half written, no command done twice",
        do=do,
        after=[EN, FR],
    )
    print(f"the slowest end took {slowest_s:.1f} s", file=sys.stderr)
    return outcome


def started_and_stopped(house: House, *, cycles: int = CYCLES) -> Outcome:
    """All parts, microphone and MQTT connections included, in one process."""
    told: list[dict[str, float]] = []

    def do() -> None:
        command = [sys.executable, "-m", "benchmarks.faults.cycles", str(house.household), str(cycles)]
        environment = {**os.environ, **house.microphone.environment}
        house.oyez.end()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        house.oyez.__enter__()
        told.extend(json.loads(line) for line in done.stdout.splitlines())
        if done.returncode:
            raise AssertionError(done.stderr[-300:])
        first, last = told[1], told[-1]
        if last["threads"] > first["threads"] or last["files"] > first["files"]:
            raise AssertionError(f"threads or descriptors grow: {first} to {last}")
        if last["memory_mb"] > first["memory_mb"] * GROWTH:
            raise AssertionError(f"memory grows: {first} to {last}")
        house.oyez.wait_for("message=listening")

    outcome = house.try_fault(
        f"{cycles} starts and stops",
        injected="all parts in one process, with the microphone and five MQTT connections",
        survived="no growth of memory, threads or descriptors",
        do=do,
    )
    for line in told:
        print(line, file=sys.stderr)
    return outcome
