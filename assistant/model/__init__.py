"""The network at run time: features, symbols, session."""

from assistant.model.runtime import LONGEST_MS, SHIPPED, Model

__all__ = ["LONGEST_MS", "SHIPPED", "Model"]
