"""The calling handler: asks until it is sure whom to call, dials, and tells what the telephone itself reports.

intent ──▶ callee (one number, a question, nobody) ──▶ guard ──▶ confirmation ──▶ telephone.dial ──▶ telephone
result ◀── judged ◀── line ◀── events ◀── telephone;  announcements ◀── incoming calls, calls that fail later
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from assistant.config import HouseholdConfig, Language
from assistant.config.calling import Kind
from assistant.contacts import country_of, load_phonebook
from assistant.messages import Hypothesis, Interpretation, Question, Result
from assistant.mqtt import Incoming
from assistant.state import StateFile
from handlers.base import Publish, Request, announcement
from handlers.calling import callee, guard, judge, texts
from handlers.calling.callee import Callee, Nobody
from handlers.calling.judge import Verdict
from handlers.calling.line import Change, Line
from handlers.calling.log import CallLog
from handlers.calling.replies import Replies
from handlers.calling.texts import Texts
from handlers.telephones import Call, Event, Telephone, Wiring, build

log = logging.getLogger(__name__)

SURE = 0.9
"""Confidence from which a name counts as heard surely, where only unsure ones are confirmed."""


class CallingHandler:
    """Acts on the domain `calling`; a context manager, for a telephone may have a connection of its own."""

    def __init__(self, household: HouseholdConfig, publish: Publish) -> None:
        """Raises ConfigurationError with the faults of the telephone's options."""
        self._site = household.site
        self._languages = household.languages
        self._config = household.calling
        self._country = country_of(household)
        self._publish = publish
        self._phonebook = load_phonebook(household)
        for fault in self._phonebook.faults:
            log.warning("%s", fault)
        self._replies = Replies(self._languages, self._country, self._phonebook)
        self._log = CallLog(StateFile.of(household, "calls"))
        self._line = Line()
        self._telephone = build(self._config, Wiring(notify=self._told, publish=publish))
        self._telling = threading.Lock()  # guards what follows: a failed call is told once, as result or afterwards
        self._dialled: tuple[Callee, Language] | None = None
        """The call that was reported as begun, and the language to tell of its failure in."""
        self._intents: Mapping[str, Callable[[Telephone, Interpretation, Hypothesis], Result]] = {
            "call": self._call,
            "redial": self._call,
            "answer": self._answer,
            "reject": self._reject,
            "hang_up": self._hang_up,
            "undo": self._hang_up,
            "mute": self._mute,
            "unmute": self._mute,
            "who": self._who,
        }

    def __enter__(self) -> Self:
        if self._telephone is not None:
            self._telephone.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._telephone is not None:
            self._telephone.close()

    def subscriptions(self) -> Sequence[str]:
        """The topics on which the telephone tells what it does."""
        return self._telephone.subscriptions() if self._telephone is not None else ()

    def received(self, message: Incoming) -> None:
        """Take what the telephone tells.

        Raises PayloadError where it is not what its interface sends.
        """
        if self._telephone is not None:
            self._telephone.received(message)

    def connected(self) -> None:
        """Let the telephone look what has happened meanwhile."""
        if self._telephone is not None:
            self._telephone.connected()

    def handle(self, request: Request) -> Result:
        """Do what was understood and return what the telephone reports."""
        heard = request.interpretation
        act = self._intents.get(heard.best.intent) if heard.best is not None else None
        if heard.best is None or act is None:
            return self._replies.refused(heard, "not-possible")
        if self._telephone is None:
            return self._replies.refused(heard, "no-telephone-set-up", code="no-telephone")
        if self._line.absent is not None:
            return self._replies.failed(heard, self._line.absent)
        return act(self._telephone, heard, heard.best)

    # Calling.

    def _call(self, telephone: Telephone, heard: Interpretation, best: Hypothesis) -> Result:
        redial = best.intent == "redial" and "contact" not in best.slots  # "no, Marta" adds a contact
        who = self._last() if redial else callee.meant(best, self._phonebook, self._languages)
        if isinstance(who, Question):
            return self._replies.asked(heard, who)
        if isinstance(who, Nobody):
            return self._replies.nobody(heard, who)
        emergency = guard.is_emergency(
            who.number, country=self._country, more={*self._config.emergency, *telephone.emergency_numbers}
        )
        if not emergency:
            why = guard.forbidden(
                who.number,
                self._config.guard,
                country=self._country,
                is_contact=who.person is not None,
                calls_today=self._log.calls_today,
            )
            if why is not None:
                return self._replies.refused(heard, why, code="not-allowed")
        if self._line.calls:
            return self._replies.refused(heard, "already-calling")
        if not best.slots.get("confirmed") and (emergency or self._must_ask(heard, best, who)):
            return self._replies.asked(
                heard, callee.confirmation(who, self._languages, country=self._country, emergency=emergency)
            )
        return self._dial(telephone, heard, best, who)

    def _last(self) -> Callee | Nobody:
        """Whoever was called last."""
        last = self._log.last
        if last is None:
            return Nobody("no-last-call")
        number, contact = last
        person = self._phonebook.person(contact) if contact is not None else None
        kind: Kind | None = None
        if person is not None:
            kind = next((one.kind for one in person.numbers if one.value == number), "other")
        return Callee(number, person, kind)

    def _must_ask(self, heard: Interpretation, best: Hypothesis, who: Callee) -> bool:
        if who.kind is None or who.swapped is not None:  # digits, or another number than was asked for
            return True
        if heard.source == "paraphrase":  # nobody said that it was to be called in so many words
            return True
        if self._config.guard.confirm != "unsure":
            return self._config.guard.confirm == "always"
        others = [other for other in heard.alternatives if other.domain == "calling" and other.slots != best.slots]
        return best.confidence < SURE or bool(others)

    def _dial(self, telephone: Telephone, heard: Interpretation, best: Hypothesis, who: Callee) -> Result:
        language = next((one for one in self._languages if one == best.language), self._languages[0])
        with self._telling:
            self._dialled = None
        mark, deadline = self._line.mark, time.monotonic() + self._config.timeout_ms / 1000
        self._log.note(who.number, who.person.id if who.person else None)
        telephone.dial(who.number)
        if not telephone.confirms:
            return self._replies.calling(heard, who, code="sent")
        self._line.wait(judge.dialled, since=mark, deadline=deadline)
        with self._telling:  # what is told from now on is announced
            changes = self._line.since(mark)
            verdict = judge.dialled(changes)
            if verdict == "done" or (verdict is None and judge.begun(changes)):
                self._dialled = (who, language)
        if verdict == "done":
            return self._replies.calling(heard, who)
        if verdict is None and judge.begun(changes):
            return self._replies.calling(heard, who, code="sent")
        if verdict is None:
            telephone.connected()  # it may have come back
        return self._replies.failed(heard, verdict or "no-telephone", who)

    # Calls that there are.

    def _answer(self, telephone: Telephone, heard: Interpretation, _: Hypothesis) -> Result:
        call = self._incoming()
        if call is None:
            return self._replies.refused(heard, "nobody-calls")
        return self._perform(telephone, heard, lambda: telephone.answer(call), judge.answered(call.id), {})

    def _reject(self, telephone: Telephone, heard: Interpretation, _: Hypothesis) -> Result:
        call = self._incoming()
        if call is None:
            return self._replies.refused(heard, "nobody-calls")
        return self._perform(telephone, heard, lambda: telephone.reject(call), judge.over([call.id]), texts.REJECTED)

    def _hang_up(self, telephone: Telephone, heard: Interpretation, _: Hypothesis) -> Result:
        calls = self._line.calls
        if not calls and telephone.confirms:
            return self._replies.refused(heard, "no-call")
        over = judge.over([call.id for call in calls])
        return self._perform(telephone, heard, lambda: telephone.hang_up(calls), over, texts.HUNG_UP)

    def _mute(self, telephone: Telephone, heard: Interpretation, best: Hypothesis) -> Result:
        if not self._line.calls and telephone.confirms:
            return self._replies.refused(heard, "no-call")
        muted = best.intent == "mute"
        said = texts.MUTED if muted else texts.UNMUTED
        return self._perform(telephone, heard, lambda: telephone.mute(muted=muted), judge.muted(muted=muted), said)

    def _who(self, telephone: Telephone, heard: Interpretation, _: Hypothesis) -> Result:
        calls = self._line.calls
        if not calls:
            return (
                self._replies.refused(heard, "nobody-calls")
                if telephone.confirms
                else self._replies.refused(heard, "not-possible")
            )
        return self._replies.about(heard, self._incoming() or calls[0])

    def _incoming(self) -> Call | None:
        return next((call for call in reversed(self._line.calls) if call.state == "incoming"), None)

    def _perform(
        self,
        telephone: Telephone,
        heard: Interpretation,
        act: Callable[[], None],
        judged: Callable[[Sequence[Change]], Verdict | None],
        said: Texts,
    ) -> Result:
        """Let the telephone do something and wait until it says that it has."""
        mark, deadline = self._line.mark, time.monotonic() + self._config.timeout_ms / 1000
        act()
        if not telephone.confirms:
            return self._replies.done(heard, texts.SENT, code="sent")
        verdict: Verdict | None = self._line.wait(judged, since=mark, deadline=deadline)
        if verdict == "done":
            return self._replies.done(heard, said)
        if verdict == "failed":
            return self._replies.refused(heard, "not-possible")
        if verdict is None:
            telephone.connected()  # something it told may have been lost
        return self._replies.failed(heard, verdict or "no-telephone")

    # What the telephone tells.

    def _told(self, event: Event) -> None:
        """Take an event of the telephone's, and say what nobody has asked for; on the thread that hears it."""
        with self._telling:
            change = self._line.note(event)
            if change is None:
                return
            dialled = self._dialled
            if event.kind == "absent" or (event.kind == "closed" and change.before and change.before.outgoing):
                self._dialled = None
        log.info("telephone: %s%s", event.kind, f" ({event.reason})" if event.reason else "")
        language = self._languages[0]
        if event.kind == "incoming":
            # "answer" or "reject" is said at once.
            self._announce(self._replies.caller(event.number, language), language, listen=True)
        elif dialled is not None and judge.has_failed(change):
            who, language = dialled
            self._announce(self._replies.failure(event, who, language), language)

    def _announce(self, text: str, language: Language, *, listen: bool = False) -> None:
        self._publish(announcement(self._site, text, language=language, listen=listen))
