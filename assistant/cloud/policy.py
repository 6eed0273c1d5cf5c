"""What goes to the provider and what may wait for it, as the household's file says.  Pure."""

from __future__ import annotations

from assistant.cloud.query import Meaning
from assistant.config import CloudConfig, DialogueConfig
from assistant.config.cloud import NEVER_WAIT
from assistant.messages import Interpretation, Utterance


def is_sent(config: CloudConfig, utterance: Utterance, interpretation: Interpretation) -> bool:
    """Return whether the provider is asked what a rejected utterance means."""
    return (
        not interpretation.accepted
        and interpretation.reason in config.reasons
        and utterance.audio_ms >= config.min_audio_ms
        and (utterance.wake != "none" or not config.addressed_only)
    )


def is_needed(config: CloudConfig, meaning: Meaning) -> bool:
    """Return whether only the provider can do this."""
    return meaning.name in config.needs or meaning.intent in config.needs


def wait_s(config: CloudConfig, meaning: Meaning) -> float:
    """Return how long this is worth sending after it was said; 0: it does not wait."""
    intents = config.outbox.intents
    if meaning.domain in NEVER_WAIT:
        return 0.0
    return float(intents.get(meaning.name, intents.get(meaning.intent, 0)))


def is_done_late(config: CloudConfig, dialogue: DialogueConfig, meaning: Meaning) -> bool:
    """Return whether what comes out of the outbox is acted on: nobody is there to confirm it any more."""
    risk = dialogue.risks.get(meaning.name, dialogue.risks.get(meaning.domain, "do"))
    return risk == "do" and wait_s(config, meaning) > 0
