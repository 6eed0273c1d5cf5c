"""`oyez devices`: microphones and loudspeakers."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.audio import Device


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "devices",
        help="list microphones and loudspeakers",
        description="List sound devices.  The number, the name or a part of it goes into audio.input and audio.output"
        " of the household file, or behind `oyez run --input`.",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """List the devices; returns 1 when there is no microphone among them."""
    from assistant.audio import list_devices, rates

    devices = list_devices()
    if options.json:
        print(json.dumps([{**dataclasses.asdict(device), "rates_hz": rates(device)} for device in devices], indent=2))
    else:
        for device in devices:
            print(_line(device, rates(device)))
        if not any(device.inputs for device in devices):
            print("no microphone; plug one in")
    return 0 if any(device.inputs for device in devices) else 1


def _line(device: Device, rates_hz: list[int]) -> str:
    """`  2  USB microphone  microphone (1 channel, default)  16000 48000 Hz`."""
    uses = []
    if device.inputs:
        uses.append(_use("microphone", device.inputs, default=device.default_input))
    if device.outputs:
        uses.append(_use("loudspeaker", device.outputs, default=device.default_output))
    rates = " ".join(str(rate_hz) for rate_hz in rates_hz) or "unknown"
    return f"{device.index:3}  {device.name}  {', '.join(uses)}  {rates} Hz"


def _use(what: str, channels: int, *, default: bool) -> str:
    return f"{what} ({channels} channel{'s' if channels > 1 else ''}{', default' if default else ''})"
