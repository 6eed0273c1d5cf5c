"""The household's message bus: topics, payloads, the client, and a broker for houses that have none."""

from assistant.mqtt.broker import EmbeddedBroker
from assistant.mqtt.client import Client
from assistant.mqtt.connection import Connection
from assistant.mqtt.gate import Gate
from assistant.mqtt.payloads import (
    PAYLOADS,
    AssistantState,
    CancelPayload,
    CatalogPayload,
    HealthPayload,
    HeardPayload,
    IntentPayload,
    ListenPayload,
    MutePayload,
    PartialPayload,
    Payload,
    RejectedPayload,
    ReplyPayload,
    ResultPayload,
    SayPayload,
    StatePayload,
    StatusPayload,
    TimerPart,
    TimersPayload,
)
from assistant.mqtt.retry import Retry
from assistant.mqtt.wire import Incoming, Outgoing

__all__ = [
    "PAYLOADS",
    "AssistantState",
    "CancelPayload",
    "CatalogPayload",
    "Client",
    "Connection",
    "EmbeddedBroker",
    "Gate",
    "HealthPayload",
    "HeardPayload",
    "Incoming",
    "IntentPayload",
    "ListenPayload",
    "MutePayload",
    "Outgoing",
    "PartialPayload",
    "Payload",
    "RejectedPayload",
    "ReplyPayload",
    "ResultPayload",
    "Retry",
    "SayPayload",
    "StatePayload",
    "StatusPayload",
    "TimerPart",
    "TimersPayload",
]
