"""How the assistant can be watched and kept small: logs, counters, memory."""

from assistant.observe.counters import Counters, Readings
from assistant.observe.logs import configure_logging
from assistant.observe.memory import give_back_memory

__all__ = ["Counters", "Readings", "configure_logging", "give_back_memory"]
