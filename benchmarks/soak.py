"""An hour or more of speech, noise and music through the whole daemon: does it hold, and does it hear? `--help`.

A scene of some minutes is heard again and again: 20 commands a minute over noise and music, and noise, music and other
speech in between.  What is watched from outside: every command spoken is executed once, memory stays flat, threads,
descriptors and queues do not grow.  Exit status 1 where a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
from tests.virtual_microphone import NAME, ONE_WAY, VirtualMicrophone

PAUSE_S = 0.9
"""After each command: 20 of the bundled ones are said in a minute then."""
COMMANDS = 20
"""In each of the scene's three rounds."""
WARM_UP_SCENES = 2
PREFERRED = ("nice", "-n", "-10")
"""In real time others on the machine must not matter; a service may be given the same."""
LOOK_S = 2.0
LAST_S = 10.0
"""What the last command may take, on a machine that is busy."""
MEMORY_GROWTH = 1.05
MEANT = {
    "turn on the reading lamp": "on reading_lamp",
    "set the floor lamp to thirty percent": "brightness floor_lamp 30",
    "turn off the lights in the living room": "off living_room",
    "enciende la lámpara del techo": "on kitchen_ceiling",
    "pon la lámpara de pie al cincuenta por ciento": "brightness floor_lamp 50",
    "apaga las luces de la cocina": "off kitchen",
    "allume la lampe de chevet": "on bedside_lamp",
    "mets la lampe de chevet en bleu": "color bedside_lamp blue",
}
"""Bundled clips and what they are to do: all but one that is no command, and one that asks before it acts."""
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
    meant: tuple[str, ...]
    """Intent and slots of each; what people say to one effect differs in a word, and what is heard may as well."""
    a_minute: float
    """Commands, while they are spoken."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / RATE_HZ


def scene(*, commands: int = COMMANDS, alone_s: float = ALONE_S) -> Scene:
    """So many commands each in quiet, over noise and over soft music; after each noise, music and talk alone."""
    clips = [clip for clip in demo_clips() if clip.text in MEANT]
    backgrounds: list[Callable[[float], np.ndarray]] = [
        partial(noise, level_db=QUIET_DB, seed=1),
        partial(noise, level_db=NOISE_DB, seed=2),
        partial(music, level_db=SOFT_MUSIC_DB),
    ]
    parts, meant, spoken_s = [], [], 0.0
    talk = np.concatenate([speak(text) for text in TALK])
    for first, background in enumerate(backgrounds):
        said = [clips[(first + number) % len(clips)] for number in range(commands)]
        meant += [MEANT[clip.text] for clip in said]
        spoken = np.concatenate([part for clip in said for part in (read_file(clip.file), silence(PAUSE_S))])
        spoken_s += len(spoken) / RATE_HZ
        sound = np.concatenate([silence(LEAD_S), spoken])
        parts.append(mixed(sound, background(len(sound) / RATE_HZ + 1)))
        parts += [noise(alone_s, level_db=NOISE_DB, seed=3), music(alone_s, level_db=MUSIC_DB), talk, silence(1.5)]
    return Scene(np.concatenate(parts), tuple(meant), a_minute=len(meant) / spoken_s * 60)


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

    held: list[tuple[float, Held]] = field(default_factory=list)
    """With the part of the sound that had been heard by then, 0 to 1."""
    meant: list[str] = field(default_factory=list)
    """Intent and slots of accepted commands, in order."""
    ids: list[str] = field(default_factory=list)
    """Of the same commands."""
    done: set[str] = field(default_factory=set)
    """Ids of those that a handler has done."""
    failures: Counter[str] = field(default_factory=Counter)
    """Codes of results that say that something was not done."""
    sound_mb: float = 0.0
    """What the daemon holds of the files that it plays."""
    health: dict[str, float] = field(default_factory=dict)
    """The last counters and gauges."""
    wall_s: float = 0.0
    heard_s: float = 0.0
    meant_to_be: tuple[str, ...] = ()
    """Intent and slots of what was spoken."""


def run(one: Scene, *, scenes: int, real_time: bool) -> Watched:
    """Let a daemon hear the scene so many times, from files or in real time from the microphone."""
    watched = Watched(heard_s=scenes * one.seconds, meant_to_be=one.meant * scenes)
    with tempfile.TemporaryDirectory(prefix="oyez-soak-") as name, ExitStack() as stack:
        folder = Path(name)
        broker = stack.enter_context(Mosquitto(folder))
        lamps = stack.enter_context(SimulatedLamps(MqttConfig(url=broker.url), topics=lamp_topics()))
        lamps.wait_ready(30)
        bus = stack.enter_context(Subscriber(broker.port, "oyez/#"))
        write_household(folder, f"audio: {{input: {NAME}}}", ONE_WAY, port=broker.port)
        played = folder / "scene.wav"
        soundfile.write(played, one.samples, RATE_HZ, subtype="PCM_16")
        source = [] if real_time else ["--once", "--fast", "--play", *[str(played)] * scenes]
        microphone = stack.enter_context(VirtualMicrophone(folder / "microphone"))
        under = PREFERRED if real_time and os.geteuid() == 0 else ()
        arguments = ["--config", str(folder / "oyez.yaml"), *source]
        oyez = Oyez(*arguments, folder=folder, environment=microphone.environment, under=under)
        stack.enter_context(oyez)
        oyez.wait_for("message=listening")
        began = time.monotonic()
        if real_time:
            speaking = threading.Thread(target=microphone.speak, args=(np.tile(one.samples, scenes),))
            speaking.start()
            watch(oyez, bus, watched, until=lambda: not speaking.is_alive())
            time.sleep(LAST_S)
        else:
            watched.sound_mb = one.samples.nbytes * scenes / 2**20
            watch(oyez, bus, watched, until=lambda: not oyez.alive)
        watched.wall_s = time.monotonic() - began
        collect(bus, watched)
        if "Traceback" in oyez.log or (real_time and not oyez.alive) or (not real_time and oyez.wait()):
            print(oyez.log[-3000:], file=sys.stderr)
            raise RuntimeError("the daemon did not end well")
    return watched


def watch(oyez: Oyez, bus: Subscriber, watched: Watched, *, until: Callable[[], bool]) -> None:
    """Look at the process every other second."""
    tick = threading.Event()
    while not until():
        try:
            heard = len(bus.under("oyez/test/intent/")) / len(watched.meant_to_be)
            watched.held.append((heard, held_by(oyez.pid)))
        except (OSError, KeyError):  # it has just ended
            return
        tick.wait(LOOK_S)


def collect(bus: Subscriber, watched: Watched) -> None:
    """Read what came over MQTT."""
    # A command that nobody has answered is published again, under its id.
    intents = {told["id"]: told for _, payload in bus.under("oyez/test/intent/") if (told := json.loads(payload))}
    watched.ids = list(intents)
    watched.meant = [" ".join(map(str, (told["intent"], *told["slots"].values()))) for told in intents.values()]
    results = [json.loads(payload) for payload in bus.seen("oyez/test/result")]
    watched.done = {result["id"] for result in results if result["ok"]}
    watched.failures = Counter(result["code"] for result in results if not result["ok"])
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
    matched = _matched(watched.meant_to_be, watched.meant)
    scenes = len(watched.meant_to_be) // len(one.meant)
    warm = min(WARM_UP_SCENES, scenes - 1)
    missed = sum(at is None for at in matched[warm * len(one.meant) :])
    found = [at for at in matched if at is not None]
    undone = sum(watched.ids[at] not in watched.done for at in found)
    after = [held for heard, held in watched.held if heard >= warm / scenes] or [held for _, held in watched.held]
    quarter = max(len(after) // 4, 1)
    first, last = after[:quarter], after[-quarter:]
    memory = [median(held.memory_mb for held in part) - watched.sound_mb for part in (first, last)]
    dropped = {key: n for key, n in watched.health.items() if n and key.endswith(("dropped", "failed", "overruns"))}
    waiting = {key: n for key, n in watched.health.items() if n and key.endswith("_waiting")}
    return [
        Row("sound heard, min", f"{watched.heard_s / 60:.1f} in {watched.wall_s / 60:.1f}", "", good=True),
        Row("commands spoken", str(len(watched.meant_to_be)), "", good=True),
        Row("commands a minute, while they are spoken", f"{one.a_minute:.1f}", "20", good=one.a_minute >= 20),
        Row("commands missed after the warm-up", str(missed), "0", good=not missed),
        Row("commands heard, and not done by their lamp", _with(undone, watched.failures), "0", good=not undone),
        Row("accepted, and nobody had said it", str(len(watched.meant) - len(found)), "", good=True),
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


def course(watched: Watched) -> str:
    """Return the memory at every tenth of the sound, MB."""
    tenths = [[held.memory_mb for heard, held in watched.held if int(heard * 10) == tenth] for tenth in range(10)]
    return ", ".join(f"{median(part) - watched.sound_mb:.0f}" if part else "-" for part in tenths)


def _matched(expected: Sequence[str], heard: Sequence[str]) -> list[int | None]:
    """Return for each of the expected commands which one of those that were heard it is, None where it was missed."""
    # The longest common subsequence: the list repeats, so that anything less than the best alignment shifts by a round.
    longest = np.zeros((len(expected) + 1, len(heard) + 1), np.int32)
    for one in range(len(expected) - 1, -1, -1):
        for other in range(len(heard) - 1, -1, -1):
            same = expected[one] == heard[other]
            below, right = longest[one + 1, other], longest[one, other + 1]
            longest[one, other] = longest[one + 1, other + 1] + 1 if same else max(below, right)
    hits: list[int | None] = []
    other = 0
    for one, meant in enumerate(expected):
        found = next((at for at in range(other, len(heard)) if heard[at] == meant), None)
        hit = found is not None and longest[one + 1, found + 1] + 1 >= longest[one + 1, other]
        hits.append(found if hit else None)
        other = found + 1 if hit and found is not None else other
    return hits


def _steady(what: str, first: list[int], last: list[int]) -> Row:
    return Row(f"{what}, first and last quarter", f"{max(first)}, {max(last)}", "+0", good=max(last) <= max(first))


def _with(count: int, failures: Mapping[str, int]) -> str:
    return f"{count} ({_shown(failures)})" if failures else str(count)


def _shown(counts: Mapping[str, float]) -> str:
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
        watched = run(one, scenes=max(math.ceil(minutes * 60 / one.seconds), 2), real_time=real_time)
        rows = judged(watched, one)
        print(f"\n{'in real time, by the microphone' if real_time else 'as fast as it goes, from files'}\n")
        print("| what | value | limit | |\n|---|---:|---:|---|")
        for row in rows:
            print(f"| {row.what} | {row.value} | {row.limit} | {'held' if row.good else 'BROKEN'} |")
            good = good and row.good
        note = f"; the sound itself, {watched.sound_mb:.0f} MB, is left out" if watched.sound_mb else ""
        print(f"\nMemory at each tenth, MB{note}: {course(watched)}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
