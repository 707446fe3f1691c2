# SPDX-License-Identifier: MIT
"""One machine of the lab: a Debian that boots with systemd as its process 1, on a disk that is thrown away with it."""

import os
import select
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from decnet.errors import HostError, InUseError, NotRunningError
from scripts.lib.lab import keeper
from scripts.lib.lab.base import remove_tree
from scripts.lib.lab.cgroup import Group
from scripts.lib.lab.folder import Folder
from scripts.lib.lab.inside import ENVIRONMENT, Inside, isolated
from scripts.lib.lab.mounts import below
from scripts.lib.lab.network import BRIDGE, Network, with_prefix
from scripts.lib.lab.program import finish
from scripts.lib.lab.record import Phase, Process, Record

BOOT_SECONDS = 90.0
OFF_SECONDS = 60.0
KILL_SECONDS = 10.0
TAIL_LINES = 15

LEADER = "X_NSPAWN_LEADER_PID="
NSPAWN_RUN = Path("/run/systemd/nspawn")
ONLINE = ("/lib/systemd/systemd-networkd-wait-online", "--interface=host0", "--timeout=20")
ADDRESS = """\
[Match]
Name=host0

[Network]
Address={address}
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
LLMNR=no
MulticastDNS=no
"""
HOSTS = """\
127.0.0.1 localhost
127.0.1.1 {hostname}
::1 localhost ip6-localhost ip6-loopback
"""
# on the disk below a machine, Docker could not keep its layers: an overlay does not stand on an overlay
DOCKER_FOLDERS = {"docker": "/var/lib/docker", "containerd": "/var/lib/containerd"}


class Machine(Inside):
    """A machine that was made: it runs, or it is off with its disk as it was."""

    def __init__(self, folder: Folder, record: Record) -> None:
        self.record = record
        self.folder = folder.machines / record.name
        self.root = self.folder / "root"
        self.network = Network(folder.networks / record.network)
        self.group = Group(record.group)

    @property
    def name(self) -> str:
        """What the lab calls it."""
        return self.record.name

    @property
    def hostname(self) -> str:
        """What it calls itself."""
        return self.record.hostname

    @property
    def suite(self) -> str:
        """Which Debian it is: bookworm or trixie."""
        return self.record.suite

    @property
    def address(self) -> str:
        """Its address on the lab's network."""
        return self.record.address

    @property
    def is_running(self) -> bool:
        """Say whether any of its processes runs."""
        return self.group.is_populated()

    @property
    def console(self) -> str:
        """What it wrote on its console, in all its boots."""
        path = self.folder / "console.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def root_group(self) -> Path:
        """The control group that is the root as seen from inside."""
        return self.group.payload

    @property
    def leader(self) -> int:
        """The process, as the host numbers it, that is process 1 inside; ``NotRunningError`` where there is none."""
        for group in (self.group.payload / "init.scope", self.group.payload):
            for pid in _members(group):
                if _is_first_of_its_namespace(pid):
                    return pid
        raise NotRunningError(f"machine {self.name} does not run", remedy=f"scripts/lab stop {self.name}; then boot it again")

    def prepare_disk(self) -> None:
        """Lay the machine's own disk over its base, and write into it who it is."""
        for name in ("root", "upper", "work", *(DOCKER_FOLDERS if self.record.docker else ())):
            (self.folder / name).mkdir()
        layers = f"lowerdir={':'.join(self.record.lowers)},upperdir={self.folder / 'upper'},workdir={self.folder / 'work'}"
        # volatile: nothing waits for the host's disk; what is thrown away need not survive the host
        finish("mount", "-t", "overlay", "overlay", "-o", f"{layers},volatile", str(self.root))
        status = self.root.stat()
        self.record.disk_lock = f"inode-{status.st_dev}:{status.st_ino}"
        self.record.write(self.folder)
        for name, text in {
            "etc/hostname": f"{self.hostname}\n",
            "etc/machine-id": f"{uuid.uuid4().hex}\n",
            "etc/hosts": HOSTS.format(hostname=self.hostname),
            "etc/systemd/network/10-lab.network": ADDRESS.format(address=with_prefix(self.address)),
        }.items():
            (self.root / name).write_text(text)

    def power_on(self, *, deadline_seconds: float = BOOT_SECONDS) -> None:
        """Boot it, and return when systemd has started all it was to start; raise ``HostError`` with the console where not."""
        if self.is_running:
            raise InUseError(f"machine {self.name} already runs")
        if self.root not in below(self.folder):
            raise NotRunningError(f"the disk of machine {self.name} is gone", remedy=f"scripts/lab stop {self.name}")
        with self._hearing() as ear:
            self.group.make()
            pid = self._spawn()
            self.record.keeper = Process.of(pid)
            self.record.write(self.folder)
            self._until_booted(ear, deadline_seconds)

    def power_off(self, *, deadline_seconds: float = OFF_SECONDS) -> None:
        """Shut it down in good order; its disk stays as it is."""
        with self._kept() as handle:
            # the answer may be lost with the machine that gives it
            self.run(["systemctl", "--no-block", "poweroff"], check=False)
            self._until_ended(handle, deadline_seconds, "did not power off")
        self.kill()

    def reboot(self, *, deadline_seconds: float = BOOT_SECONDS) -> None:
        """Boot it anew in good order, and return when it has come up."""
        with self._hearing() as ear:
            self.run(["systemctl", "--no-block", "reboot"], check=False)
            self._until_booted(ear, deadline_seconds)

    def kill(self) -> None:
        """Take its power away: every process ends at once; its disk stays as it is. A machine that is off stays off."""
        with suppress(NotRunningError, ProcessLookupError), self._kept() as handle:
            # with its first process gone, systemd-nspawn takes back what it made on the host, then ends
            os.kill(self.leader, signal.SIGKILL)
            _ends(handle, KILL_SECONDS)
        self.group.kill()
        self._reap()
        self.group.remove()
        self._sweep_behind_nspawn()

    def discard(self) -> None:
        """End it and remove all that was made for it, its network and records left to the lab."""
        self.kill()
        remove_tree(self.folder)

    def become_layer(self) -> None:
        """Turn its disk into ground for other machines; it boots no more."""
        if self.is_running:
            raise InUseError(f"machine {self.name} runs; only one that is off can be ground for others")
        if self.record.docker:
            raise InUseError(f"machine {self.name} has Docker, whose folders are no part of its disk")
        finish("umount", str(self.root))
        self.record.phase = Phase.LAYER
        self.record.write(self.folder)

    def _spawn(self) -> int:
        """Start the machine's keeper in its group and network, and return its process id."""
        environment = {
            "PATH": ENVIRONMENT["PATH"],
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
            "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
        }
        console = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        argv = [*isolated(keeper), str(self.group.path), *self.network.command(self._nspawn())]
        return os.posix_spawn(
            argv[0],
            argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.folder / "console.log"), console, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )

    def _nspawn(self) -> list[str]:
        """Return the command of the machine itself."""
        binds = [f"--bind-ro={source}:{target}" for source, target in self.record.binds.items()]
        if self.record.docker:
            binds += [f"--bind={self.folder / name}:{target}" for name, target in DOCKER_FOLDERS.items()]
        # what it makes on the host is named after the machine, and the host may have several labs
        return [
            *("systemd-nspawn", "--quiet", "--boot", f"--directory={self.root}", f"--machine={self.record.group}"),
            *(f"--hostname={self.hostname}", "--register=no", "--keep-unit", "--notify-ready=yes"),
            *("--private-network", f"--network-bridge={BRIDGE}", "--capability=all"),
            *("--system-call-filter=@keyring bpf @mount @privileged", "--console=pipe"),
            # the limit that process 1 of a Debian begins with, whatever the shell has that we were started in
            *("--rlimit=NOFILE=1024:524288", "--link-journal=no", "--resolv-conf=off", "--timezone=off", *binds),
        ]

    @contextmanager
    def _hearing(self) -> Iterator[socket.socket]:
        """Open the socket on which systemd-nspawn says what becomes of the machine: from now on, nothing older."""
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as ear:
            ear.bind(str(path))
            try:
                yield ear
            finally:
                path.unlink(missing_ok=True)

    @contextmanager
    def _kept(self) -> Iterator[int]:
        """Hold a descriptor of the keeper, readable once it has ended; raise ``NotRunningError`` where there is none."""
        kept = self.record.keeper
        if kept is None or not kept.is_alive():
            raise NotRunningError(f"machine {self.name} does not run")
        handle = os.pidfd_open(kept.pid)
        try:
            yield handle
        finally:
            os.close(handle)

    def _until_booted(self, ear: socket.socket, deadline_seconds: float) -> None:
        """Wait until the machine says that it is ready; raise ``HostError`` when it ends, or takes too long."""
        deadline = time.monotonic() + deadline_seconds
        try:
            with self._kept() as handle:
                while left := max(0.0, deadline - time.monotonic()):
                    heard, _, _ = select.select([ear.fileno(), handle], [], [], left)
                    if ear.fileno() in heard and b"READY=1" in ear.recv(4096).split(b"\n"):
                        self.run(ONLINE)
                        return
                    if handle in heard:
                        break
        except NotRunningError:
            left = 1.0
        what = "ended before it had booted" if left else f"did not boot within {deadline_seconds:.0f} s"
        raise HostError(f"machine {self.name} {what}; its console ends with:{self._last_words()}")

    def _until_ended(self, handle: int, deadline_seconds: float, what: str) -> None:
        """Wait until the keeper has ended."""
        if not _ends(handle, deadline_seconds):
            raise HostError(f"machine {self.name} {what} within {deadline_seconds:.0f} s:{self._last_words()}")

    def _last_words(self) -> str:
        """Return the last lines of its console, indented."""
        return "".join(f"\n    {line}" for line in self.console.splitlines()[-TAIL_LINES:])

    def _reap(self) -> None:
        """Take leave of the keeper where it was our child; whose it was otherwise does it."""
        if self.record.keeper:
            with suppress(ChildProcessError):
                os.waitpid(self.record.keeper.pid, 0)
            self.record.keeper = None
            self.record.write(self.folder)

    def _sweep_behind_nspawn(self) -> None:
        """Remove what a killed systemd-nspawn leaves on the host."""
        with suppress(FileNotFoundError):
            (NSPAWN_RUN / "propagate" / self.record.group).rmdir()
        if self.record.disk_lock:
            (NSPAWN_RUN / "locks" / self.record.disk_lock).unlink(missing_ok=True)


def _members(group: Path) -> list[int]:
    """Return the processes of a control group, of none where there is no such group."""
    try:
        return [int(pid) for pid in (group / "cgroup.procs").read_text().split()]
    except OSError:
        return []


def _is_first_of_its_namespace(pid: int) -> bool:
    """Say whether a process is process 1 where it lives."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == "1"


def _ends(handle: int, deadline_seconds: float) -> bool:
    """Say whether a process ends in time."""
    return bool(select.select([handle], [], [], deadline_seconds)[0])
