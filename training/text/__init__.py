"""Texts to be spoken by the training voices: commands, orders, names, numbers and free sentences of three languages."""

from training.text.mixture import LANGUAGES, WEIGHTS, sample

__all__ = ["LANGUAGES", "WEIGHTS", "sample"]
