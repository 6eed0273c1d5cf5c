"""Installed as on a Raspberry Pi: real systemd, real packages, and what goes wrong on the way.

One machine for all tests of this file, in their order: the last one takes everything away again.
"""

import os
import pty
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import parse_household
from tests.broker import Mosquitto
from tests.deploy.machine import INSTALL_S, Machine, copy_source
from tests.virtual_microphone import CONFIGURATION, NAME, VirtualMicrophone

ROOT = Path(__file__).parents[2]
INSTALL, UNINSTALL = "/srv/source/deploy/install", "/srv/source/deploy/uninstall"
HOUSEHOLD = "site: home\nstate: /var/lib/oyez\nmqtt: {{url: 'mqtt://127.0.0.1:{port}'}}\n"
WATCHDOG_S = 8
"""In the place of a minute."""
DROP_IN = "/etc/systemd/system/oyez.service.d"
pytestmark = pytest.mark.timeout(2 * INSTALL_S)


class Installed:
    """A machine with Oyez on it, and the folder that it was installed from."""

    def __init__(self, machine: Machine, source: Path) -> None:
        self.machine, self.source = machine, source

    @property
    def current(self) -> str:
        """The version that is started."""
        return Path(self.machine.run("readlink", "/opt/oyez/current").strip()).name

    @property
    def pid(self) -> int:
        """Of the assistant, which is ready."""
        state, pid = self.machine.show("oyez.service", "ActiveState", "MainPID")
        assert state == "active"
        return int(pid)

    def restart(self) -> None:
        """With the units as they are now."""
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "restart", "oyez.service")

    def wait_until_it_listens(self) -> None:
        self.machine.wait_for(lambda: "message=listening" in self.log(), "oyez.service")

    def wait_for_restart(self) -> str:
        """Wait until systemd has started it anew by itself; returns the log of the one before."""
        [before], restarts = self.machine.show("oyez.service", "InvocationID"), self._restarts
        self.machine.wait_for(lambda: self._restarts > restarts, "oyez.service")
        self.machine.wait_until("active", "oyez.service")
        return self.log(before)

    @property
    def _restarts(self) -> int:
        return int(self.machine.show("oyez.service", "NRestarts")[0])

    def log(self, invocation: str | None = None) -> str:
        """What was told by the one that runs, or by another one."""
        invocation = invocation or self.machine.show("oyez.service", "InvocationID")[0]
        return self.machine.run("journalctl", "--quiet", "--output=cat", f"_SYSTEMD_INVOCATION_ID={invocation}")

    def install(self, *flags: str, status: int = 0) -> str:
        return self.machine.run(INSTALL, *flags, status=status, timeout_s=INSTALL_S)

    def change(self) -> None:
        """Let the source be another version, as after `git pull`."""
        with (self.source / "handlers" / "__init__.py").open("a") as file:
            file.write("# another version\n")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, shared_broker: Mosquitto) -> Iterator[Installed]:
    """First as into an image, where no systemd runs; then with it."""
    with Machine(tmp_path_factory.mktemp("machine")) as machine:
        source = copy_source(ROOT, machine.shared / "source")
        hidden = "mount -t tmpfs none /run && exec $0"
        told = machine.run("unshare", "--mount", "bash", "-c", hidden, INSTALL, timeout_s=INSTALL_S)
        assert "No systemd runs here: it starts with the machine." in told
        assert machine.show("oyez.service", "ActiveState", "UnitFileState") == ["inactive", "enabled"]
        first = machine.run("cat", "/etc/oyez/oyez.yaml")
        assert parse_household(first, path=Path("oyez.yaml")).config.site == "home"
        household = HOUSEHOLD.format(port=shared_broker.port)
        machine.write("/etc/oyez/oyez.yaml", household)
        one = Installed(machine, source)
        assert "it is ready" in one.install()
        assert machine.run("cat", "/etc/oyez/oyez.yaml") == household
        yield one


def test_the_service_runs_as_nobody_who_may_do_anything(installed: Installed) -> None:
    account, groups = installed.machine.run("id", "--name", "--groups", "oyez").split()
    assert (account, groups) == ("oyez", "audio")
    status = installed.machine.run("cat", f"/proc/{installed.pid}/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines())
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"
    assert {facts[kind] for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert "0" not in facts["Uid"].split()
    assert installed.machine.run("stat", "--format=%U %a", "/etc/oyez/oyez.yaml", "/var/lib/oyez").splitlines() == [
        "root 640",
        "oyez 750",
    ]


def test_the_command_is_there_for_everybody(installed: Installed) -> None:
    told = installed.machine.run("runuser", "-u", "nobody", "--", "oyez", "version")
    assert told.startswith("oyez 0.")


def test_a_second_call_changes_nothing(installed: Installed) -> None:
    pid, version = installed.pid, installed.current
    assert installed.install() == f"Oyez {version} is installed already.\n"
    assert installed.pid == pid


def test_two_do_not_install_at_once(installed: Installed) -> None:
    told = installed.machine.run("flock", "/opt/oyez/lock", INSTALL, status=1)
    assert told == "error: another installation is at work; its lock is /opt/oyez/lock\n"


def test_a_handler_runs_beside_the_assistant(installed: Installed) -> None:
    machine = installed.machine
    machine.run("systemctl", "enable", "--quiet", "--now", "oyez-handler@light")
    assert machine.show("oyez-handler@light", "ActiveState", "Type") == ["active", "notify"]
    machine.run("systemctl", "stop", "oyez.target")
    machine.wait_until("inactive", "oyez-handler@light", "oyez")
    machine.run("systemctl", "start", "oyez.target")
    machine.wait_until("active", "oyez-handler@light", "oyez")


@pytest.fixture
def microphone(installed: Installed) -> Iterator[VirtualMicrophone]:
    """The machine's, by which the assistant listens; systemd has less patience with it than at home."""
    machine, folder = installed.machine, installed.machine.shared / "microphone"
    with VirtualMicrophone(folder) as microphone:
        sound = CONFIGURATION.format(name=NAME, fifo=f"/srv/{microphone.fifo.relative_to(machine.shared)}")
        machine.write("/etc/asound.conf", sound)
        machine.write(f"{DROP_IN}/watchdog.conf", f"[Service]\nWatchdogSec={WATCHDOG_S}\n")
        installed.restart()
        installed.wait_until_it_listens()
        yield microphone
    machine.run("rm", "-r", "/etc/asound.conf", DROP_IN)
    installed.restart()
    shutil.rmtree(folder)


def test_a_process_that_hangs_is_killed_and_started_anew(installed: Installed, microphone: VirtualMicrophone) -> None:
    del microphone  # it goes on: nothing is wrong but with the process
    pid = installed.pid
    installed.machine.run("kill", "-STOP", str(pid))
    told = installed.wait_for_restart()
    assert "Fatal Python error: Aborted" in told
    assert installed.pid != pid
    installed.wait_until_it_listens()


def test_an_assistant_that_listens_no_more_is_killed_and_started_anew(
    installed: Installed, microphone: VirtualMicrophone
) -> None:
    """The sound card's driver does not come back from being opened; all other threads go on."""
    microphone.close()
    installed.restart()
    pid = installed.pid
    told = installed.wait_for_restart()
    assert "/assistant/listen/listener.py" in told  # where it hung
    microphone.reopen()
    installed.wait_until_it_listens()
    assert installed.pid != pid


def test_an_upgrade_outlives_the_connection_that_it_was_begun_over(installed: Installed) -> None:
    pid, version = installed.pid, installed.current
    handler = installed.machine.show("oyez-handler@light", "MainPID")
    installed.change()
    terminal, theirs = pty.openpty()
    # A session of its own with that terminal, as sshd makes it: when it goes, all in there are hung up.
    command = installed.machine.command("setsid", "--wait", "--ctty", INSTALL)
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as session:
        os.close(theirs)
        assert b"Installing Oyez" in os.read(terminal, 100)
        os.close(terminal)
        session.wait(INSTALL_S)
    assert installed.current != version
    assert installed.pid != pid
    assert installed.machine.show("oyez-handler@light", "MainPID") != handler
    log = installed.machine.run("journalctl", "--quiet", "--output=cat", "--identifier=oyez-install", "--lines=1")
    assert log == f"Installed Oyez {installed.current}; it is ready. Its log: journalctl -u oyez\n"
    assert version in installed.machine.run("ls", "/opt/oyez/versions").split()
    installed.machine.run("systemctl", "disable", "--quiet", "--now", "oyez-handler@light")


def test_a_version_that_does_not_become_ready_is_put_back(installed: Installed) -> None:
    version = installed.current
    file = installed.source / "assistant" / "cli" / "run.py"
    good = file.read_text()
    broken = good.replace("    status = daemon.run()\n", '    status = sys.exit("a fault of the new version")\n')
    assert broken != good
    file.write_text(broken)
    told = installed.install(status=1)
    file.write_text(good)
    assert "a fault of the new version\n" in told
    assert re.search(rf"error: Oyez \S+ was not installed; {re.escape(version)} runs as it did.\n$", told)
    assert installed.current == version
    assert installed.pid


def test_on_a_full_disk_everything_stays_as_it_was(installed: Installed) -> None:
    pid, version = installed.pid, installed.current
    versions = installed.machine.run("ls", "/opt/oyez/versions")
    used_kib = int(installed.machine.run("df", "--output=used", "/opt/oyez").split()[1])
    installed.change()
    installed.machine.run("mount", "-o", f"remount,size={used_kib + 4096}k", "/opt/oyez")
    told = installed.install(status=1)
    installed.machine.run("mount", "-o", "remount,size=2g", "/opt/oyez")
    assert re.search(r"^error: pip could not .*, and /opt/oyez has [0-4] MB free\. What ran before", told, re.MULTILINE)
    assert (installed.current, installed.pid) == (version, pid)
    assert installed.machine.run("ls", "/opt/oyez/versions") == versions


def test_the_version_before_is_a_command_away(installed: Installed) -> None:
    version = installed.current
    installed.install("--rollback")
    assert installed.current != version
    assert installed.pid


def test_the_owner_is_asked_before_anything_of_theirs_is_removed(installed: Installed) -> None:
    told = installed.machine.run(UNINSTALL, "--purge", status=1)
    assert told == "error: nobody can be asked here; --purge --yes removes /etc/oyez and /var/lib/oyez without asking\n"
    assert installed.pid


def test_uninstalled_means_gone_but_for_what_is_the_owners(installed: Installed) -> None:
    machine = installed.machine
    machine.run("systemctl", "enable", "--quiet", "oyez-handler@light")
    machine.run(UNINSTALL)
    assert machine.run("systemctl", "list-unit-files", "--no-legend", "oyez*", status=None) == ""
    assert machine.run("systemctl", "list-units", "--no-legend", "--all", "oyez*", status=None) == ""
    left = machine.run("ls", "/opt/oyez", "/etc/oyez", "/var/lib/oyez", "/etc/systemd/system", "/usr/local/bin")
    assert "oyez.yaml" in left
    assert not {"versions", "libraries", "current", "oyez", "oyez.target.wants"} & set(left.split())
    assert machine.run("getent", "passwd", "oyez")
    machine.run(UNINSTALL, "--purge", "--yes")
    machine.run("ls", "/etc/oyez", status=2)
    machine.run("ls", "/var/lib/oyez", status=2)
    machine.run("getent", "passwd", "oyez", status=2)


@pytest.mark.parametrize("script", ["install", "uninstall"])
def test_a_script_explains_itself_and_changes_nothing(script: str, tmp_path: Path) -> None:
    asked = subprocess.run(
        [ROOT / "deploy" / script, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.startswith(f"usage: sudo deploy/{script}")
