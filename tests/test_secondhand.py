"""What a provider's answer may make of an utterance: a command of the house, never the house's consent."""

from datetime import UTC, datetime

from assistant.cloud import Meaning, Meant, Query
from assistant.config import HouseholdConfig
from assistant.messages import Interpretation
from assistant.recognizer import for_household
from assistant.secondhand import interpreted
from tests.test_recognizer import Saying


def test_a_provider_does_not_say_yes_for_the_house() -> None:
    config = HouseholdConfig.model_validate({"languages": ["en"], "packs": ["system"]})
    now = datetime.now(UTC)
    before = Interpretation("id-1", now, None, accepted=False, reason="not-a-command")
    query = Query("id-1", now, "home", None, "en", ("en",))
    meaning = Meaning("calling", "call", {"digits": "0899123456", "confirmed": True})
    heard = interpreted(
        Meant(meaning, 1.0),
        query,
        before=before,
        recognizer=for_household(config, Saying("nothing")),
        languages=config.languages,
    )
    assert heard.best is not None
    assert (heard.accepted, heard.source, heard.best.slots) == (True, "cloud", {"digits": "0899123456"})
