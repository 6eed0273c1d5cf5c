"""Faults of handlers: of somebody else's code in our process, or beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.messages import Hypothesis, Interpretation
from assistant.mqtt import IntentPayload
from benchmarks.faults.house import DONE_S, EN, FR, House
from benchmarks.faults.outcome import Outcome

LEAK_LIMIT_BYTES = 1_500_000_000
"""Address space of the handler that leaks, as systemd's MemoryMax would be."""
FAULTY = """
import threading
from assistant.messages import Result
from handlers.base import Description

LEAK = []

class Faulty:
    def __init__(self, household, publish):
        pass
    def subscriptions(self):
        return ()
    def received(self, message):
        pass
    def connected(self):
        pass
    def handle(self, request):
        what = request.interpretation.best.intent
        if what == "raise":
            raise RuntimeError("faulty on purpose")
        if what == "hang":
            threading.Event().wait()
        while what == "leak":
            LEAK.append(bytes(10_000_000))
        return Result(request.interpretation.id, ok=True, code="done")

HANDLER = Description(domains=("faulty",), build=Faulty)
"""


def handler_faults(folder: Path) -> Iterator[Outcome]:
    """One assistant with a faulty handler in it, and the same handler in a process of its own."""
    packages = folder / "packages"
    (packages / "faulty-1.0.dist-info").mkdir(parents=True)
    (packages / "faulty.py").write_text(FAULTY)
    (packages / "faulty-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1.0\n")
    (packages / "faulty-1.0.dist-info" / "entry_points.txt").write_text("[oyez.handlers]\nfaulty = faulty:HANDLER\n")
    path = os.pathsep.join(filter(None, (str(packages), os.environ.get("PYTHONPATH"))))
    environment = {"PYTHONPATH": path}
    with House(folder / "inside", lines=["handlers: {run: [light, faulty]}"], environment=environment) as house:
        yield raises(house)
        yield hangs(house)
    with House(folder / "beside", lines=["handlers: {run: [light]}"], environment=environment) as house:
        yield leaks(house, environment)


def raises(house: House) -> Outcome:
    """The handler's code raises."""

    def do() -> Callable[[], None]:
        ask(house, "raise", "raised")
        house.bus.wait_for("oyez/test/result", wanted=lambda result: result["id"] == "raised" and not result["ok"])
        ask(house, "work", "works")
        return lambda: house.bus.wait_for("oyez/test/result", wanted=lambda result: result["id"] == "works")

    return house.try_fault(
        "a handler raises",
        injected="RuntimeError in `handle`",
        survived="answered `failed`; it works on, as all others do",
        do=do,
        traceback=True,
    )


def hangs(house: House) -> Outcome:
    """The handler never returns."""

    def do() -> Callable[[], None]:
        ask(house, "hang", "hanging")
        house.say(FR)
        house.bus.wait_for("oyez/test/result", wanted=lambda result: result["id"] == "hanging" and not result["ok"])
        return lambda: ask_until_answered(house, "work", "afterwards")

    return house.try_fault(
        "a handler hangs",
        injected="`handle` never returns, a command for another handler spoken",
        survived="answered `failed` after its time, a new instance takes over; others go on",
        do=do,
        during=[FR],
        traceback=True,
    )


def leaks(house: House, environment: dict[str, str]) -> Outcome:
    """The handler takes all memory that it may have, in a process of its own."""

    def do() -> Callable[[], None]:
        handler = [sys.executable, "-m", "assistant.cli", "handler", "faulty", "--config", str(house.household)]
        command = ["prlimit", f"--as={LEAK_LIMIT_BYTES}", *handler]
        log = (house.folder / "handler.log").open("wb")
        with subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log) as process:
            try:
                house.wait_for_subscription("oyez/test/intent/faulty/")
                ask(house, "leak", "leaking")
                house.bus.wait_for(
                    "oyez/test/result", wanted=lambda result: result["id"] == "leaking" and not result["ok"]
                )
                house.say(FR)
            finally:
                process.kill()
        return lambda: None

    return house.try_fault(
        "a handler leaks",
        injected="`oyez handler` with 1.5 GB at most takes everything",
        survived="answered `failed`; the assistant does not notice",
        do=do,
        during=[FR],
        after=[EN],
    )


def ask_until_answered(house: House, intent: str, message_id: str) -> None:
    """Publish again as the assistant does while a handler may be about to come back; it acts on an id once."""
    deadline = time.monotonic() + DONE_S
    while not any(json.loads(result)["id"] == message_id for result in house.bus.seen("oyez/test/result")):
        if time.monotonic() > deadline:
            raise AssertionError(f"no answer to {message_id}")
        ask(house, intent, message_id)
        time.sleep(1)


def ask(house: House, intent: str, message_id: str) -> None:
    """Publish an intent for the faulty handler."""
    time = datetime.now(UTC)
    best = Hypothesis("en", "faulty", intent, "", {}, {}, 0.9)
    heard = Interpretation(message_id, time, best, accepted=True, reason=None)
    payload = IntentPayload.of(heard, site="test", expires=time + timedelta(minutes=5))
    house.bus.publish(f"oyez/test/intent/faulty/{intent}", payload.to_bytes())
