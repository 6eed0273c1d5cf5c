"""Fuzz everything that takes input from outside, for as long as you like: `python -m benchmarks.fuzz --minutes 3`.

Each target runs in a process of its own: one that crashes or hangs is reported with its last input, and the others go
on.  With `--coverage` atheris looks for new paths through the code of the file formats (`pip install 'oyez[fuzz]'`).
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.target import HangError, Target, attempt
from tests.fuzz.targets import TARGETS

ROUND = 400
"""Inputs after which hypothesis begins anew: it remembers all of them."""
STUCK_S = 600.0
"""A process that has told nothing for so long hangs."""
COVERED = ("household", "sentences", "vcard")
"""Targets of which atheris follows the code: formats that are read by Python."""
SHOWN = 60


class _TimeIsUpError(BaseException):
    """Ends a round; hypothesis would take an exception for a failure."""


@dataclass(slots=True)
class Tally:
    """What came of one target."""

    name: str
    tried: int = 0
    seconds: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)
    """How many were taken, and refused by each error."""
    slowest_s: float = 0.0
    slowest: str = ""
    memory_mb: float = 0.0
    defects: list[str] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the targets one after the other and print a table; returns 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="names of targets; all when absent")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target (default: 1)")
    parser.add_argument("--jobs", type=int, default=1, help="targets at a time (default: 1)")
    parser.add_argument("--seed", type=int, help="begin with this one instead of the time")
    parser.add_argument("--coverage", action="store_true", help=f"with atheris: {', '.join(COVERED)}")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    by_name = {target.name: target for target in TARGETS}
    if chosen.child is not None:
        _fuzz(by_name[chosen.targets[0]], Path(chosen.child), seconds=chosen.minutes * 60, first_seed=chosen.seed)
        return 0
    names = chosen.targets or [name for name in by_name if not chosen.coverage or name in COVERED]
    if unknown := [name for name in names if name not in by_name]:
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(by_name)}")
    run = _covered if chosen.coverage else _apart
    first_seed = int(time.time()) if chosen.seed is None else chosen.seed
    print(f"seed {first_seed}, {chosen.minutes:g} minutes a target")
    print("| target | inputs | seconds | taken and refused | slowest | of which | memory |")
    print("|---|---|---|---|---|---|---|")
    tallies = []
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for tally in pool.map(partial(run, minutes=chosen.minutes, first_seed=first_seed), names):
            tallies.append(tally)
            print(_row(tally), flush=True)
    found = [(tally.name, defect) for tally in tallies for defect in tally.defects]
    for name, defect in found:
        print(f"\n{name}:\n{defect}")
    print(f"\n{sum(tally.tried for tally in tallies)} inputs, {len(found)} defects")
    return 1 if found else 0


def _row(tally: Tally) -> str:
    outcomes = ", ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items()))
    slowest = f"{tally.slowest_s:.2f} s"
    return (
        f"| {tally.name} | {tally.tried} | {tally.seconds:.0f} | {outcomes} | {slowest}"
        f" | `{tally.slowest}` | {tally.memory_mb:.0f} MiB |"
    )


def _apart(name: str, *, minutes: float, first_seed: int) -> Tally:
    """Fuzz a target in a process of its own."""
    whole = Tally(name)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "benchmarks.fuzz", "--child", str(report), "--minutes", str(minutes)]
        process = subprocess.Popen([*command, "--seed", str(first_seed), name], stderr=subprocess.PIPE, text=True)
        died = _wait(process, report, seconds=minutes * 60)
        errors = process.communicate()[1]
        if report.exists():
            whole = Tally(**json.loads(report.read_text()))
        if died or process.returncode:
            last = report.with_suffix(".input")
            given = last.read_text() if last.exists() else "no input"
            what = died or f"the process ended with {process.returncode}"
            whole.defects.append(f"{what}; its last input was {given[:2000]}\n{errors[-3000:]}")
    return whole


def _wait(process: subprocess.Popen[str], report: Path, *, seconds: float) -> str | None:
    """Wait for the end; returns why it was ended from here, None where it ended by itself."""
    last = report.with_suffix(".input")
    deadline = time.monotonic() + seconds + 10 * STUCK_S
    while process.poll() is None:
        try:
            process.wait(1.0)
        except subprocess.TimeoutExpired:
            quiet = last.exists() and time.time() - last.stat().st_mtime > STUCK_S
            if quiet or time.monotonic() > deadline:
                process.kill()
                return "it hangs"
    return None


def _fuzz(target: Target, report: Path, *, seconds: float, first_seed: int) -> None:
    """Try inputs until the time is over; what came of them stands in the report."""
    logging.disable(logging.CRITICAL)
    tally = Tally(target.name)
    target.prepare()
    began = time.monotonic()
    last = report.with_suffix(".input").open("w")
    known: set[str] = set()
    number = first_seed

    def one(given_: Any) -> None:
        if time.monotonic() - began > seconds:
            raise _TimeIsUpError
        last.seek(0)
        last.write(repr(given_)[:20_000])
        last.truncate()
        last.flush()
        _try(target, given_, tally)

    while time.monotonic() - began < seconds:
        number += 1
        # Each round's own seed, so that a defect can be had again by `--seed`.
        run = seed(number)(settings(_ROUND)(given(target.inputs)(one)))
        try:
            run()
        except _TimeIsUpError:
            pass
        except HangError as error:  # hypothesis lets it through, and does not look for a smaller input
            where = "".join(traceback.format_exception(error)[-3:])
            tally.defects.append(f"seed {number}\n{where}{report.with_suffix('.input').read_text()[:3000]}")
        except Exception as error:  # noqa: BLE001 - whatever a target does not document is a defect
            for defect in error.exceptions if isinstance(error, ExceptionGroup) else [error]:
                where = "".join(traceback.format_exception(defect)[-3:])
                if where not in known:
                    known.add(where)
                    notes = "\n".join(getattr(defect, "__notes__", ()))
                    tally.defects.append(f"seed {number}\n{where}{notes[:3000]}")
        tally.seconds = time.monotonic() - began
        report.write_text(json.dumps(asdict(tally)))


_ROUND = settings(
    max_examples=ROUND,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


def _try(target: Target, given_: Any, tally: Tally) -> None:
    tally.tried += 1
    trial = attempt(target, given_)
    outcome = trial.refused or "taken"
    tally.outcomes[outcome] = tally.outcomes.get(outcome, 0) + 1
    tally.memory_mb = max(tally.memory_mb, trial.memory_mb)
    if trial.seconds > tally.slowest_s:
        tally.slowest_s, tally.slowest = trial.seconds, _short(given_)


def _short(given_: Any) -> str:
    """The beginning of an input, fit for a table's cell."""
    text = re.sub(r"[^ -{}~]", "?", repr(given_))  # no bars
    return text.replace("`", "'") if len(text) <= SHOWN else text[:SHOWN].replace("`", "'") + f"... ({len(text)})"


def _covered(name: str, *, minutes: float, first_seed: int) -> Tally:
    """Let atheris look for inputs that reach new code."""
    tally = Tally(name)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.fuzz.covered", name, folder, f"-max_total_time={round(minutes * 60)}"]
        flags = [f"-seed={first_seed & 0x7FFFFFFF}", "-print_final_stats=1", "-timeout=30", "-rss_limit_mb=1024"]
        ended = subprocess.run([*command, *flags], capture_output=True, text=True, check=False)
        tally.seconds = time.monotonic() - began
        told = dict(re.findall(r"stat::(\w+):\s+(\d+)", ended.stderr))
        tally.tried = int(told.get("number_of_executed_units", 0))
        tally.memory_mb = float(told.get("peak_rss_mb", 0))
        tally.slowest_s = float(told.get("slowest_unit_time_sec", 0))
        covered = re.findall(r"cov: (\d+)", ended.stderr)
        tally.outcomes["edges covered"] = int(covered[-1]) if covered else 0
        if ended.returncode:
            tally.defects.append(ended.stderr[-4000:])
    return tally


if __name__ == "__main__":
    sys.exit(main())
