"""A house to show the assistant in: its household file, simulated lamps and spoken commands."""

from assistant.demo.house import HOUSEHOLD, DemoClip, demo_clips
from assistant.demo.lamps import SimulatedLamps

__all__ = ["HOUSEHOLD", "DemoClip", "SimulatedLamps", "demo_clips"]
