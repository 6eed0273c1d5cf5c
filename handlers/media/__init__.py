"""The media handler: players of music and televisions, by name, by room, everywhere, or here.

intent ──▶ targets ──▶ plan ──▶ the player's thread: driver.perform ──▶ player
result ◀── outcome ◀────────── driver.state ◀── what the player says itself
"""

from handlers.media.handler import HANDLER, MediaHandler

__all__ = ["HANDLER", "MediaHandler"]
