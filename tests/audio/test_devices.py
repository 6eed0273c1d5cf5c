import pytest

from assistant.audio import Device
from assistant.audio.devices import find_device
from assistant.errors import AudioError

DEVICES = [
    Device(0, "HDMI 0: (hw:0,3)", inputs=0, outputs=8, rate_hz=44_100),
    Device(1, "USB Camera: Audio (hw:1,0)", inputs=1, outputs=0, rate_hz=48_000),
    Device(2, "ReSpeaker 4 Mic Array: USB Audio (hw:2,0)", inputs=6, outputs=2, rate_hz=16_000),
    Device(3, "usb", inputs=1, outputs=1, rate_hz=48_000),
    Device(4, "default", inputs=32, outputs=32, rate_hz=44_100, default_input=True, default_output=True),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        pytest.param(None, 4, id="the system's default"),
        pytest.param("default", 4, id="default by name"),
        pytest.param(2, 2, id="number"),
        pytest.param("respeaker", 2, id="part of a name, other case"),
        pytest.param("usb", 3, id="whole name before parts"),
        pytest.param("USB ", 1, id="first of several parts"),
        pytest.param("hw:1,0", 1, id="ALSA's name"),
    ],
)
def test_a_microphone_is_found(wanted: str | int | None, index: int) -> None:
    assert find_device(wanted, "input", devices=DEVICES).index == index


def test_without_a_default_the_first_one_is_taken() -> None:
    assert find_device(None, "input", devices=DEVICES[:3]).index == 1
    assert find_device(None, "output", devices=DEVICES[:3]).index == 0


@pytest.mark.parametrize("wanted", ["yeti", 7, 0], ids=["name", "number", "loudspeaker"])
def test_a_wrong_name_is_answered_with_what_there_is(wanted: str | int) -> None:
    with pytest.raises(AudioError, match='there are 1 "USB Camera: Audio'):
        find_device(wanted, "input", devices=DEVICES)


def test_no_device_at_all_says_so() -> None:
    with pytest.raises(AudioError, match="there is no microphone"):
        find_device("yeti", "input", devices=DEVICES[:1])
