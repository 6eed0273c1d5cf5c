"""Faults of the microphone, and of a machine that has no time to listen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.faults.house import EN, ES, FR, House
from benchmarks.faults.outcome import Outcome

PAUSED_S = 4.0
CLOSED_S = 4.0
REFUSED_RATE_HZ, OTHER_RATE_HZ = 16_000, 48_000
BUSY = "while True: pass"
BUSY_PROCESSES = 4
_REFUSING = f"""
import sounddevice

class InputStream(sounddevice.InputStream):
    def __init__(self, *, samplerate, **settings):
        if samplerate == {REFUSED_RATE_HZ}:
            raise sounddevice.PortAudioError("Error opening InputStream: Invalid sample rate [PaErrorCode -9997]")
        super().__init__(samplerate=samplerate, **settings)

sounddevice.InputStream = InputStream
"""
"""What stands for a card that knows no 16 kHz: PortAudio's own answer, by way of `sitecustomize`."""


def sound_faults(folder: Path) -> Iterator[Outcome]:
    """One assistant survives all but the last, which begins with its fault."""
    with House(folder / "any") as house:
        yield unplugged(house)
        yield other_index(house)
        yield closed(house)
        yield paused(house)
        yield busy(house)
    yield rate_refused(folder / "rate")


def unplugged(house: House) -> Outcome:
    """The microphone gives nothing more and is gone, then it is there again."""

    def do() -> Callable[[], None]:
        before = house.oyez.log.count("listening again")
        house.microphone.disconnect()
        house.oyez.wait_for("no sound")
        house.microphone.connect()
        return lambda: house.oyez.wait_for("listening again", times=before + 1)

    return house.try_fault(
        "microphone unplugged and replugged",
        injected="FIFO starved, device taken out of ALSA's list, then both back",
        survived="told once, opened again",
        do=do,
    )


def other_index(house: House) -> Outcome:
    """The microphone returns behind other devices."""

    def do() -> Callable[[], None]:
        before = house.oyez.log.count("listening again")
        gone = house.oyez.log.count("no sound")
        house.microphone.disconnect()
        house.oyez.wait_for("no sound", times=gone + 1)
        house.microphone.connect(after=3)
        return lambda: house.oyez.wait_for("listening again", times=before + 1)

    return house.try_fault(
        "microphone replugged as another index",
        injected="three devices before it in ALSA's list when it returns",
        survived="found by its name (`audio.input`), not by its number",
        do=do,
        after=[EN, FR],
    )


def closed(house: House) -> Outcome:
    """What feeds the microphone dies and returns."""

    def do() -> None:
        house.microphone.close()
        time.sleep(CLOSED_S)
        house.microphone.reopen()

    return house.try_fault(
        "microphone's FIFO closed",
        injected=f"nobody has it open for {CLOSED_S:.0f} s: the device reads the end of a file, silence to ALSA",
        survived="nothing is heard meanwhile, the next command is",
        do=do,
    )


def paused(house: House) -> Outcome:
    """The process gets no time at all."""

    def do() -> None:
        house.oyez.send(signal.SIGSTOP)
        time.sleep(PAUSED_S)
        house.oyez.send(signal.SIGCONT)
        time.sleep(1)

    return house.try_fault(
        "overruns: no time for the process",
        injected=f"SIGSTOP for {PAUSED_S:.0f} s, more than the card and the ring hold",
        survived="blocks lost are counted, the next command is heard",
        do=do,
    )


def busy(house: House) -> Outcome:
    """Others compute on the same core."""

    def do() -> None:
        with ExitStack() as stack:
            for _ in range(BUSY_PROCESSES):
                process = stack.enter_context(subprocess.Popen([sys.executable, "-c", BUSY]))
                stack.callback(process.kill)
            house.say(EN, FR, ES)

    return house.try_fault(
        "load",
        injected=f"{BUSY_PROCESSES} processes that compute on the same core, three commands spoken",
        survived="heard and done, later",
        do=do,
        during=[EN, FR, ES],
        after=[],
    )


def rate_refused(folder: Path) -> Outcome:
    """The card cannot record at our rate."""
    folder.mkdir(parents=True)
    (folder / "sitecustomize.py").write_text(_REFUSING)
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    with House(folder, rate_hz=OTHER_RATE_HZ, environment={"PYTHONPATH": path}) as house:
        return house.try_fault(
            "sample rate refused",
            injected="PortAudio refuses 16 kHz (in the process), the FIFO carries 48 kHz",
            survived="opened at 48 kHz, converted",
            do=lambda: house.oyez.wait_for(f"({OTHER_RATE_HZ} Hz"),
            after=[EN, FR],
        )
