"""How the assistant can be watched: logs, counters."""

from assistant.observe.counters import Counters, Readings
from assistant.observe.logs import configure_logging

__all__ = ["Counters", "Readings", "configure_logging"]
