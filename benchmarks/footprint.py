"""What the assistant takes: file, memory, start, real-time factor: `python -m benchmarks.footprint`.

Starts the real daemon in its demonstration house, lets it hear the bundled commands, and looks at the process from
outside (Linux, /proc): the broker that it starts counts too.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.audio import read_file
from assistant.model import SHIPPED, Model
from benchmarks import latency
from benchmarks.bars import print_ceiling
from benchmarks.corpus import add_data_argument, read_set

FILE_BAR_MB, MEMORY_BAR_MB, START_BAR_S, FACTOR_BAR = 25.0, 350.0, 3.0, 0.15
DEADLINE_S = 180.0
LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen of one run of the daemon."""

    start_s: float
    """From the command to the line that says it listens."""
    memory_mb: float
    """Greatest resident memory of the daemon and what it started, together."""
    utterances: int


def run_daemon() -> Run:
    """Run the demonstration to its end.

    Raises RuntimeError when it does not end well or says never that it listens.
    """
    command = [sys.executable, "-m", "assistant.cli", "run", "--demo", "--once", "--quiet"]
    began = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    lines: list[tuple[float, str]] = []

    def read() -> None:
        lines.extend((time.monotonic() - began, line) for line in process.stderr or ())

    reader = threading.Thread(target=read, name="daemon-log")
    reader.start()
    largest = 0.0
    while process.poll() is None and time.monotonic() - began < DEADLINE_S:
        largest = max(largest, sum(resident_mb(one) for one in family(process.pid)))
        time.sleep(LOOK_S)
    process.kill()
    reader.join()
    listening = [at for at, line in lines if "listening" in line]
    if process.returncode != 0 or not listening:
        raise RuntimeError("the daemon did not run to its end:\n" + "".join(line for _, line in lines[-5:]))
    return Run(listening[0], largest, sum("outcome=" in line for _, line in lines))


def family(process: int) -> list[int]:
    """Return `process` and everything that it started."""
    found = [process]
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
        except OSError:  # it ended meanwhile
            continue
        if parent == process:
            found.append(int(status.parent.name))
    return found


def resident_mb(process: int) -> float:
    """Return a process's resident memory now, 0 when it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def real_time_factor(data: Path, model: Model) -> float:
    """Return seconds of network per second of sound, median over house commands, one thread."""
    clips = [read_file(clip.file) for clip in read_set(data / "home_dev")[::8]]
    model.posteriors(clips[0])
    factors = []
    for samples in clips:
        began = time.perf_counter()
        model.posteriors(samples)
        factors.append((time.perf_counter() - began) / (len(samples) / 16_000))
    return float(np.median(factors))


def compute_ms(data: Path, model: Model) -> float:
    """Return the milliseconds from the last sample of a command to its published intent, the median; waiting apart."""
    return statistics.median(one.compute for one in latency.timings(data, model=model, language="en"))


def main(arguments: list[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.footprint", description=(__doc__ or "").split("\n")[0])
    add_data_argument(parser)
    parser.add_argument("--runs", type=int, default=3, help="runs of the daemon (default: %(default)s)")
    options = parser.parse_args(arguments)
    model = Model.load()
    runs = [run_daemon() for _ in range(options.runs)]
    rows = [
        ("model file, MB", SHIPPED.stat().st_size / 1e6, FILE_BAR_MB),
        ("daemon with broker, resident MB at most", max(run.memory_mb for run in runs), MEMORY_BAR_MB),
        ("start to listening, s, median", statistics.median(run.start_s for run in runs), START_BAR_S),
        ("network, s per s of sound, one thread", real_time_factor(options.data, model), FACTOR_BAR),
        ("compute after the last sample, ms, median", compute_ms(options.data, model), latency.COMPUTE_BAR_MS),
    ]
    for what, value, bar in rows:
        print_ceiling(what, value, bar)
    print(f"{'utterances heard in each run':<44}{', '.join(str(run.utterances) for run in runs):>9}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
