"""Whom the calling handler calls, whom it asks about, and what it says: over a real broker, by a telephone on MQTT."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from assistant.config import HouseholdConfig
from assistant.errors import ConfigurationError
from assistant.messages import Hypothesis
from handlers.calling import CallingHandler
from tests.broker import Mosquitto, Peer
from tests.handlers.calling.household import ANSWERS_MS, PEOPLE, SILENT_MS, House, house

_numbers = itertools.count()


class Telephone(Peer):
    """A telephone that takes words and tells in words; `behaves` is what it tells of a call."""

    def __init__(self, port: int) -> None:
        self.topic = f"telephone-{next(_numbers)}"
        super().__init__(port, f"{self.topic}/do")
        self.behaves: list[dict[str, str]] = [{"what": "dialing"}, {"what": "ringing"}]
        self.done: list[str] = []
        self.obeys = True

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        word = message.payload.decode()
        self.done.append(word)
        if self.obeys:
            for event in self._events(word):
                self.tell(**event)
        super()._on_message(client, userdata, message)

    def _events(self, word: str) -> list[dict[str, str]]:
        if word.startswith("dial"):
            return self.behaves
        return {
            "answer": [{"what": "established"}],
            "reject": [{"what": "closed"}],
            "hang_up": [{"what": "closed", "reason": "hung-up"}],
            "mute": [{"what": "muted"}],
            "unmute": [{"what": "unmuted"}],
        }[word]

    def tell(self, **event: str) -> None:
        self.client.publish(f"{self.topic}/told", json.dumps(event), 1)

    @property
    def options(self) -> dict[str, str]:
        return {"topic": f"{self.topic}/do", "event_topic": f"{self.topic}/told", "event_field": "what"}


@pytest.fixture
def start(shared_broker: Mosquitto, tmp_path: Path) -> Iterator[Any]:
    """A household and its telephone, by `start(people=..., calling fields)`."""
    with ExitStack() as stack:

        def begin(
            *,
            people: dict[str, Any] = PEOPLE,
            languages: tuple[str, ...] = ("en", "es", "fr"),
            **calling: Any,
        ) -> tuple[House, Telephone]:
            telephone = stack.enter_context(Telephone(shared_broker.port))
            section = {"driver": "generic", "country": "ES", "timeout_ms": ANSWERS_MS, "options": telephone.options}
            home = stack.enter_context(
                house(
                    url=shared_broker.url,
                    port=shared_broker.port,
                    folder=tmp_path,
                    languages=list(languages),
                    contacts={"people": people},
                    calling={**section, **calling},
                )
            )
            return home, telephone

        yield begin


def in_languages(texts: Any, **wanted: str) -> None:
    assert {language: texts[language] for language in wanted} == wanted


# Who is called.


def test_a_name_is_confirmed_and_called(start: Any) -> None:
    home, telephone = start()
    question = home.asked("call", contact="anna")
    in_languages(
        question.text,
        en="Call Anna López on mobile?",
        es="¿Llamo a Anna López al móvil?",
        fr="J'appelle Anna López sur son portable ?",
    )
    assert (question.slot, question.choices) == ("confirmed", ())
    assert (question.catalog, question.catalog_slot) == ("contact", "contact")
    result = home.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.code) == (True, "done")
    in_languages(result.text, en="Calling Anna López.", es="Llamando a Anna López.", fr="J'appelle Anna López.")
    assert telephone.done == ["dial +34612345678"]


def test_which_of_several_numbers_is_asked_and_the_choice_is_a_yes(start: Any) -> None:
    home, telephone = start()
    question = home.asked("call", contact="marta")
    in_languages(
        question.text,
        en="Marta Ruiz: home or work?",
        es="Marta Ruiz: ¿casa o trabajo?",
        fr="Marta Ruiz : domicile ou travail ?",
    )
    assert [choice.value for choice in question.choices] == ["home", "work"]
    assert "au travail" in question.choices[1].names["fr"]
    assert home.say("call", contact="marta", **{question.slot: question.choices[1].value}).code == "done"
    assert telephone.done == ["dial +34914000111"]


def test_a_kind_that_was_said_is_not_asked_again(start: Any) -> None:
    home, telephone = start()
    assert home.asked("call", contact="marta", kind="home").text["en"] == "Call Marta Ruiz at home?"
    assert home.say("call", contact="marta", kind="home", confirmed=True).ok
    assert telephone.done == ["dial 913456789"]


def test_a_kind_that_there_is_not_is_told_and_another_offered(start: Any) -> None:
    home, telephone = start()
    question = home.asked("call", contact="anna", kind="work")
    assert question.text["en"] == "I have no work number for Anna López. Call Anna López on mobile?"
    other = home.asked("call", contact="anna", kind="other").text["es"]
    assert other == "De Anna López no tengo otro número. ¿Llamo a Anna López al móvil?"
    assert home.say("call", contact="anna", kind="work", confirmed=True).ok
    assert telephone.done == ["dial +34612345678"]


def test_a_relation_is_somebody(start: Any) -> None:
    home, _ = start()
    assert home.asked("call", relation="mother", kind="work").text["es"] == "¿Llamo a Marta Ruiz al trabajo?"
    result = home.say("call", relation="father")
    assert (result.ok, result.code) == (False, "no-such-contact")


def test_a_correction_comes_before_what_it_corrects(start: Any) -> None:
    home, _ = start()
    assert "Anna" in home.asked("call", relation="mother", contact="anna").text["en"]
    assert "Anna" in home.asked("redial", contact="anna").text["en"]


NAMESAKES = {
    f"anna-{name.lower()}": {
        "names": {"en": [f"Anna {name}", "Anna"]},
        "numbers": {"mobile": f"61200000{number}"},
    }
    for number, name in enumerate(("Lopez", "Martin", "Ruiz", "Sanz"))
}


def test_which_of_two_people_of_a_name_is_asked(start: Any) -> None:
    home, telephone = start(people=dict(list(NAMESAKES.items())[:2]))
    question = home.asked("call", contact="?anna", spoken={"contact": "Anna"}, confirmed=True)
    assert question.text["es"] == "¿Anna Lopez o Anna Martin?"
    assert (question.slot, question.catalog) == ("contact", None)
    assert [(choice.value, choice.names["es"]) for choice in question.choices] == [
        ("anna-lopez", ("Anna Lopez", "Lopez")),
        ("anna-martin", ("Anna Martin", "Martin")),
    ]
    assert telephone.done == []


def test_many_people_of_a_name_are_counted_but_all_may_be_chosen(start: Any) -> None:
    home, _ = start(people=NAMESAKES)
    question = home.asked("call", contact="?anna", spoken={"contact": "Anna"})
    assert question.text["en"] == "I know 4 people called Anna. Which one?"
    assert [choice.value for choice in question.choices] == list(NAMESAKES)


def test_which_of_two_brothers_is_asked(start: Any) -> None:
    brothers = {
        "jean": {"names": {"fr": "Jean Petit"}, "numbers": {"mobile": "612000001"}, "relations": ["brother"]},
        "luc": {"names": {"fr": "Luc Petit"}, "numbers": {"mobile": "612000002"}, "relations": ["brother"]},
    }
    home, _ = start(people=brothers)
    question = home.asked("call", relation="brother", spoken={"relation": "my brother"})
    assert question.text["en"] == "Jean Petit or Luc Petit?"
    assert question.slot == "contact"
    assert [(choice.value, choice.names["fr"]) for choice in question.choices] == [
        ("jean", ("Jean Petit", "Jean")),
        ("luc", ("Luc Petit", "Luc")),
    ]


def test_a_name_that_is_only_like_another_is_never_taken_for_it(start: Any) -> None:
    home, telephone = start()
    question = home.asked("call", contact="ana-lopez", spoken={"contact": "Ana López"}, confirmed=True)
    assert question.text["en"] == "I know nobody called Ana López. Do you mean Anna López?"
    assert [choice.value for choice in question.choices] == ["anna"]
    result = home.say("call", contact="zzz", spoken={"contact": "Xavier"}, confirmed=True)
    assert (result.ok, result.code, result.text["fr"]) == (
        False,
        "no-such-contact",
        "Je ne connais personne du nom de Xavier.",
    )
    assert telephone.done == []


def test_nobody_named_is_asked_for(start: Any) -> None:
    home, _ = start()
    question = home.asked("call")
    assert (question.slot, question.catalog, question.catalog_slot) == ("contact", "contact", "contact")
    assert question.text["es"] == "¿A quién llamo?"


# Confirmation.


def test_digits_are_always_read_back(start: Any) -> None:
    home, telephone = start(guard={"confirm": "never"})
    question = home.asked("call", digits="612345679")
    in_languages(
        question.text,
        en="Call 6 1 2, 3 4 5, 6 7 9?",
        es="¿Llamo al 6 1 2, 34, 56, 79?",
        fr="J'appelle le 6, 12, 34, 56, 79 ?",
    )
    assert question.catalog == "digits"
    result = home.say("call", digits="612345679", confirmed=True)
    in_languages(result.text, en="Calling 6 1 2, 3 4 5, 6 7 9.", es="Llamando al 6 1 2, 34, 56, 79.")
    assert telephone.done == ["dial 612345679"]


def test_nothing_is_confirmed_where_the_household_says_never(start: Any) -> None:
    home, _ = start(guard={"confirm": "never"})
    assert home.say("call", contact="anna").code == "done"


def test_what_was_not_heard_surely_is_confirmed(start: Any) -> None:
    home, telephone = start(guard={"confirm": "unsure"})
    other = Hypothesis("en", "calling", "call", "call Marta", {"contact": "marta"}, {}, 0.1)
    home.asked("call", contact="anna", confidence=0.8)
    home.asked("call", contact="anna", alternatives=(other,))
    assert telephone.done == []
    assert home.say("call", contact="anna", confidence=0.95).code == "done"


@pytest.mark.parametrize("number", ["112", "061", "1000"])
def test_an_emergency_number_has_a_question_of_its_own_and_no_limits(start: Any, number: str) -> None:
    home, telephone = start(
        guard={"confirm": "never", "contacts_only": True, "allow": ["6"], "calls_per_day": 1}, emergency=["1000"]
    )
    question = home.asked("call", digits=number)
    assert "emergency number" in question.text["en"]
    assert (question.slot, question.choices, question.catalog) == ("confirmed", (), "digits")
    assert home.say("call", digits=number, confirmed=True).code == "done"
    assert telephone.done == [f"dial {number}"]


def test_a_number_that_only_begins_like_an_emergency_number_is_none(start: Any) -> None:
    home, _ = start(guard={"contacts_only": True})
    assert home.say("call", digits="1123", confirmed=True).code == "not-allowed"


FORBIDDEN = {
    "premium": ({"digits": "806123456"}, {}, "That is a premium rate number; it is not called."),
    "a premium contact": ({"contact": "taxi"}, {}, "That is a premium rate number; it is not called."),
    "a code of the network": (
        {"digits": "*21*612345679#"},
        {},
        "That is a code for the telephone network, not a number; it is not dialled.",
    ),
    "denied": ({"contact": "anna"}, {"deny": ["+346"]}, "That number may not be called from here."),
    "not allowed": ({"contact": "anna"}, {"allow": ["91"]}, "That number may not be called from here."),
    "digits": ({"digits": "612345679"}, {"contacts_only": True}, "Only contacts may be called here."),
}


@pytest.mark.parametrize(("slots", "rules", "why"), FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_is_forbidden_is_refused_with_the_reason(
    start: Any, slots: dict[str, str], rules: dict[str, Any], why: str
) -> None:
    home, telephone = start(guard=rules)
    result = home.say("call", confirmed=True, **slots)
    assert (result.ok, result.code, result.text["en"]) == (False, "not-allowed", why)
    assert telephone.done == []


def test_the_calls_of_a_day_are_counted(start: Any) -> None:
    home, _ = start(guard={"calls_per_day": 1})
    assert home.say("call", contact="anna", confirmed=True).ok
    home.say("hang_up")
    assert home.say("call", contact="anna", confirmed=True).text["en"] == "That is enough calls for today."


# Calls.


def test_answer_reject_mute_and_who(start: Any) -> None:
    home, telephone = start()
    telephone.tell(what="incoming", number="612 34 56 78".replace(" ", ""))
    assert home.announced() == "Anna López is calling."
    in_languages(home.say("who").text, es="Llama Anna López.", fr="Anna López vous appelle.")
    assert home.say("answer").code == "done"
    assert home.say("mute").text["fr"] == "Votre micro est coupé."
    assert home.say("unmute").ok
    assert home.say("hang_up").code == "done"
    telephone.tell(what="incoming", number="699000111")
    assert home.announced(2) == "The number 6 9 9, 0 0 0, 1 1 1 is calling."
    assert home.say("reject").text["es"] == "Llamada rechazada."
    assert telephone.done == ["answer", "mute", "unmute", "hang_up", "reject"]
    assert home.waits_for_an_answer() == [True, True]
    for intent in ("answer", "reject", "hang_up", "mute", "who"):
        assert home.say(intent).code == "not-possible"


def test_a_call_in_the_households_own_language(start: Any) -> None:
    home, telephone = start(languages=("fr", "en"))
    telephone.tell(what="incoming")
    assert home.announced() == "Un numéro masqué vous appelle."


def test_undo_ends_the_call(start: Any) -> None:
    home, telephone = start()
    assert home.say("call", contact="anna", confirmed=True).ok
    assert home.say("undo").code == "done"
    assert telephone.done[-1] == "hang_up"


def test_redial_calls_whoever_was_called_last(start: Any) -> None:
    home, telephone = start()
    assert home.say("redial").text["en"] == "I have not called anybody yet."
    assert home.say("call", contact="marta", kind="work", confirmed=True).ok
    home.say("hang_up")
    assert home.asked("redial").text["en"] == "Call Marta Ruiz at work?"
    assert home.say("redial", confirmed=True).ok
    assert telephone.done == ["dial +34914000111", "hang_up", "dial +34914000111"]


# What goes wrong.


REASONS = {
    "busy": "Anna López is busy.",
    "declined": "Anna López has declined the call.",
    "not-answered": "Anna López does not answer.",
    "not-reachable": "Anna López cannot be reached.",
    "unknown-number": "Anna López: that number does not exist.",
    "something else": "The call has failed.",
}


@pytest.mark.parametrize(("reason", "text"), REASONS.items(), ids=REASONS)
def test_a_call_that_fails_is_told_once_with_its_reason(start: Any, reason: str, text: str) -> None:
    home, telephone = start()
    telephone.behaves = [{"what": "dialing"}, {"what": "closed", "reason": reason}]
    result = home.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.text["en"]) == (False, text)
    assert result.code == (reason if reason != "something else" else "failed")
    assert (home.announcements, telephone.done) == (0, ["dial +34612345678"])


def test_a_call_that_fails_later_is_told_in_the_language_of_who_called(start: Any) -> None:
    home, telephone = start()
    assert home.say("call", contact="anna", confirmed=True, language="fr").code == "done"
    telephone.tell(what="closed", reason="busy")
    assert home.announced() == "Anna López : la ligne est occupée."
    assert home.waits_for_an_answer() == [False]


def test_a_call_that_dials_longer_is_told_as_sent_and_its_failure_afterwards(start: Any) -> None:
    home, telephone = start(timeout_ms=SILENT_MS)
    telephone.behaves = [{"what": "dialing"}]
    result = home.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.code) == (True, "sent")
    telephone.tell(what="closed", reason="not-reachable")
    assert home.announced() == "Anna López cannot be reached."


def test_a_call_that_was_taken_ends_without_a_word(start: Any) -> None:
    home, telephone = start()
    telephone.behaves = [{"what": "dialing"}, {"what": "established"}]
    assert home.say("call", contact="anna", confirmed=True).code == "done"
    telephone.tell(what="closed")
    telephone.tell(what="incoming", number="612345678")
    assert home.announced() == "Anna López is calling."


def test_a_telephone_that_says_nothing_is_named_and_nothing_repeated(start: Any) -> None:
    home, telephone = start(timeout_ms=SILENT_MS)
    telephone.obeys = False
    result = home.say("call", contact="anna", confirmed=True)
    assert (result.ok, result.code, result.text["en"]) == (False, "no-telephone", "The telephone does not answer.")
    assert telephone.done == ["dial +34612345678"]
    assert home.say("who").text["en"] == "Nobody is calling."


def test_a_telephone_that_has_gone_is_not_told_to_dial(start: Any) -> None:
    home, telephone = start()
    telephone.tell(what="offline")
    telephone.tell(what="incoming")
    home.announced()  # the first word has been taken, too
    telephone.tell(what="offline")
    while home.say("who").code != "no-telephone":
        pass
    assert home.say("call", contact="anna", confirmed=True).code == "no-telephone"
    assert telephone.done == []
    telephone.tell(what="online")
    while home.say("who").code == "no-telephone":
        pass
    assert home.say("call", contact="anna", confirmed=True).ok


@pytest.mark.parametrize("junk", [b"\xff\xfe", b"{", b"[]", b"null", b"5", b"x" * 70_000, b"[" * 50_000, b""])
def test_junk_of_a_telephone_is_dropped(start: Any, junk: bytes) -> None:
    home, telephone = start()
    telephone.publish(f"{telephone.topic}/told", junk)
    telephone.tell(what="incoming", number="612345678")
    assert home.announced() == "Anna López is calling."
    assert "callbacks_failed" not in home.runner.client.connection.counts()


def test_a_telephone_that_tells_nothing_is_only_told(shared_broker: Mosquitto, tmp_path: Path) -> None:
    with Telephone(shared_broker.port) as telephone:
        options = {"topic": f"{telephone.topic}/do", "dial": '{"call": "{number}"}', "hang_up": "stop"}
        telephone.obeys = False
        with house(
            url=shared_broker.url,
            port=shared_broker.port,
            folder=tmp_path,
            contacts={"people": PEOPLE},
            calling={"driver": "generic", "options": options},
        ) as home:
            assert home.say("call", contact="anna", confirmed=True).code == "sent"
            assert home.say("hang_up").code == "sent"
            assert home.say("answer").code == "not-possible"
            assert telephone.done == ['{"call": "+34612345678"}', "stop"]


def test_without_a_telephone_everything_says_so(shared_broker: Mosquitto, tmp_path: Path) -> None:
    with house(url=shared_broker.url, port=shared_broker.port, folder=tmp_path) as home:
        for intent in ("call", "redial", "answer", "who"):
            result = home.say(intent)
            assert (result.ok, result.code) == (False, "no-telephone")
        in_languages(
            result.text,
            en="No telephone is set up.",
            es="No hay ningún teléfono configurado.",
            fr="Aucun téléphone n'est configuré.",
        )


WRONG = {
    "an option that does not exist": ("baresip", {"topik": "x"}, "no such option; baresip has topic"),
    "a topic for many": ("baresip", {"topic": "/+/x"}, "stand for other topics"),
    "no topic": ("generic", {}, "Field required"),
    "nothing to dial": ("generic", {"topic": "x", "dial": "call"}, "nobody could be called"),
    "no path": ("ofono", {"modem": "hfp"}, "String should match pattern"),
}


@pytest.mark.parametrize(("driver", "options", "what"), WRONG.values(), ids=WRONG)
def test_wrong_options_are_named(driver: str, options: dict[str, str], what: str) -> None:
    household = HouseholdConfig.model_validate({"calling": {"driver": driver, "options": options}})
    with pytest.raises(ConfigurationError, match=what) as raised:
        CallingHandler(household, lambda _: None)
    assert raised.value.faults[0].where.startswith("calling.options")
