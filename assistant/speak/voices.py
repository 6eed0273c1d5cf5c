"""The engines that make speech, each in a process of its own: one sentence in, its samples out.

`nanotts` (Pico, Apache-2.0) comes with the assistant.  `espeak-ng` and `piper` are programs that the household may
install; their licences (GPL) do not touch ours, since they are only run.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile
import soxr

from assistant.config import Language, VoiceConfig
from assistant.errors import SpeechError
from assistant.messages import SAMPLE_RATE_HZ
from assistant.speak.process import EngineProcess

SENTENCE_S = 15.0
"""How long the making of one sentence may take; the first one includes the start and the loading of the voice."""

_PICO_VOICES: Mapping[Language, str] = {"en": "en-GB", "es": "es-ES", "fr": "fr-FR"}
_ESPEAK_VOICES: Mapping[Language, str] = {"en": "en-gb", "es": "es", "fr": "fr-fr"}
_ESPEAK_WORDS_PER_MINUTE = 155


class Voice(Protocol):
    """What makes speech; used by one thread."""

    def start(self) -> None:
        """Get ready, so that the first sentence takes no longer than the others.

        Raises SpeechError where it cannot.
        """

    def speak(self, sentence: str, language: Language) -> np.ndarray:
        """(samples,) int16 at 16 kHz, some silence around it.

        Raises SpeechError where there is no such voice, or the engine fails.
        """

    def close(self) -> None:
        """Give everything back; it can be started again."""


def voice_of(config: VoiceConfig) -> Voice:
    """The household's voice, not yet started."""
    engines: dict[str, type[PicoVoice | EspeakVoice | PiperVoice]] = {
        "nanotts": PicoVoice,
        "espeak-ng": EspeakVoice,
        "piper": PiperVoice,
    }
    return engines[config.engine](config)


class PicoVoice:
    """SVOX Pico in `pico_worker`."""

    def __init__(self, config: VoiceConfig) -> None:
        self._voices = {**_PICO_VOICES, **config.voices}
        self._speed = config.speed
        # -P: the worker's folder has modules with names of others.
        self._process = EngineProcess([sys.executable, "-P", Path(__file__).with_name("pico_worker.py")])

    def start(self) -> None:
        """Start the process; it is ready when it is first asked."""
        self._process.start()

    def speak(self, sentence: str, language: Language) -> np.ndarray:
        """(samples,) int16 at 16 kHz.

        Raises SpeechError for a voice that Pico does not have.
        """
        deadline = time.monotonic() + SENTENCE_S
        request = {"text": sentence, "voice": self._voices[language], "speed": self._speed}
        self._process.write(json.dumps(request))
        answer = json.loads(self._process.read_line(deadline=deadline))
        if "problem" in answer:
            there = ", ".join(_PICO_VOICES.values())
            raise SpeechError(
                f'replies.voice.voices.{language}: "{self._voices[language]}": {answer["problem"]}; there are {there},'
                " en-US, de-DE, it-IT"
            )
        return np.frombuffer(self._process.read_bytes(answer["bytes"], deadline=deadline), "<i2").astype(np.int16)

    def close(self) -> None:
        """End the process."""
        self._process.close()


class EspeakVoice:
    """The program espeak-ng, started for each sentence: it is ready in milliseconds."""

    def __init__(self, config: VoiceConfig) -> None:
        self._voices = {**_ESPEAK_VOICES, **config.voices}
        self._program = str(config.program or "espeak-ng")
        self._speed = round(_ESPEAK_WORDS_PER_MINUTE * config.speed)

    def start(self) -> None:
        """Nothing has to be prepared."""

    def speak(self, sentence: str, language: Language) -> np.ndarray:
        """(samples,) int16 at 16 kHz.

        Raises SpeechError where the program is not there or does not know the voice.
        """
        command = [self._program, "-v", self._voices[language], "-s", str(self._speed), "--stdin", "--stdout"]
        try:
            done = subprocess.run(
                command, input=sentence.encode(), capture_output=True, timeout=SENTENCE_S, check=False
            )
        except OSError as error:
            raise SpeechError(
                f"{self._program} cannot be started: {error.strerror}; install it (sudo apt install espeak-ng), or name"
                " it in replies.voice.program"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise SpeechError(f"{self._program} does not answer") from error
        if done.returncode or not done.stdout:
            raise SpeechError(f"{self._program}: {done.stderr.decode(errors='replace').strip() or 'no sound'}")
        return _read_wav(io.BytesIO(done.stdout), self._program)

    def close(self) -> None:
        """Nothing has to be given back."""


class PiperVoice:
    """The program piper, kept running for each language: loading a voice takes longer than a sentence.

    Both the C++ program (it prints the file that it wrote) and the Python one (it logs it) are understood.
    """

    def __init__(self, config: VoiceConfig) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="oyez-piper-")
        flags = ["--output_dir", self._folder.name, "--length_scale", f"{1 / config.speed:.3f}"]
        self._processes: dict[Language, EngineProcess] = {
            language: EngineProcess([config.program or "piper", "--model", model, *flags], merge_errors=True)
            for language, model in config.voices.items()
        }
        self._written = re.compile(re.escape(self._folder.name) + r"/\S+\.wav")

    def start(self) -> None:
        """Start the programs: they load their voices."""
        for process in self._processes.values():
            process.start()

    def speak(self, sentence: str, language: Language) -> np.ndarray:
        """(samples,) int16 at 16 kHz.

        Raises SpeechError where the language has no voice, or the program fails.
        """
        if language not in self._processes:
            raise SpeechError(f"replies.voice.voices.{language}: piper needs a voice, the path of its .onnx file")
        process = self._processes[language]
        deadline = time.monotonic() + SENTENCE_S
        process.write(" ".join(sentence.split()))
        while not (found := self._written.search(process.read_line(deadline=deadline).decode(errors="replace"))):
            pass  # its log
        file = Path(found[0])
        try:
            return _read_wav(file, process.name)
        finally:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """End the programs and remove what they wrote."""
        for process in self._processes.values():
            process.close()
        self._folder.cleanup()


def _read_wav(source: io.BytesIO | Path, program: str) -> np.ndarray:
    """(samples,) int16 at 16 kHz.

    Raises SpeechError where it is no sound file.
    """
    try:
        samples, rate_hz = soundfile.read(source, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SpeechError(f"{program} wrote no sound: {error}") from error
    at_our_rate = samples[:, 0] if rate_hz == SAMPLE_RATE_HZ else soxr.resample(samples[:, 0], rate_hz, SAMPLE_RATE_HZ)
    return np.asarray((at_our_rate * np.float32(32767)).round().clip(-32768, 32767), dtype=np.int16)
