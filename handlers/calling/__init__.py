"""Calls people, takes calls and tells who calls: the domain `calling`."""

from handlers.base import Description
from handlers.calling.handler import CallingHandler

HANDLER = Description(domains=("calling",), build=CallingHandler)
"""Named by `handlers.registry`."""

__all__ = ["HANDLER", "CallingHandler"]
