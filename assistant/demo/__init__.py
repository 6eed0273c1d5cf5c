"""A house to show the assistant in: its household file, simulated lamps and spoken commands."""

from assistant.demo.house import CLIPS, HOUSEHOLD, demo_clips
from assistant.demo.lamps import SimulatedLamps

__all__ = ["CLIPS", "HOUSEHOLD", "SimulatedLamps", "demo_clips"]
