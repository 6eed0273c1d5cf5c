"""A machine to install on: a real systemd as PID 1 of namespaces of its own, on this system's programs.

Its /etc, /opt, /var and /run are its own and gone afterwards; network, processors and /usr are this system's.  Needs
root, or sudo that asks nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

PATIENCE_S = 300.0
"""Whatever works takes a hundredth of this, where nothing else is going on."""
INSTALL_S = 900.0
"""Installing everything anew, on a machine that is busy with other things."""
BOOT = Path(__file__).with_name("boot.sh")
_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n"]
_ENTER_CGROUPS = """
while IFS=: read -r _ controllers path; do
    tree="/sys/fs/cgroup/${controllers#name=}"
    if [ -z "$controllers" ]; then tree=/sys/fs/cgroup/unified; [ -d "$tree" ] || tree=/sys/fs/cgroup; fi
    mkdir -p "$tree$path/$1"
    # Some trees (cpuset) take nobody without being set up; systemd needs none of those.
    echo $$ >"$tree$path/$1/cgroup.procs" || true
done </proc/self/cgroup
"""
_LEAVE_CGROUPS = 'find /sys/fs/cgroup -depth -type d -path "*/$1*" -exec rmdir {} +'


class Machine:
    """Switched on while it is entered as a context manager."""

    def __init__(self, folder: Path) -> None:
        """folder: where its own files are."""
        self._folder = folder
        self.shared = folder / "srv"
        """What the machine sees as /srv; all else that both see, it cannot write."""
        self._group = f"oyez-test-{os.getpid()}"
        self._unshare: subprocess.Popen[bytes] | None = None
        self._init = 0

    def __enter__(self) -> Self:
        namespaces = "--cgroup --ipc --uts --mount --pid --fork --kill-child --mount-proc"
        boot = f'{_ENTER_CGROUPS}\nexec setpriv --pdeathsig KILL unshare {namespaces} "$2" "$3"'
        with (self._folder / "boot.log").open("wb") as log:
            self._unshare = subprocess.Popen(
                [*_ROOT, "bash", "-euc", boot, "boot", self._group, BOOT, self._folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._unshare is not None:
            # With PID 1 of its namespace every process of the machine ends.
            victim = self._init or self._unshare.pid
            subprocess.run([*_ROOT, "kill", "-KILL", str(victim)], check=False, capture_output=True)
            self._unshare.wait(PATIENCE_S)
        subprocess.run([*_ROOT, "bash", "-c", _LEAVE_CGROUPS, "leave", self._group], check=False, capture_output=True)
        subprocess.run([*_ROOT, "rm", "-rf", "--one-file-system", self._folder], check=False)

    @property
    def _log(self) -> str:
        return (self._folder / "boot.log").read_text(errors="replace")

    def command(self, *arguments: str | Path) -> list[str]:
        """What runs `arguments` as root of that machine."""
        return [*_ROOT, "nsenter", f"--target={self._init}", "--all", "--", *map(str, arguments)]

    def run(
        self,
        *arguments: str | Path,
        status: int | None = 0,
        timeout_s: float = PATIENCE_S,
    ) -> str:
        """Run a command there; returns what it told.  status: what it must end with, None for any."""
        ended = subprocess.run(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert status in {None, ended.returncode}, f"{arguments} ended with {ended.returncode}:\n{ended.stdout}"
        return ended.stdout

    def write(self, file: str, text: str) -> None:
        """Put `text` into a file there, and make its folder."""
        self.run("bash", "-c", 'mkdir -p "${0%/*}" && printf %s "$1" >"$0"', file, text)

    def show(self, unit: str, *properties: str) -> Sequence[str]:
        """Properties of a unit, as systemd knows them."""
        told = self.run("systemctl", "show", unit, *(f"--property={name}" for name in properties)).splitlines()
        values = dict(line.split("=", 1) for line in told)
        return [values[name] for name in properties]

    def wait_until(self, state: str, *units: str) -> None:
        """Return when every unit is in that state."""
        self.wait_for(lambda: all(self.show(unit, "ActiveState") == [state] for unit in units), *units)

    def wait_for(self, true: Callable[[], bool], *units: str) -> None:
        """Return when it is true; these units are looked at where it does not come to that."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, self.run("systemctl", "status", "--no-pager", *units, status=None)
            time.sleep(0.1)

    def _wait(self) -> None:
        assert self._unshare is not None
        deadline = time.monotonic() + PATIENCE_S
        while not self._booted():
            assert self._unshare.poll() is None, self._log
            assert time.monotonic() < deadline, f"systemd does not start: {self._log}"
            time.sleep(0.1)

    def _booted(self) -> bool:
        """Whether systemd answers."""
        assert self._unshare is not None
        self._init = self._init or _child_of_unshare(self._unshare.pid)
        if not self._init:
            return False
        answer = subprocess.run(
            self.command("systemctl", "is-system-running"), capture_output=True, text=True, check=False
        )
        return answer.stdout.strip() in {"running", "degraded"}


def _child_of_unshare(pid: int) -> int:
    """PID 1 of the namespace that a process, or one below it (under sudo), has made; 0 while there is none."""
    with contextlib.suppress(FileNotFoundError):
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        if Path(f"/proc/{pid}/comm").read_text() == "unshare\n":
            return children[0] if children else 0
        return next((found for child in children if (found := _child_of_unshare(child))), 0)
    return 0


def copy_source(root: Path, target: Path) -> Path:
    """What a checkout holds that is installed from, as a folder that may be changed; returns it."""
    for name in ("assistant", "handlers", "benchmarks", "deploy", "systemd", "docs"):
        shutil.copytree(root / name, target / name, ignore=shutil.ignore_patterns("__pycache__"), symlinks=True)
    for name in ("pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(root / name, target / name)
    return target
