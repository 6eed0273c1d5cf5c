"""How the assistant can be watched and kept small: logs, counters, metrics, the service manager, memory."""

from assistant.observe.counters import Counters, Readings
from assistant.observe.logs import configure_logging
from assistant.observe.memory import give_back_memory
from assistant.observe.notify import Notifier
from assistant.observe.process import process_gauges, versions
from assistant.observe.prometheus import MetricsEndpoint, exposition

__all__ = [
    "Counters",
    "MetricsEndpoint",
    "Notifier",
    "Readings",
    "configure_logging",
    "exposition",
    "give_back_memory",
    "process_gauges",
    "versions",
]
