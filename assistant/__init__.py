"""Oyez: an offline voice assistant for house and car, in English, Spanish and French."""

import os
from importlib.metadata import PackageNotFoundError, version

# ONNX Runtime's Linux wheels report to their maker unless this is set before they are loaded, by us or by a voice that
# we start; here nothing leaves the house that its owner did not ask for.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

try:
    __version__ = version("oyez")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0.0.0"

__all__ = ["__version__"]
