"""Runs our capture on whatever microphone there is; told what to do by lines on stdin, tells lines of JSON.

A process of its own, because PortAudio reads ALSA's configuration once, when it is loaded.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from assistant.audio import Microphone, list_devices, play
from assistant.config import AudioConfig, ListenConfig, WakeConfig
from assistant.listen import Listener
from assistant.messages import Utterance


def tell(**what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


@contextmanager
def telling(microphone: Microphone) -> Iterator[Microphone]:
    with microphone:
        tell(opened=microphone.name)
        yield microphone


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    config = AudioConfig(input=wanted)
    tell(devices=[[device.name, device.inputs, device.default_input] for device in list_devices()])
    if sys.argv[2:] == ["play"]:
        play(np.zeros(8000, np.int16), AudioConfig())
        tell(played=True)

    def on_utterance(utterance: Utterance) -> None:
        peak = int(np.abs(utterance.samples.astype(np.int32)).max())
        tell(utterance_ms=utterance.audio_ms, speech_end_ms=utterance.speech_end_ms, peak=peak)

    listener = Listener(
        lambda: telling(Microphone(config)),
        listen=ListenConfig(),
        wake=WakeConfig(),
        engine=None,
        on_utterance=on_utterance,
        on_state=lambda state: tell(state=state),
        on_source=lambda problem: tell(problem=problem),
        on_end=lambda: None,
    )
    with listener:
        sys.stdin.read()
    tell(blocks=listener.counts.blocks, overruns=listener.counts.overruns, threads=threading.active_count())


if __name__ == "__main__":
    main()
