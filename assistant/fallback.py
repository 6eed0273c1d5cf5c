"""What the device rejected, or cannot do alone, on its way to the provider and back.

    conversation ──Ask──▶ thread "cloud" ──▶ provider ──answer──▶ conversation: decided as if it had just been heard
                                            └─away──▶ outbox, where it may wait; else decided as it was

Every utterance that goes this way comes back once: by the answer, by its deadline (`tick`), or because something later
was understood meanwhile.  What answers after that is dropped.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, Self

from assistant.cloud import (
    OUTBOX,
    Answer,
    Done,
    Entry,
    Link,
    Meaning,
    NotUnderstood,
    Outbox,
    Query,
    pcm_of,
    policy,
    wording,
)
from assistant.config import HouseholdConfig
from assistant.dialogue import Expected, Publish, Say, Steps
from assistant.errors import CloudContentError, CloudError, CloudRefusedError, StateError
from assistant.messages import Interpretation, Utterance
from assistant.mqtt import Client, ResultPayload
from assistant.observe import Counters
from assistant.recognizer import Recognizer
from assistant.secondhand import hints, interpreted
from assistant.state import state_path
from assistant.waiting import Waiting

log = logging.getLogger(__name__)

MOST_ASKED = 4
"""Utterances that are with the provider or wait for it; more are decided without it."""
MARGIN_S = 0.5
"""What an answer's last steps may take after its deadline."""
STOP_S = 1.0


class Decides(Protocol):
    """Who acts on what was understood: `assistant.conversation.Conversation`."""

    def answered(self, utterance: Utterance, interpretation: Interpretation, *, steps: Steps | None = None) -> None:
        """Decide on an utterance that was with somebody else; with `steps`, carry out these instead."""

    def perform(self, steps: Steps) -> None:
        """Carry out what was decided elsewhere."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that is with the provider."""

    query: Query
    interpretation: Interpretation
    deadline: float
    """Monotonic seconds."""
    utterance: Utterance | None = None
    """What was rejected; None for an intent that needs the provider."""
    session: str | None = None


def fallback_of(
    config: HouseholdConfig,
    recognizer: Recognizer,
    *,
    conversation: Decides,
    client: Client,
    counters: Counters,
) -> Fallback:
    """Return the way to a household's provider, which is not "none".

    Raises ConfigurationError where its token or httpx is missing.
    """
    outbox = Outbox(state_path(config, OUTBOX), config.cloud.outbox)
    return Fallback(
        config,
        recognizer,
        link=Link(config.cloud),
        outbox=outbox,
        conversation=conversation,
        client=client,
        counters=counters,
    )


class Fallback:
    """The household's way to its provider, as a context manager."""

    def __init__(
        self,
        config: HouseholdConfig,
        recognizer: Recognizer,
        *,
        link: Link,
        outbox: Outbox,
        conversation: Decides,
        client: Client,
        counters: Counters,
    ) -> None:
        self._link, self._outbox = link, outbox
        self._conversation, self._client, self._counters = conversation, client, counters
        self._asks: queue.Queue[Ask | None] = queue.Queue(MOST_ASKED + 1)
        self._lock = threading.Lock()  # guards what is asked
        self._asked: dict[str, Ask] = {}
        self._refused = ""
        """Why the provider wants none of us, told once."""
        self._worker = threading.Thread(target=self._run, name="cloud", daemon=True)
        self._waiting = Waiting(
            config, recognizer, link=link, outbox=outbox, conversation=conversation, client=client, counters=counters
        )
        self.take(config, recognizer)

    def __enter__(self) -> Self:
        self._worker.start()
        self._waiting.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._asked.clear()
        self._link.__exit__()
        # Nobody puts more in: what is there is decided by nobody any more, and the thread passes over it.
        with suppress(queue.Empty):
            while True:
                self._asks.get_nowait()
        self._asks.put(None)
        self._worker.join(STOP_S)
        self._waiting.stop()
        self._outbox.__exit__()

    def take(self, config: HouseholdConfig, recognizer: Recognizer) -> None:
        """Go on with other sentences and names."""
        self._config, self._recognizer, self._hints = config, recognizer, hints(config)
        self._waiting.take(config, recognizer)

    @property
    def busy(self) -> bool:
        """Whether something that was said is with the provider now."""
        with self._lock:
            return bool(self._asked)

    # From the conversation, with its lock held.

    def asks(self, utterance: Utterance, interpretation: Interpretation, *, expected: Expected | None) -> bool:
        """Take a rejected utterance to the provider, where the household wants that; it is decided later then.

        An utterance that was understood overtakes those that were not.
        """
        if interpretation.accepted:
            self._overtake()
            return False
        # Answers to a question are short, and whoever asked waits for them.
        if expected is not None or not policy.is_sent(self._config.cloud, utterance, interpretation):
            return False
        pcm = pcm_of(utterance.samples) if self._link.takes_sound else None
        text = interpretation.heard
        if pcm is None and not text:
            return False
        return self._ask(self._query(interpretation, text=text, pcm=pcm), interpretation, utterance=utterance)

    def takes(self, interpretation: Interpretation, *, session: str | None) -> bool:
        """Take an intent that only the provider can do; it is not published then."""
        best = interpretation.best
        if best is None or not interpretation.accepted or interpretation.source == "cloud":
            return False
        meaning = Meaning(best.domain, best.intent, best.slots)
        if not policy.is_needed(self._config.cloud, meaning):
            return False
        query = self._query(interpretation, text=best.text, meaning=meaning)
        if not self._ask(query, interpretation, session=session):
            self._tell(interpretation.id, "no-connection", wording.NO_CONNECTION)
        return True

    def tick(self) -> None:
        """Give up what has not been answered in time; without the conversation's lock."""
        now = time.monotonic()
        with self._lock:
            late = [ask for ask in self._asked.values() if now > ask.deadline + MARGIN_S]
        for ask in late:
            if self._claim(ask):
                self._away(ask)

    def _overtake(self) -> None:
        with self._lock:
            overtaken = [ask for ask in self._asked.values() if ask.utterance is not None]
        for ask in overtaken:
            if self._claim(ask) and ask.utterance is not None:
                self._counters.add("cloud_overtaken")
                self._conversation.answered(ask.utterance, ask.interpretation, steps=(Publish(ask.interpretation),))

    def _query(
        self, interpretation: Interpretation, *, text: str, meaning: Meaning | None = None, pcm: bytes | None = None
    ) -> Query:
        config, best = self._config, interpretation.best
        return Query(
            id=interpretation.id,
            time=interpretation.time,
            site=config.site,
            room=config.room,
            language=best.language if best else config.languages[0],
            languages=tuple(config.languages),
            text=text,
            meaning=meaning,
            reason=interpretation.reason,
            pcm=pcm,
            hints=self._hints,
        )

    def _ask(
        self,
        query: Query,
        interpretation: Interpretation,
        *,
        utterance: Utterance | None = None,
        session: str | None = None,
    ) -> bool:
        within_s = min(self._config.cloud.timeout_ms / 1000, self._config.mqtt.expiry_s)
        ask = Ask(query, interpretation, time.monotonic() + within_s, utterance=utterance, session=session)
        with self._lock:
            # The queue fills while the thread waits for a provider that has been given up already.
            if len(self._asked) >= MOST_ASKED or self._asks.full():
                self._counters.add("cloud_dropped")
                return False
            self._asked[query.id] = ask
            self._asks.put_nowait(ask)
        self._counters.add("cloud_asked")
        return True

    # The cloud's thread.

    def _run(self) -> None:
        while (ask := self._asks.get()) is not None:
            try:
                self._attend(ask)
            except Exception:
                log.exception("the cloud's answer to %s could not be used", ask.query.id)
                self._counters.add("cloud_failed")
                if self._claim(ask):
                    self._away(ask)

    def _attend(self, ask: Ask) -> None:
        with self._lock:
            if ask.query.id not in self._asked:
                return  # decided while it stood in the queue: it need not leave the house
        answer: Answer | None
        try:
            answer = self._link.ask(ask.query, deadline=ask.deadline)
        except CloudContentError as error:
            log.warning("%s: %s", ask.query.id, error)
            answer = NotUnderstood()
        except CloudError as error:
            self._note(error)
            answer = None
        if not self._claim(ask):
            self._counters.add("cloud_late")
            log.info("%s: the cloud answered too late, dropped", ask.query.id)
        elif answer is None:
            self._away(ask)
        else:
            self._counters.add("cloud_answered")
            self._waiting.wake()
            self._use(ask, answer)

    def _note(self, error: CloudError) -> None:
        self._counters.add("cloud_away")
        if isinstance(error, CloudRefusedError) and str(error) != self._refused:
            self._refused = str(error)
            log.warning("cloud: %s", error)
        else:
            log.info("cloud: %s", error)

    def _claim(self, ask: Ask) -> bool:
        """Whether nobody has decided it meanwhile; whoever gets True does."""
        with self._lock:
            return self._asked.pop(ask.query.id, None) is not None

    def _use(self, ask: Ask, answer: Answer) -> None:
        heard = interpreted(
            answer,
            ask.query,
            before=ask.interpretation,
            recognizer=self._recognizer,
            languages=self._config.languages,
        )
        if ask.utterance is not None:
            self._conversation.answered(ask.utterance, heard)
        elif heard.source == "cloud" and heard.accepted:
            self._conversation.perform((Publish(heard, ask.session),))
        else:
            self._tell(ask.query.id, "not-possible", wording.NOT_POSSIBLE)
        if isinstance(answer, Done):
            code = "done" if answer.ok else "failed"
            text = {ask.query.language: answer.reply} if answer.reply else {} if answer.ok else wording.NOT_POSSIBLE
            self._tell(ask.query.id, code, text)

    def _away(self, ask: Ask) -> None:
        """Decide without the provider: keep it, or let it be."""
        if ask.utterance is None:
            self._tell(ask.query.id, *self._keep(ask))
            self._conversation.perform(())
            return
        steps: Steps | None = None
        if self._config.cloud.outbox.audio and ask.query.pcm is not None:
            code, text = self._keep(ask)
            language = ask.query.language
            steps = (Publish(ask.interpretation), Say(text[language], language, ask.query.id))
            self._tell(ask.query.id, code, {})
        self._conversation.answered(ask.utterance, ask.interpretation, steps=steps)

    def _keep(self, ask: Ask) -> tuple[str, Mapping[str, str]]:
        """Put into the outbox what may wait; returns the code and words that tell what became of it."""
        query, cloud = ask.query, self._config.cloud
        left_s = policy.wait_s(cloud, query.meaning) if query.meaning else float(cloud.outbox.audio_wait_s)
        if not left_s:
            return "no-connection", wording.NO_CONNECTION
        entry = Entry(
            query.id, query.time, query.room, query.language, query.text, query.meaning, query.reason, query.pcm, left_s
        )
        try:
            kept = self._outbox.put(entry)
        except StateError as error:
            log.error("%s", error)
            return "not-kept", wording.NOT_KEPT
        if not kept:
            self._counters.add("outbox_full")
            return "not-kept", wording.FULL
        self._counters.add("outbox_kept")
        self._waiting.wake()
        return "waiting", wording.WAITS

    def _tell(self, utterance_id: str, code: str, text: Mapping[str, str]) -> None:
        self._client.publish_result(
            ResultPayload(id=utterance_id, ok=code == "done", code=code, text=dict(text), handler="cloud")
        )
