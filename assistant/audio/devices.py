"""The sound devices of this machine, and the one that a household means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from assistant.audio import portaudio
from assistant.errors import AudioError
from assistant.messages import SAMPLE_RATE_HZ

Direction: TypeAlias = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Device:
    """One sound device."""

    index: int
    name: str
    inputs: int
    """Channels that it records."""
    outputs: int
    """Channels that it plays."""
    rate_hz: int
    """The rate that it prefers."""
    default_input: bool = False
    default_output: bool = False

    def channels(self, direction: Direction) -> int:
        """How many channels it has in this direction."""
        return self.inputs if direction == "input" else self.outputs


def list_devices() -> list[Device]:
    """All devices, plugged in now; while sound is being recorded or played, those known before.

    Raises AudioError where sound cannot be used at all.
    """
    portaudio.rescan()
    return known_devices()


def known_devices() -> list[Device]:
    """All devices that PortAudio knows."""
    input_index, output_index = portaudio.sounddevice().default.device
    return [
        Device(
            index=index,
            name=str(found["name"]),
            inputs=int(found["max_input_channels"]),
            outputs=int(found["max_output_channels"]),
            rate_hz=round(found["default_samplerate"]),
            default_input=index == input_index,
            default_output=index == output_index,
        )
        for index, found in enumerate(portaudio.query_devices())
    ]


def has_microphone() -> bool:
    """Whether there is anything to record from."""
    try:
        return any(device.inputs for device in list_devices())
    except AudioError:
        return False


def find_device(wanted: str | int | None, direction: Direction, *, devices: Sequence[Device]) -> Device:
    """The device with this index or name; the system's default, or else the first, when nothing is wanted.

    A name may be a part of the device's, in any case; where several fit, the same name before the first of them.
    Raises AudioError where there is none, naming those that there are.
    """
    usable = [device for device in devices if device.channels(direction)]
    if not usable:
        raise AudioError(_NOTHING[direction])
    if wanted is None or wanted == "default":
        default = [device for device in usable if _is_default(device, direction)]
        return (default or usable)[0]
    if isinstance(wanted, int):
        fitting = [device for device in usable if device.index == wanted]
    else:
        word = wanted.casefold()
        fitting = [device for device in usable if device.name.casefold() == word]
        fitting += [device for device in usable if word in device.name.casefold()]
    if not fitting:
        there = ", ".join(f'{device.index} "{device.name}"' for device in usable)
        name = wanted if isinstance(wanted, int) else f'"{wanted}"'
        raise AudioError(f"no {direction} device {name}; there are {there}")
    return fitting[0]


def rates(device: Device) -> list[int]:
    """The usual rates at which it records (or plays, where it cannot record)."""
    module = portaudio.sounddevice()
    check = module.check_input_settings if device.inputs else module.check_output_settings
    possible = []
    for rate_hz in (8000, SAMPLE_RATE_HZ, 22_050, 32_000, 44_100, 48_000, 96_000):
        try:
            check(device=device.index, samplerate=rate_hz, channels=1, dtype="int16")
        except (module.PortAudioError, ValueError):
            continue
        possible.append(rate_hz)
    return possible


_NOTHING = {
    "input": "there is no microphone; plug one in (oyez devices lists what there is)",
    "output": "there is no loudspeaker; connect one (oyez devices lists what there is)",
}


def _is_default(device: Device, direction: Direction) -> bool:
    return device.default_input if direction == "input" else device.default_output
