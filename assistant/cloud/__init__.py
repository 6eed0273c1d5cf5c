"""Asking a provider about what the device cannot do alone, and keeping what may wait; off unless configured."""

from assistant.cloud import policy, wording
from assistant.cloud.link import Link
from assistant.cloud.outbox import OUTBOX, Entry, Outbox
from assistant.cloud.query import Answer, Done, Meaning, Meant, NotUnderstood, Query, Words, pcm_of

__all__ = [
    "OUTBOX",
    "Answer",
    "Done",
    "Entry",
    "Link",
    "Meaning",
    "Meant",
    "NotUnderstood",
    "Outbox",
    "Query",
    "Words",
    "pcm_of",
    "policy",
    "wording",
]
