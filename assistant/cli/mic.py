"""`oyez mic`: a level meter, or what is being said; and whether a recording is good enough to be understood."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.household_file import CONFIG_HELP, find_household, own_household

if TYPE_CHECKING:
    import numpy as np

    from assistant.config import AudioConfig
    from assistant.messages import Interpretation
    from assistant.partials import Partials

BLOCKS_PER_S = 50
BLOCKS_PER_BAR = 5
"""The meter moves ten times a second."""
BAR_WIDTH = 50
FLOOR_DB = -70.0
"""Left end of the meter."""


def add_command(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "mic",
        help="show the microphone's level and check a recording",
        description="Show the microphone's level while you speak a sentence, and say what is wrong with the recording.",
        epilog="Exit status: 0 the recording is good, 1 something is wrong with it or with the microphone.",
    )
    parser.add_argument("-s", "--seconds", type=_seconds, default=5.0, metavar="S", help="how long (default: 5)")
    parser.add_argument(
        "-l", "--live", action="store_true", help="show what is understood while you speak, instead of the level"
    )
    parser.add_argument("-r", "--record", type=Path, metavar="FILE", help="write the recording to this WAV file")
    parser.add_argument("-i", "--input", metavar="DEVICE", help="microphone by name or number, see `oyez devices`")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Record and judge; returns 1 when the recording is not good."""
    import numpy as np

    from assistant.audio import Microphone, check_recording

    microphone = Microphone(_audio_config(options))
    partials = _partials(options.config) if options.live else None
    with microphone as blocks:
        print(f"{microphone.name}: speak a sentence ({options.seconds:g} s)")
        taken = islice(blocks, round(options.seconds * BLOCKS_PER_S))
        recorded = list(_shown(taken) if partials is None else _followed(taken, partials))
    samples = np.concatenate(recorded)
    if options.record:
        _write(options.record, samples)
        print(f"written to {options.record}")
    check = check_recording(samples)
    print(f"speech {check.speech_db:.0f} dB, background {check.noise_db:.0f} dB, peak {check.level.peak_db:.0f} dB")
    if microphone.overruns:
        print(f"{microphone.overruns} blocks were lost: this machine is too busy")
    for finding in check.findings:
        print(f"{finding.fault}: {finding.advice}")
    if check.good:
        print("good")
    return 0 if check.good else 1


def _seconds(text: str) -> float:
    """A time between a tenth of a second and an hour."""
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no number of seconds') from None
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("write 0.1 to 3600 seconds")
    return seconds


def _audio_config(options: argparse.Namespace) -> AudioConfig:
    from assistant.config import AudioConfig, load_household

    if options.input is not None:
        return AudioConfig(input=int(options.input) if options.input.isdecimal() else options.input)
    file = find_household(options.config)
    return AudioConfig() if file is None else load_household(file).config.audio


def _shown(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """The blocks, a meter moving on the terminal as they pass."""
    import numpy as np

    from assistant.audio import measure

    terminal = sys.stdout.isatty()
    recent: list[np.ndarray] = []
    for block in blocks:
        yield block
        recent.append(block)
        if terminal and len(recent) == BLOCKS_PER_BAR:
            print(f"\r{meter(measure(np.concatenate(recent)).rms_db)}", end="", flush=True)
            recent.clear()
    if terminal:
        print()


def _partials(config: Path | None) -> Partials:
    """Follows what is said to the household."""
    from assistant.model import Model
    from assistant.partials import Partials
    from assistant.recognizer import for_household
    from handlers.registry import vocabularies

    household = own_household(config)
    model = Model.load(household.model)
    recognizer = for_household(household, model, vocabularies=vocabularies(household))
    return Partials(recognizer, listen=household.listen)


def _followed(blocks: Iterable[np.ndarray], partials: Partials) -> Iterator[np.ndarray]:
    """The blocks; what is said in them stands on the terminal's last line, what was said in the lines above."""
    begin, end = ("\r\x1b[K", "") if sys.stdout.isatty() else ("", "\n")
    shown = ""
    for block in blocks:
        yield block
        for ended in partials.push(block):
            print(f"{begin}{understood(ended)}", flush=True)
            shown = ""
        if partials.text != shown:
            shown = partials.text
            print(f"{begin}{shown[1 - shutil.get_terminal_size().columns :]}", end=end, flush=True)
    for ended in partials.flush():
        print(f"{begin}{understood(ended)}")
    print(begin, end="")


def understood(heard: Interpretation) -> str:
    """`turn on the lamp: light.on, 98 %`, or why not."""
    best = heard.best
    if heard.accepted and best:
        return f"{best.text}: {best.domain}.{best.intent}, {best.confidence:.0%}"
    return f'"{heard.heard}": {heard.reason}'


def meter(level_db: float) -> str:
    """`[######      ]  -32 dB`, always of one width."""
    filled = round(BAR_WIDTH * min(max((level_db - FLOOR_DB) / -FLOOR_DB, 0.0), 1.0))
    return f"[{'#' * filled}{' ' * (BAR_WIDTH - filled)}] {level_db:5.0f} dB"


def _write(file: Path, samples: np.ndarray) -> None:
    import soundfile

    from assistant.errors import AudioError
    from assistant.messages import SAMPLE_RATE_HZ

    try:
        soundfile.write(file, samples, SAMPLE_RATE_HZ, subtype="PCM_16", format="WAV")
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioError(f"{file} cannot be written: {error}") from error
