"""The way of an utterance: heard, recognized, decided, published; and the way back of a result: said and shown.

    listening thread   utterance ──▶ recognizer ──▶ dialogue ──▶ intent or rejection, sounds, replies
    main thread        result, orders, time ──▶ dialogue ──▶ replies, questions
    speaking thread    a question has been said ──▶ the microphone opens for the answer

What is decided stands in `assistant.dialogue`; here it is only carried out.
"""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Protocol, cast

import numpy as np

from assistant.config import HouseholdConfig, Language
from assistant.dialogue import Dialogue, Expected, Hush, Listen, Naming, Play, Publish, Say, Steps, described
from assistant.listen import ListenerState
from assistant.messages import Interpretation, Result, Utterance
from assistant.mqtt import (
    AssistantState,
    CancelPayload,
    Client,
    HeardPayload,
    ReplyPayload,
    SayPayload,
    StatePayload,
)
from assistant.observe import Counters, give_back_memory
from assistant.recognizer import Attention, Recognizer
from assistant.rejoining import Rejoining
from assistant.reports import Reporter
from assistant.speak import EarconName
from assistant.traces import Trace, Traces

WAITS_S = 0.5
"""Silence after the wake word from which on the speaker is waiting for a sign: the sound for it closes the microphone,
so that whoever speaks on in one breath must not get it."""

COURTESY_S = 3.0
"""How long a sound or reply waits for somebody who is speaking: it would close the microphone to them."""


class Voice(Protocol):
    """What can be heard of the assistant: `assistant.speak.Speaker`."""

    @property
    def speaking(self) -> bool:
        """Whether something can be heard now."""

    def say(self, text: str, language: Language, *, on_done: Callable[[], None] | None = None) -> None:
        """Speak after what waits already."""

    def earcon(self, name: EarconName, *, on_done: Callable[[], None] | None = None) -> None:
        """Play a sound after what waits already."""

    def stop(self) -> None:
        """Be silent at once."""


class Ears(Protocol):
    """What can be told to the listener: `assistant.listen.Listener`."""

    def open_window(self, window_ms: int | None = None) -> None:
        """Take what is said now, as after the wake word."""

    def cancel(self) -> None:
        """Forget what is being said."""

    @property
    def hears(self) -> bool:
        """Whether somebody is speaking now."""


class Beyond(Protocol):
    """Who is asked about what cannot be understood or done here: `assistant.fallback.Fallback`."""

    @property
    def busy(self) -> bool:
        """Whether something that was said is with somebody else now."""

    def take(self, config: HouseholdConfig, recognizer: Recognizer) -> None:
        """Go on with another household."""

    def asks(self, utterance: Utterance, interpretation: Interpretation, *, expected: Expected | None) -> bool:
        """Take an utterance over; it comes back by `Conversation.answered`."""

    def takes(self, interpretation: Interpretation, *, session: str | None) -> bool:
        """Take an intent over instead of its being published."""

    def tick(self) -> None:
        """Let time pass."""


class Conversation:
    """Takes utterances, results and orders from any thread, one at a time."""

    def __init__(
        self,
        config: HouseholdConfig,
        recognizer: Recognizer,
        *,
        client: Client,
        voice: Voice,
        traces: Traces,
        reporter: Reporter,
        counters: Counters,
    ) -> None:
        self._client, self._voice, self._traces = client, voice, traces
        self._reporter, self._counters = reporter, counters
        self._ears: Ears | None = None
        self._beyond: Beyond | None = None
        self._lock = threading.RLock()  # guards everything below: what was decided is carried out before the next
        self._listening: ListenerState = "idle"
        self._sign_at = math.inf
        """When to let it be heard that we listen; monotonic."""
        self._to_open: object | None = None
        """Stands for what is to be heard before the microphone opens; None where it does not."""
        self._unheard: list[Callable[[], None]] = []
        """Sounds and replies that wait for the end of what somebody is saying."""
        self._unheard_until = math.inf
        self._state: StatePayload | None = None
        self._language: Language = config.languages[0]
        """The last one that was understood."""
        self.last_heard: datetime | None = None
        """When the last utterance began; set by the listening thread only."""
        self._take(config, recognizer)

    def attach(self, ears: Ears) -> None:
        """Say whom to tell when to listen."""
        self._ears = ears

    def fall_back_on(self, beyond: Beyond) -> None:
        """Say whom to ask about what is not understood here."""
        self._beyond = beyond

    @contextmanager
    def handover(self, config: HouseholdConfig, recognizer: Recognizer | None) -> Iterator[None]:
        """Take over another household at the end, while nothing is published: no command falls between the two."""
        with self._lock:
            yield
            if recognizer is not None:
                self._perform(self._dialogue.cancel())
                self._take(config, recognizer)
                self._tell_state()

    # From the listening thread:

    def heard(self, utterance: Utterance) -> None:
        """Understand what was heard, and act on it."""
        with self._lock:
            config, rejoining, expected = self._config, self._rejoining, self._dialogue.expected
        self.last_heard = utterance.started
        self._counters.add("utterances")
        self._reporter.heard(utterance)
        self._client.publish(HeardPayload.of(utterance, site=config.site, room=config.room))
        started = time.monotonic()
        try:
            interpretation = rejoining.recognize(utterance, expected=expected)
        except Exception:
            self._counters.add("interpretations_failed")
            raise
        self._counters.took("interpretation", (time.monotonic() - started) * 1000)
        self._counters.add("accepted" if interpretation.accepted else "rejected")
        with self._lock:
            if self._beyond is not None and self._beyond.asks(utterance, interpretation, expected=expected):
                self._tell_state()
            else:
                self._decide(utterance, interpretation)
        give_back_memory()  # which takes some milliseconds, when all is done

    def follow(self, samples: np.ndarray) -> None:
        """Hear what was said so far, (samples,) int16."""
        self._attention().follow(samples)

    def pause_ms(self, samples: np.ndarray) -> int:
        """Return how much silence ends what was said so far, (samples,) int16."""
        return self._attention().pause_ms(samples)

    def _attention(self) -> Attention:
        with self._lock:
            return Attention(self._recognizer, self._config.listen, self._dialogue.expected)

    def listener_state(self, state: ListenerState) -> None:
        """Note what the listener does."""
        with self._lock:
            woken = state == "listening" and self._listening != state and self._config.wake.engine != "none"
            self._sign_at = time.monotonic() + WAITS_S if woken and self._dialogue.expected is None else math.inf
            if woken and self._voice.speaking:
                self._voice.stop()  # the wake word is heard through our own voice where its echo is cancelled
            self._listening = state
            self._tell_state()

    # From the speaking thread:

    def speaking(self) -> None:
        """Note that the voice begins or ends."""
        with self._lock:
            self._tell_state()

    # From the threads that ask others:

    def answered(self, utterance: Utterance, interpretation: Interpretation, *, steps: Steps | None = None) -> None:
        """Decide on an utterance that was with somebody else; with `steps`, carry out these instead."""
        with self._lock:
            self._decide(utterance, interpretation, steps=steps)

    def perform(self, steps: Steps) -> None:
        """Carry out what was decided elsewhere."""
        with self._lock:
            self._perform(steps)
            self._tell_state()

    # From the main thread:

    def result(self, result: Result) -> None:
        """Tell the user what a handler did, or ask what it must know."""
        with self._lock:
            steps = self._dialogue.result(result)
            self._traces.answered(result, described(steps))
            self._perform(steps)

    def say(self, payload: SayPayload) -> None:
        """Say what somebody else wants said."""
        with self._lock:
            language = payload.language or self._language
            said = Say(payload.text, language, payload.id)
            self._perform((said, Listen(self._config.dialogue.timeout_ms)) if payload.listen else (said,))
        self._reporter.says(payload.text)

    def cancel(self, payload: CancelPayload) -> None:
        """Stop asking, speaking and listening."""
        with self._lock:
            steps = self._dialogue.cancel(payload.session)
            self._perform(steps)
        if self._ears is not None and steps:
            self._ears.cancel()

    def listen(self, window_ms: int | None) -> None:
        """Listen now, and be silent for it."""
        self._voice.stop()
        if self._ears is not None:
            self._ears.open_window(window_ms)

    def tick(self) -> None:
        """Let time pass; several times a second at best."""
        with self._lock:
            self._perform(self._dialogue.tick())
            self._let_hear()
            if time.monotonic() >= self._sign_at:
                self._sign_at = math.inf
                if not self._interrupted:
                    self._voice.earcon("listening")
            self._traces.save()
        if self._beyond is not None:
            self._beyond.tick()

    # With the lock held:

    def _take(self, config: HouseholdConfig, recognizer: Recognizer) -> None:
        self._config, self._recognizer = config, recognizer
        self._rejoining = Rejoining(recognizer)
        self._dialogue = Dialogue(
            config.dialogue,
            clock=time.monotonic,
            new_id=lambda: str(uuid.uuid4()),
            naming=Naming.of(config),
            domains=config.packs_in_use,
        )
        if self._beyond is not None:
            self._beyond.take(config, recognizer)

    def _decide(self, utterance: Utterance, interpretation: Interpretation, *, steps: Steps | None = None) -> None:
        if interpretation.accepted and self._voice.speaking:
            self._voice.stop()  # somebody who is heard through our own voice has interrupted us
        self._to_open = None
        session = self._dialogue.session
        if steps is None:
            steps = self._dialogue.heard(interpretation, addressed=utterance.wake != "none")
        self._perform(steps)
        self._reporter.interpreted(interpretation)
        if interpretation.accepted and interpretation.best is not None:
            self._language = cast("Language", interpretation.best.language)
        best = interpretation.best
        self._traces.add(
            Trace.of(
                utterance,
                interpretation,
                threshold=self._recognizer.threshold(best.domain, best.intent) if best else self._config.threshold,
                session=self._dialogue.session or session,
                decision=described(steps),
            )
        )

    def _perform(self, steps: Steps) -> None:
        """Carry out what was decided, in order; what follows a sound waits for its end."""
        if not steps:
            return
        if (expected := self._dialogue.expected) is not None:
            self._recognizer.expect(expected)
        last_sound = max((index for index, step in enumerate(steps) if isinstance(step, Say | Play)), default=-1)
        window_ms = next((step.window_ms for step in steps if isinstance(step, Listen)), None)
        for index, step in enumerate(steps):
            on_done = self._opening(window_ms) if index == last_sound and window_ms is not None else None
            match step:
                case Publish(interpretation, session) if self._beyond is None or not self._beyond.takes(
                    interpretation, session=session
                ):
                    self._client.publish_interpretation(interpretation, session=session)
                case Say():
                    self._say(step, on_done)
                case Play(earcon):
                    self._sound(partial(self._voice.earcon, earcon, on_done=on_done))
                case Hush():
                    self._to_open = None
                    self._unheard.clear()
                    self._voice.stop()
                case Listen() if last_sound < 0:
                    self._opening(step.window_ms)()
        self._tell_state()

    def _say(self, step: Say, on_done: Callable[[], None] | None) -> None:
        self._client.publish(
            ReplyPayload(
                id=step.id,
                site=self._config.site,
                room=self._config.room,
                text=step.text,
                language=step.language,
            )
        )
        self._sound(partial(self._voice.say, step.text, cast("Language", step.language), on_done=on_done))

    @property
    def _interrupted(self) -> bool:
        """Whether a sound of ours would cut off what somebody is saying."""
        return self._ears is not None and self._ears.hears and self._config.replies.echo == "half-duplex"

    def _sound(self, begin: Callable[[], None]) -> None:
        """Let something be heard, as soon as nobody is cut off by it."""
        if not self._unheard:
            self._unheard_until = time.monotonic() + COURTESY_S
        self._unheard.append(begin)
        self._let_hear()

    def _let_hear(self) -> None:
        if self._interrupted and time.monotonic() < self._unheard_until:
            return
        waiting, self._unheard = self._unheard, []
        for begin in waiting:
            begin()

    def _opening(self, window_ms: int) -> Callable[[], None]:
        """What opens the microphone for what may follow now."""
        token = self._to_open = object()

        def open_microphone() -> None:
            with self._lock:
                if self._to_open is not token:  # stopped, or something else has been said since
                    return
                self._dialogue.asked_aloud()
            # Without a wake word it is always open.
            if self._ears is not None and self._config.wake.engine != "none":
                self._ears.open_window(window_ms)

        return open_microphone

    def _tell_state(self) -> None:
        """Publish what the assistant does, where that has changed."""
        asking = self._dialogue.expected is not None
        state: AssistantState = self._listening
        if state not in {"muted", "interpreting"}:
            state = "speaking" if self._voice.speaking else "asking" if asking else state
        told = StatePayload(
            state=state,
            session=self._dialogue.session if state in {"asking", "speaking"} else None,
            cloud=self._beyond is not None and self._beyond.busy,
        )
        if told != self._state:
            self._state = told
            self._client.publish(told)
