"""The outbox's thread: sends what waits, in order and once, when the provider answers again; tells what has expired.

An entry is taken out of the file before its answer is acted on: after a power cut between the two it is lost rather
than done twice.  A power cut before that lets it be sent again, under the same idempotency key.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from assistant.cloud import Answer, Done, Entry, Link, Meaning, NotUnderstood, Outbox, Query, policy, wording
from assistant.config import HouseholdConfig
from assistant.dialogue import Publish, Say
from assistant.errors import CloudContentError, CloudError, CloudRefusedError, StateError
from assistant.messages import Interpretation
from assistant.mqtt import Client, ResultPayload
from assistant.observe import Counters
from assistant.recognizer import Recognizer
from assistant.secondhand import hints, interpreted

if TYPE_CHECKING:
    from assistant.fallback import Decides

log = logging.getLogger(__name__)

COUNT_S = 60.0
"""How often the time of what waits is counted and written down, and a provider that refuses us is asked again."""
PATIENCE_S = 30.0
"""How long an answer is waited for: nobody stands there and listens."""
AGAIN_S = 5.0
"""Pause after a provider that did not answer, before it is left alone for longer."""
STOP_S = 2.0


class Waiting:
    """Empties the outbox of one household."""

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
        self._news = threading.Event()
        self._stopping = False
        self._complained = ""
        self._answered: tuple[Entry, Query, Answer] | None = None
        """What the provider has answered, and the disk does not let go of."""
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self.take(config, recognizer)

    def take(self, config: HouseholdConfig, recognizer: Recognizer) -> None:
        """Go on with other sentences."""
        self._config, self._recognizer, self._hints = config, recognizer, hints(config)

    def start(self) -> None:
        """Begin with what an earlier run has left."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being sent, which the link's end cuts short."""
        self._stopping = True
        self._news.set()
        self._thread.join(STOP_S)

    def wake(self) -> None:
        """Look at the outbox: there is something new, or the provider has answered."""
        self._news.set()

    def _run(self) -> None:
        while True:
            self._news.clear()
            if self._stopping:
                return
            pause_s = COUNT_S
            try:
                pause_s = self._look()
            except StateError as error:
                self._complain(str(error))
            except Exception:
                log.exception("outbox")
                self._counters.add("outbox_failed")
            self._news.wait(pause_s)

    def _complain(self, what: str) -> None:
        """Log what the user can mend, once."""
        if what != self._complained:
            self._complained = what
            log.warning("%s", what)

    def _look(self) -> float:
        """Send the next entry; returns how long to wait then.

        Raises StateError where the disk does not take what has changed.
        """
        if self._answered is not None:
            self._finish(*self._answered)
        for late in self._outbox.expired():
            self._expire(late)
        entry = self._outbox.first()
        if entry is None:
            return COUNT_S
        if (wait_s := self._link.wait_s) > 0:
            return min(wait_s, COUNT_S)
        query = self._query(entry)
        try:
            answer = self._link.ask(query, deadline=time.monotonic() + PATIENCE_S)
        except CloudContentError as error:
            log.warning("%s: %s", entry.id, error)
            answer = NotUnderstood()
        except CloudRefusedError as error:
            self._complain(f"cloud: {error}; what waits is sent when that is mended")
            return COUNT_S
        except CloudError as error:
            log.info("cloud: %s", error)
            return AGAIN_S
        self._complained = ""
        self._finish(entry, query, answer)
        return 0.0

    def _finish(self, entry: Entry, query: Query, answer: Answer) -> None:
        """Take an entry out and act on its answer; while the disk refuses, it is not sent again.

        Raises StateError.
        """
        self._answered = (entry, query, answer)
        removed = self._outbox.remove(entry.id)
        self._answered = None
        if not removed:
            log.info("%s was purged while it was being sent", entry.id)
            return
        self._counters.add("outbox_sent")
        self._use(entry, query, answer)

    def _query(self, entry: Entry) -> Query:
        config = self._config
        return Query(
            id=entry.id,
            time=entry.said,
            site=config.site,
            room=entry.room,
            language=entry.language,
            languages=tuple(config.languages),
            text=entry.text,
            meaning=entry.meaning,
            reason=entry.reason,
            pcm=entry.pcm,
            hints=self._hints,
        )

    def _use(self, entry: Entry, query: Query, answer: Answer) -> None:
        before = Interpretation(
            entry.id, entry.said, best=None, accepted=False, reason="not-a-command", heard=entry.text
        )
        heard = interpreted(answer, query, before=before, recognizer=self._recognizer, languages=self._config.languages)
        best = heard.best
        if isinstance(answer, Done):
            self._conversation.perform((Publish(heard),))
            text = answer.reply or ("" if answer.ok else wording.NOT_POSSIBLE[entry.language])
            self._tell(entry, "done" if answer.ok else "failed", text)
        elif best is None or not heard.accepted:
            self._tell(entry, "not-possible", "")
        elif policy.is_done_late(
            self._config.cloud, self._config.dialogue, Meaning(best.domain, best.intent, best.slots)
        ):
            self._conversation.perform((Publish(heard),))
        else:
            log.info("%s: %s.%s is not done so late", entry.id, best.domain, best.intent)
            self._tell(entry, "expired", "")

    def _expire(self, entry: Entry) -> None:
        self._counters.add("outbox_expired")
        log.info("%s: expired in the outbox", entry.id)
        texts = wording.EXPIRED if entry.meaning else wording.EXPIRED_SOUND
        self._tell(entry, "expired", texts[entry.language].format(text=entry.text))

    def _tell(self, entry: Entry, code: str, text: str) -> None:
        """Tell the bus, and say it: the conversation that the entry came from is long over."""
        self._client.publish_result(ResultPayload(id=entry.id, ok=code == "done", code=code, handler="cloud"))
        if text:
            self._conversation.perform((Say(text, entry.language, entry.id),))
