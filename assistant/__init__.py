"""Oyez: an offline voice assistant for house and car, in English, Spanish and French."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("oyez")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
