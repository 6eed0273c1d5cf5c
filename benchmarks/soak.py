"""An hour or more of speech, noise and music through the whole daemon: does it hold, and does it hear? `--help`.

A scene of some minutes is heard again and again: 20 commands a minute over noise and music, and noise, music and other
speech in between.  What is watched from outside: every command spoken is executed once, memory stays flat, threads,
descriptors and queues do not grow.  Exit status 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

from assistant.audio import read_file
from assistant.config import MqttConfig
from assistant.demo import SimulatedLamps, demo_clips
from benchmarks.process import Held, held_by
from tests.broker import Mosquitto
from tests.end_to_end.running import Oyez, Subscriber, lamp_topics, write_household
from tests.speech import RATE_HZ, mixed, noise, silence, speak
from tests.virtual_microphone import NAME, VirtualMicrophone

PAUSE_S = 0.9
"""After each command: 20 of the bundled ones are said in a minute then."""
COMMANDS = 20
"""In each of the scene's three rounds."""
WARM_UP_SCENES = 2
LOOK_S = 2.0
MEMORY_GROWTH = 1.05
NOT_COMMANDS = ("the train to London leaves at noon", "éteins toutes les lumières")
"""No command at all, and one that asks before it acts."""
TALK = (
    "I went to the market this morning and bought some apples.",
    "They say it is going to rain for the rest of the week.",
    "My sister wrote a letter to her teacher about the holidays.",
)
QUIET_DB, NOISE_DB, SOFT_MUSIC_DB, MUSIC_DB = -60.0, -40.0, -55.0, -35.0
LEAD_S = 4.0
"""Of a round's background before its first command: what begins with the command is taken for a voice."""
ALONE_S = 12.0
"""Of noise and of music without a command, after each round."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is heard, and which commands are in it."""

    samples: np.ndarray
    """(samples,) int16 at 16 kHz."""
    texts: tuple[str, ...]
    a_minute: float
    """Commands, while they are spoken."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE_HZ


def scene() -> Scene:
    """Commands in quiet, over noise and over soft music; after each round noise, music and other speech alone."""
    clips = [clip for clip in demo_clips() if clip.text not in NOT_COMMANDS]
    backgrounds: list[Callable[[float], np.ndarray]] = [
        partial(noise, level_db=QUIET_DB, seed=1),
        partial(noise, level_db=NOISE_DB, seed=2),
        partial(music, level_db=SOFT_MUSIC_DB),
    ]
    parts, texts, spoken_s = [], [], 0.0
    talk = np.concatenate([speak(text) for text in TALK])
    for first, background in enumerate(backgrounds):
        said = [clips[(first + number) % len(clips)] for number in range(COMMANDS)]
        texts += [clip.text for clip in said]
        commands = np.concatenate([part for clip in said for part in (read_file(clip.file), silence(PAUSE_S))])
        spoken_s += len(commands) / RATE_HZ
        sound = np.concatenate([silence(LEAD_S), commands])
        parts.append(mixed(sound, background(len(sound) / RATE_HZ + 1)))
        parts += [noise(ALONE_S, level_db=NOISE_DB, seed=3), music(ALONE_S, level_db=MUSIC_DB), talk, silence(1.5)]
    return Scene(np.concatenate(parts), tuple(texts), a_minute=len(texts) / spoken_s * 60)


def music(seconds: float, *, level_db: float) -> np.ndarray:
    """(samples,) int16: four chords in turn, plucked, with their overtones."""
    roots_hz = (220.0, 174.6, 261.6, 196.0)
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    bar = (time_s // 2).astype(int) % len(roots_hz)
    root_hz = np.asarray(roots_hz)[bar]
    sound = np.zeros_like(time_s)
    for interval in (1.0, 1.25, 1.5):
        for overtone in (1, 2, 3):
            sound += np.sin(2 * np.pi * root_hz * interval * overtone * time_s) / overtone
    sound *= np.exp(-3 * (time_s % 0.5))
    sound *= 10 ** (level_db / 20) / np.sqrt(np.mean(np.square(sound)))
    return (sound * 32767).clip(-32768, 32767).astype(np.int16)


@dataclass(slots=True)
class Watched:
    """What was seen of the daemon."""

    held: list[tuple[int, Held]] = field(default_factory=list)
    """With the count of commands until then."""
    texts: list[str] = field(default_factory=list)
    """Of accepted commands, in order."""
    results: Counter[str] = field(default_factory=Counter)
    """Codes."""
    health: dict[str, float] = field(default_factory=dict)
    """The last counters and gauges."""
    wall_s: float = 0.0
    heard_s: float = 0.0
    commands_expected: int = 0


def run(one: Scene, *, scenes: int, real_time: bool) -> Watched:
    """Let a daemon hear the scene so many times, from files or in real time from the microphone."""
    watched = Watched(heard_s=scenes * one.seconds, commands_expected=scenes * len(one.texts))
    with tempfile.TemporaryDirectory(prefix="oyez-soak-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(Mosquitto(folder))
        lamps = stack.enter_context(SimulatedLamps(MqttConfig(url=broker.url), topics=lamp_topics()))
        lamps.wait_ready(30)
        bus = stack.enter_context(Subscriber(broker.port, "oyez/#"))
        write_household(folder, f"audio: {{input: {NAME}}}", port=broker.port)
        played = folder / "scene.wav"
        soundfile.write(played, one.samples, RATE_HZ, subtype="PCM_16")
        source = [] if real_time else ["--once", "--fast", "--play", *[str(played)] * scenes]
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        oyez = Oyez("--config", folder / "oyez.yaml", *source, folder=folder, environment=microphone.environment)
        stack.enter_context(oyez)
        oyez.wait_for("message=listening")
        began = time.monotonic()
        if real_time:
            speaking = threading.Thread(target=microphone.speak, args=(np.tile(one.samples, scenes),))
            speaking.start()
            watch(oyez, bus, watched, until=lambda: not speaking.is_alive())
            time.sleep(LOOK_S)
        else:
            watch(oyez, bus, watched, until=lambda: not oyez.alive)
        watched.wall_s = time.monotonic() - began
        if "Traceback" in oyez.log or (not real_time and oyez.wait()):
            print(oyez.log[-3000:], file=sys.stderr)
            raise RuntimeError("the daemon did not end well")
        collect(bus, watched)
    return watched


def watch(oyez: Oyez, bus: Subscriber, watched: Watched, *, until: Callable[[], bool]) -> None:
    """Look at the process every other second."""
    tick = threading.Event()
    while not until():
        try:
            watched.held.append((len(bus.under("oyez/test/intent/")), held_by(oyez.pid)))
        except (OSError, KeyError):  # it has just ended
            return
        tick.wait(LOOK_S)


def collect(bus: Subscriber, watched: Watched) -> None:
    """Read what came over MQTT."""
    watched.texts = [json.loads(payload)["text"] for _, payload in bus.under("oyez/test/intent/")]
    watched.results = Counter(json.loads(payload)["code"] for payload in bus.seen("oyez/test/result"))
    for payload in bus.seen("oyez/test/health")[-1:]:
        told = json.loads(payload)
        watched.health = {**told.get("counters", {}), **told.get("gauges", {}), **told.get("timings_ms", {})}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and its limit."""

    what: str
    value: str
    limit: str
    good: bool


def judged(watched: Watched, one: Scene) -> list[Row]:
    """Return the table."""
    expected = [text for _ in range(round(watched.commands_expected / len(one.texts))) for text in one.texts]
    matched = _matched(expected, watched.texts)
    warm = min(WARM_UP_SCENES, max(round(len(expected) / len(one.texts)) - 1, 0)) * len(one.texts)
    missed = sum(not hit for hit in matched[warm:])
    extra = len(watched.texts) - sum(matched)
    after = [held for count, held in watched.held if count >= warm]
    quarter = max(len(after) // 4, 1)
    first, last = after[:quarter], after[-quarter:]
    memory = (median(held.memory_mb for held in first), median(held.memory_mb for held in last))
    done = sum(watched.results[code] for code in ("done", "already-done"))
    dropped = {key: n for key, n in watched.health.items() if n and key.endswith(("dropped", "failed", "overruns"))}
    waiting = {key: n for key, n in watched.health.items() if n and key.endswith("_waiting")}
    return [
        Row("sound heard, min", f"{watched.heard_s / 60:.1f} in {watched.wall_s / 60:.1f}", "", good=True),
        Row("commands spoken", str(len(expected)), "", good=True),
        Row("commands a minute, while they are spoken", f"{one.a_minute:.1f}", "20", good=one.a_minute >= 20),
        Row("commands missed after the warm-up", str(missed), "0", good=not missed),
        Row("of these done by their lamps", f"{done}", "all", good=done >= sum(matched)),
        Row("accepted, and nobody had said it", str(extra), "", good=True),
        Row(
            "memory, MB, first and last quarter",
            f"{memory[0]:.1f}, {memory[1]:.1f}",
            f"+{MEMORY_GROWTH - 1:.0%}",
            good=memory[1] <= memory[0] * MEMORY_GROWTH,
        ),
        _steady("threads", [held.threads for held in first], [held.threads for held in last]),
        _steady("descriptors", [held.descriptors for held in first], [held.descriptors for held in last]),
        Row("dropped, failed, lost", _shown(dropped), "none", good=not dropped),
        Row("waiting in queues at the end", _shown(waiting), "none", good=not waiting),
    ]


def _matched(expected: list[str], heard: list[str]) -> list[bool]:
    """Which of the expected commands were heard, in order."""
    # The longest common subsequence: the list repeats, so that anything less than the best alignment shifts by a round.
    longest = np.zeros((len(expected) + 1, len(heard) + 1), np.int32)
    for one in range(len(expected) - 1, -1, -1):
        for other in range(len(heard) - 1, -1, -1):
            same = expected[one] == heard[other]
            below, right = longest[one + 1, other], longest[one, other + 1]
            longest[one, other] = longest[one + 1, other + 1] + 1 if same else max(below, right)
    hits, other = [], 0
    for one, text in enumerate(expected):
        found = next((at for at in range(other, len(heard)) if heard[at] == text), None)
        hit = found is not None and longest[one + 1, found + 1] + 1 >= longest[one + 1, other]
        hits.append(hit)
        other = found + 1 if hit and found is not None else other
    return hits


def _steady(what: str, first: list[int], last: list[int]) -> Row:
    return Row(f"{what}, first and last quarter", f"{max(first)}, {max(last)}", "+0", good=max(last) <= max(first))


def _shown(counts: dict[str, float]) -> str:
    return ", ".join(f"{name} {count:g}" for name, count in counts.items()) or "none"


def main(arguments: list[str] | None = None) -> int:
    """Print a table for each run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=66, help="of sound, as fast as it goes (default: %(default)s)")
    parser.add_argument("--real-time", type=float, default=0, metavar="MIN", help="then minutes by the microphone")
    options = parser.parse_args(arguments)
    one, good = scene(), True
    for minutes, real_time in ((options.minutes, False), (options.real_time, True)):
        if not minutes:
            continue
        rows = judged(run(one, scenes=max(round(minutes * 60 / one.seconds), 2), real_time=real_time), one)
        print(f"\n{'in real time, by the microphone' if real_time else 'as fast as it goes, from files'}\n")
        print("| what | value | limit | |\n|---|---:|---:|---|")
        for row in rows:
            print(f"| {row.what} | {row.value} | {row.limit} | {'held' if row.good else 'BROKEN'} |")
            good = good and row.good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
