"""The media handler: plays, pauses, skips, sets volumes, and tells what the players themselves report."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from assistant.config import HouseholdConfig
from assistant.errors import PayloadError
from assistant.messages import Hypothesis, Result
from assistant.mqtt import Incoming, StatePayload
from assistant.mqtt.topics import STATE, STATUS, matches
from assistant.state import StateFile
from handlers import players as drivers
from handlers.base import Description, Publish, Request
from handlers.media import outcome
from handlers.media.ducking import Ducking
from handlers.media.library import Libraries
from handlers.media.outcome import Outcome
from handlers.media.plan import (
    INTENTS,
    Asked,
    Step,
    Unchanged,
    action_of,
    item_named,
    plan,
    restoring,
)
from handlers.media.player import GRACE_S, Player
from handlers.media.targets import STARTING, TELEVISION, Candidates, View, choose, loudspeakers, resolve
from handlers.media.worker import outcome_of
from handlers.players import Command, PlayerError, PlayerState, Wiring

log = logging.getLogger(__name__)

UNDOABLE = frozenset({"volume", "volume_up", "volume_down", "mute", "unmute", "shuffle", "repeat"})
ASKED = STARTING | TELEVISION | {"volume", "volume_up", "volume_down", "mute", "unmute"}
"""Intents for which it is asked which of several players is meant; any other is for those that play."""
QUIET = frozenset({"listening", "interpreting", "asking", "speaking"})
"""States of the assistant in which players are low."""

Item = Mapping[str, Command]
"""What is to be played, in the words of each player that has it."""


@dataclass(frozen=True, slots=True)
class _Order:
    """An intent while it is carried out."""

    request: Request
    best: Hypothesis
    items: Item | None
    """None where nothing was named."""

    @property
    def id(self) -> str:
        return self.request.interpretation.id


class MediaHandler:
    """Acts on the domain `media`."""

    def __init__(self, household: HouseholdConfig, publish: Publish) -> None:
        """Raises ConfigurationError with the faults of the players' options."""
        self._household = household
        self._libraries = Libraries(household.site, household.media, publish)
        self._players: dict[str, Player] = {}
        for name, config in household.players.items():
            changed = threading.Event()
            wiring = Wiring(notify=self._notify(name, changed), publish=publish)
            self._players[name] = Player(name, config, drivers.build(name, config, wiring), changed)
        file = StateFile.of(household, "media")
        self._ducking = Ducking(self._players, file=file, percent=household.media.duck_percent)
        self._listeners: dict[str, list[str]] = {}
        for name, player in self._players.items():
            for topic in player.driver.subscriptions():
                self._listeners.setdefault(topic, []).append(name)
        self._sites: dict[str, str] = {}  # the network thread's: what each site does
        self._undo: dict[str, PlayerState] = {}
        """What the last command found, by player; empty where it cannot be undone."""
        self._before_mute: dict[str, int] = {}

    def __enter__(self) -> Self:
        for player in self._players.values():
            player.start()
        self._ducking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ducking.close()
        for player in self._players.values():
            player.close()

    def subscriptions(self) -> Sequence[str]:
        """What every assistant does, and the topics on which players tell their state."""
        return (STATE.filter(), STATUS.filter(), *self._listeners)

    def received(self, message: Incoming) -> None:
        """Note what a player has told, or what an assistant does.

        Raises PayloadError where it is not what the topic carries.
        """
        if (site := STATE.parts(message.topic)) is not None:
            self._site_does(site["site"], StatePayload.from_bytes(message.payload, topic=message.topic).state)
        elif (site := STATUS.parts(message.topic)) is not None and message.payload == b"offline":
            self._site_does(site["site"], "idle")
        fault: PayloadError | None = None
        for topic, names in self._listeners.items():
            for name in names if matches(topic, message.topic) else ():
                try:
                    self._players[name].driver.received(message)
                except PayloadError as error:
                    fault = error
        if fault is not None:
            raise fault

    def connected(self) -> None:
        """Publish the catalogs again, and let the players that speak MQTT begin anew."""
        self._libraries.publish_again()
        for player in self._players.values():
            player.driver.connected()

    def handle(self, request: Request) -> Result:
        """Do what was understood and return what the players report."""
        best = request.interpretation.best
        if best is None or best.intent not in INTENTS:
            return outcome.refusal(request.interpretation.id, "not-possible", "no-sense", household=self._household)
        if best.intent == "undo":
            return self._undone(request.interpretation.id)
        order = _Order(request, best, self._items(best))
        if order.items is not None and not order.items:
            return outcome.refusal(order.id, "not-possible", "no-item", household=self._household)
        candidates = resolve(self._household, best.slots, room=request.room)
        if not candidates.players:
            return outcome.refusal(order.id, "no-such-device", "no-player", household=self._household)
        chosen, unsure = self._choose(order, candidates)
        if unsure:
            return outcome.which(order.id, chosen, household=self._household)
        return self._carry_out(order, loudspeakers(best.intent, chosen, household=self._household))

    # Which players.

    def _items(self, best: Hypothesis) -> Item | None:
        """What is to be played or tuned in, for each player that can; None where nothing was named."""
        channel = best.slots.get("channel") if best.intent == "channel" else None
        if isinstance(channel, (int, float)):
            return {name: Command("channel", round(channel)) for name in self._players}
        named = ("channel", channel) if isinstance(channel, str) else item_named(best.slots)
        if named is None or best.intent not in {"play", "channel"}:
            return None
        kind, value = named
        artists: dict[str, str] = {}
        if kind in {"album", "title"} and "artist" in best.slots:
            artists = {copy.player: copy.value for copy in self._libraries.copies("artist", str(best.slots["artist"]))}
        return {
            copy.player: Command(kind, copy.value, artist=artists.get(copy.player))  # type: ignore[arg-type]
            for copy in self._libraries.copies(kind, value)
        }

    def _choose(self, order: _Order, candidates: Candidates) -> tuple[tuple[str, ...], bool]:
        """The players that are meant, and whether it must be asked which of them."""
        having = order.items
        if having is not None and not candidates.placed and not having.keys() & set(candidates.players):
            # What only another room's player has is played there.
            candidates = Candidates(tuple(having), unsure=len(having) > 1)
        views = self._views(order, candidates)
        chosen = choose(order.best.intent, candidates, views, household=self._household)
        return chosen, candidates.unsure and len(chosen) > 1 and order.best.intent in ASKED

    def _views(self, order: _Order, candidates: Candidates) -> dict[str, View]:
        actions = action_of(order.best.intent, order.best.slots)
        alone = candidates.named or len(candidates.players) == 1
        states = {} if alone else self._states(candidates.players)
        return {
            name: View(
                able=(not actions or bool(self._players[name].driver.features & actions))
                and (order.items is None or name in order.items),
                state=states.get(name),
            )
            for name in candidates.players
        }

    def _states(self, names: Sequence[str]) -> dict[str, PlayerState]:
        """The states of those that answer, all asked at once."""
        found: dict[str, PlayerState] = {}
        self._together(names, lambda player: found.__setitem__(player.name, player.driver.state()))
        return found

    # Doing it.

    def _carry_out(self, order: _Order, names: Sequence[str]) -> Result:
        intent = order.best.intent
        outcomes = self._together(names, lambda player: self._act(order, player))
        self._undo = {name: one.before for name, one in outcomes.items() if intent in UNDOABLE and one.kind == "done"}
        if intent == "mute":
            volumes = {name: before.volume for name, before in self._undo.items() if before.volume}
            self._before_mute |= volumes
        return outcome.result(order.id, outcomes, intent=intent, household=self._household)

    def _act(self, order: _Order, player: Player) -> Outcome:
        """On the player's thread."""
        deadline = time.monotonic() + player.timeout_s
        state = self._ducking.as_before(player.name, player.driver.state())
        if order.best.intent == "what":
            return Outcome("done", state, state)
        asked = Asked(
            order.best.intent,
            order.best.slots,
            features=player.driver.features,
            volume_step=self._household.media.volume_step,
            item=(order.items or {}).get(player.name),
            volume_before_mute=self._before_mute.get(player.name),
        )
        return self._step(player, plan(asked, state), before=state, deadline=deadline)

    def _step(self, player: Player, step: object, *, before: PlayerState, deadline: float) -> Outcome:
        if not isinstance(step, Step):
            return Outcome("already-done" if isinstance(step, Unchanged) else "not-possible", before, before)
        done = player.carry_out(step, before=before, deadline=deadline)
        if any(command.action == "volume" for command in step.commands):
            self._ducking.forget(player.name)
        return replace(done, after=self._ducking.as_before(player.name, done.after))

    def _undone(self, request_id: str) -> Result:
        before, self._undo = self._undo, {}
        if not before:
            return outcome.refusal(request_id, "not-possible", "nothing-to-undo", household=self._household)

        def undo(player: Player) -> Outcome:
            deadline = time.monotonic() + player.timeout_s
            now = self._ducking.as_before(player.name, player.driver.state())
            step = restoring(before[player.name], now, player.driver.features)
            return self._step(player, step, before=now, deadline=deadline)

        outcomes = self._together(list(before), undo)
        return outcome.result(request_id, outcomes, intent="undo", household=self._household)

    def _together(self, names: Sequence[str], act: Callable[[Player], Outcome | None]) -> dict[str, Outcome]:
        """Let players act at the same time, each on its thread, and return what became of them."""
        began = time.monotonic()
        limits = {name: began + self._players[name].timeout_s + GRACE_S for name in names}
        futures = {name: self._submit(name, act, deadline=limits[name]) for name in names}
        outcomes: dict[str, Outcome] = {}
        for name, future in futures.items():
            try:
                found = outcome_of(future, deadline=limits[name])
            except PlayerError as error:
                log.warning("player %s: %s", name, error)
                found = outcome.of_error(error)
            except Exception:  # the border to a driver
                log.exception("player %s failed", name)
                found = Outcome("failed")
            if found is not None:
                outcomes[name] = found
        return outcomes

    def _submit(self, name: str, act: Callable[[Player], Outcome | None], *, deadline: float) -> Future[Any]:
        player = self._players[name]
        return player.worker.submit(lambda: act(player), deadline=deadline)

    # What is told from outside.

    def _notify(self, name: str, changed: threading.Event) -> Callable[[Literal["state", "library"]], None]:
        def notify(what: Literal["state", "library"]) -> None:
            if what == "library":
                self._libraries.read_soon(self._players[name])
            changed.set()
            self._ducking.look_again(name)

        return notify

    def _site_does(self, site: str, state: str) -> None:
        """Keep low what plays around every assistant that listens or speaks."""
        if self._household.media.duck_percent == 100:
            return
        self._sites[site] = state
        rooms = [self._room(site) for site, state in self._sites.items() if state in QUIET]
        self._ducking.keep_quiet(
            {
                name
                for name, player in self._players.items()
                if any(known and (room is None or player.config.room in {room, None}) for room, known in rooms)
            }
        )

    def _room(self, site: str) -> tuple[str | None, bool]:
        """The room of a site, None where all are in earshot, and whether the site is one of this house.

        Another site's room is not known here, but a site is often called as its room is.
        """
        if site == self._household.site:
            return self._household.room, True
        return site, site in self._household.rooms


HANDLER = Description(domains=("media",), build=MediaHandler)
