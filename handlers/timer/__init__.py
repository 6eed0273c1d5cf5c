"""Timers: the built-in example of a whole domain."""

from handlers.timer.handler import HANDLER, TimerHandler

__all__ = ["HANDLER", "TimerHandler"]
