"""The light handler: switches, dims and colours the household's lamps and tells what they themselves report.

intent ──▶ targets ──▶ (ask lamps whose state is needed and unknown) ──▶ plan ──▶ driver.commands ──▶ lamps
result ◀── outcome ◀── states ◀── driver.read ◀── the lamps' own state topics
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant.config import HouseholdConfig, SceneConfig
from assistant.errors import PayloadError
from assistant.messages import Hypothesis, Result
from assistant.mqtt import Incoming, Outgoing
from handlers import outcome, targets
from handlers.base import Description, Publish, Request
from handlers.drivers import Feature, Light, Message, build
from handlers.outcome import Outcome
from handlers.plan import Impossible, Lamp, Step, Unchanged, needs_state, plan, plan_scene, restored
from handlers.states import Known, States

log = logging.getLogger(__name__)

QOS = 1


@dataclass(frozen=True, slots=True)
class _Asked:
    """A lamp to which a command has gone."""

    light: Light
    before: Known
    halfway: float
    """When it is asked, if it has said nothing."""
    deadline: float


class LightHandler:
    """Acts on the domain `light`."""

    def __init__(self, household: HouseholdConfig, publish: Publish) -> None:
        """Raises ConfigurationError with the faults of the devices' options."""
        self._household = household
        self._publish = publish
        self._drivers = {name: build(name, device) for name, device in household.devices.items()}
        self._states = States(self._drivers)
        self._back: dict[str, Light] = {}
        """What undoes the last command."""
        self._listeners: dict[str, list[str]] = {}
        for name, driver in self._drivers.items():
            for topic in driver.subscriptions():
                self._listeners.setdefault(topic, []).append(name)

    def subscriptions(self) -> Sequence[str]:
        """Every topic on which one of the lamps tells its state."""
        return tuple(self._listeners)

    def received(self, message: Incoming) -> None:
        """Note what a lamp, or several on one topic, have told.

        Raises PayloadError where it is not what one of their drivers knows.
        """
        fault: PayloadError | None = None
        for name in self._listeners.get(message.topic, ()):
            try:
                report = self._drivers[name].read(message.topic, message.payload)
            except PayloadError as error:
                fault = error
            else:
                if report is not None:
                    self._states.note(name, report)
        if fault is not None:
            raise fault

    def connected(self) -> None:
        """Forget what the lamps said before the broker was away."""
        self._states.forget()

    def handle(self, request: Request) -> Result:
        """Do what was understood and return what the lamps report."""
        best = request.interpretation.best
        if best is None:
            return outcome.refusal(request.interpretation.id, "not-possible", household=self._household)
        if best.intent == "scene":
            return self._scene(request, best)
        if best.intent == "undo":
            return self._undo(request)
        return self._set(request, best)

    def _set(self, request: Request, best: Hypothesis) -> Result:
        found = targets.resolve(self._household, best.slots, room=request.room)
        if not found.devices:
            return outcome.refusal(request.interpretation.id, "no-such-device", household=self._household)
        if needs_state(best.intent, best.slots):
            self._learn(found.devices)
        steps = plan(best.intent, best.slots, self._lamps(found.devices))
        if steps is None:
            return outcome.refusal(request.interpretation.id, "not-possible", household=self._household)
        if found.everywhere and best.slots.get("confirmed") is not True:
            changed = [name for name, step in steps.items() if self._changes(name, step)]
            if len(changed) > self._household.dialogue.ask_above:
                return outcome.too_many(request.interpretation.id, len(changed), household=self._household)
        outcomes = self._perform(steps)
        return outcome.result(request.interpretation.id, outcomes, household=self._household, intent=best.intent)

    def _changes(self, name: str, step: Step) -> bool:
        return isinstance(step, Light) and not self._states[name].state.satisfies(step)

    def _undo(self, request: Request) -> Result:
        """Bring the lamps of the last command back to what they showed before it; once."""
        back, self._back = self._back, {}
        if not back:
            return outcome.refusal(
                request.interpretation.id, "not-possible", household=self._household, why="nothing-to-undo"
            )
        outcomes = self._perform(back)
        self._back = {}
        return outcome.result(request.interpretation.id, outcomes, household=self._household, intent="undo")

    def _scene(self, request: Request, best: Hypothesis) -> Result:
        scene = self._household.scenes.get(str(best.slots.get("scene")))
        if scene is None:
            return outcome.refusal(request.interpretation.id, "no-such-device", household=self._household)
        sent = self._call(scene)
        outcomes = self._perform(plan_scene(scene, self._lamps(name for name in scene.set if name in self._drivers)))
        return outcome.result(request.interpretation.id, outcomes, household=self._household, intent="scene", sent=sent)

    def _call(self, scene: SceneConfig) -> bool:
        """Publish a scene's own message, which nobody confirms; returns whether it has one."""
        if scene.topic is None:
            return False
        self._publish(Outgoing(scene.topic, (scene.payload or "").encode(), qos=QOS))
        return True

    def _lamps(self, names: Iterable[str]) -> dict[str, Lamp]:
        return {name: Lamp(self._features(name), self._states[name].state) for name in names}

    def _features(self, name: str) -> frozenset[Feature]:
        device = self._household.devices[name]
        return self._drivers[name].features & frozenset(device.features if device.kind == "light" else ())

    def _learn(self, names: Iterable[str]) -> None:
        """Ask the lamps whose state is unknown, and wait for it; what a lamp retained may be on its way too."""
        known = {name: self._states[name] for name in names}
        unknown = [name for name in known if known[name].state.on is None and known[name].available is not False]
        for name in unknown:
            self._send(name, self._drivers[name].query())
        timeout_ms = max((self._household.devices[name].timeout_ms for name in unknown), default=0)
        self._states.wait(
            lambda: all(self._states[name].state.on is not None for name in unknown),
            deadline=time.monotonic() + timeout_ms / 1000,
        )

    def _perform(self, steps: Mapping[str, Step]) -> dict[str, Outcome]:
        """Carry out the steps and return what became of every lamp, in the same order."""
        before = {name: self._states[name].state for name in steps}
        asked: dict[str, _Asked] = {}
        outcomes: dict[str, Outcome] = {}
        for name, step in steps.items():
            if isinstance(step, Light):
                settled = self._ask(name, step, asked)
                if settled is not None:
                    outcomes[name] = settled
            else:
                outcomes[name] = _without_asking(step)
        self._await(asked)
        outcomes |= {name: self._settle(name, item) for name, item in asked.items()}
        self._back = {
            name: restored(step, before[name], self._features(name))
            for name, step in steps.items()
            if isinstance(step, Light) and outcomes[name].kind in {"done", "sent"}
        }
        return {name: outcomes[name] for name in steps}

    def _ask(self, name: str, light: Light, asked: dict[str, _Asked]) -> Outcome | None:
        """Send a lamp its command; returns its outcome where there is nothing to wait for."""
        known = self._states[name]
        if known.available is False:
            return Outcome("no-answer")  # a lamp that obeys when its power returns startles people
        driver, device = self._drivers[name], self._household.devices[name]
        now, timeout_s = time.monotonic(), device.timeout_ms / 1000
        asked[name] = _Asked(light, known, halfway=now + timeout_s / 2, deadline=now + timeout_s)
        self._send(name, driver.commands(light))
        if device.driver == "generic" and device.options.get("confirms") is False:
            del asked[name]
            return Outcome("sent")
        return None

    def _await(self, asked: Mapping[str, _Asked]) -> None:
        """Wait until every lamp has obeyed or refused, or its time is over; ask the silent ones once in between."""
        questioned: set[str] = set()
        while waiting := [name for name, item in asked.items() if not self._settled(name, item)]:
            due = min(asked[name].deadline if name in questioned else asked[name].halfway for name in waiting)
            if self._states.wait(lambda: self._all_settled(asked), deadline=due):
                return
            for name in waiting:
                if name not in questioned and time.monotonic() >= asked[name].halfway:
                    questioned.add(name)
                    self._send(name, self._drivers[name].query())

    def _all_settled(self, asked: Mapping[str, _Asked]) -> bool:
        return all(self._settled(name, item) for name, item in asked.items())

    def _settled(self, name: str, item: _Asked) -> bool:
        known = self._states[name]
        if known.errors > item.before.errors or known.available is False:
            return True
        answered = known.reports > item.before.reports
        return (answered and known.state.satisfies(item.light)) or time.monotonic() >= item.deadline

    def _settle(self, name: str, item: _Asked) -> Outcome:
        known = self._states[name]
        if known.errors > item.before.errors:
            return Outcome("failed")
        if known.reports == item.before.reports:
            return Outcome("no-answer")
        return outcome.judge(name, asked=item.light, before=item.before.state, after=known.state)

    def _send(self, name: str, messages: Iterable[Message]) -> None:
        """Publish what a driver has written; not later than the lamp's answer would count."""
        expires = time.monotonic() + self._household.devices[name].timeout_ms / 1000
        for message in messages:
            body = message.payload.encode()
            self._publish(Outgoing(message.topic, body, qos=QOS, retained=message.retained, expires=expires))


def _without_asking(step: Unchanged | Impossible) -> Outcome:
    if isinstance(step, Unchanged):
        return Outcome("already-done")
    return Outcome("no-answer" if step.unknown_state else "not-possible")


HANDLER = Description(domains=("light",), build=LightHandler)
