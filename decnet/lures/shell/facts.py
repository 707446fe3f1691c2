# SPDX-License-Identifier: MIT
"""The facts of a machine: what follows from a persona, and numbers that several commands and files share."""

import ipaddress
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from decnet.domain.persona import Decoy
from decnet.lures.registry import LURES
from decnet.lures.shell.text.release import release_of

DAY = 86400
HOUR = 3600
LAST_PID = 4_194_304
_PROGRAMS = {
    "ssh": ("sshd", "root"),
    "http": ("nginx", "root"),
    "https": ("nginx", "root"),
    "redis": ("redis-server", "redis"),
    "ftp": ("vsftpd", "root"),
    "telnet": ("inetd", "root"),
    "mysql": ("mariadbd", "mysql"),
    "postgresql": ("postgres", "postgres"),
}
_PLACES = {lure.name: place for place, lure in enumerate(LURES)}
_FIRST_PIDS = (580, 640)
_PIDS_EACH = 24
"""So many numbers are for each lure's daemon and what that starts, so that no two processes have the same one."""
_FIRST_MARIADBD = ("10.5", "10.6", "10.11", "11.")
"""Versions of MariaDB whose program no longer has the name of MySQL's."""
_NAMES = ("marc", "jan", "daniel", "sven", "anna", "peter", "lukas", "tom", "maria", "stefan", "julia", "martin")
_BOARDS = {"armv6l": "armhf", "armv7l": "armhf", "aarch64": "arm64"}
_SERVER_MAKER, _BOARD_MAKER = "d0:94:66:", "b8:27:eb:"
_INTERFACES = ("eth0", "eno1", "ens18", "enp3s0", "ens192")


_CPUS = (
    ("Intel(R) Xeon(R) Silver 4110 CPU @ 2.10GHz", 6, 85, 2095.078),
    ("Intel(R) Xeon(R) Gold 5118 CPU @ 2.30GHz", 6, 85, 2294.608),
    ("Intel(R) Xeon(R) CPU E5-2620 v4 @ 2.10GHz", 6, 79, 2099.998),
    ("Intel(R) Xeon(R) E-2236 CPU @ 3.40GHz", 6, 158, 3408.000),
)
CPU_FLAGS = (
    "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush dts acpi mmx fxsr sse sse2 ss ht tm pbe "
    "syscall nx pdpe1gb rdtscp lm constant_tsc arch_perfmon pebs bts rep_good nopl xtopology nonstop_tsc cpuid aperfmperf pni "
    "pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 sdbg fma cx16 xtpr pdcm pcid dca sse4_1 sse4_2 x2apic movbe popcnt "
    "tsc_deadline_timer aes xsave avx f16c rdrand lahf_lm abm 3dnowprefetch epb cat_l3 cdp_l3 pti ssbd ibrs ibpb stibp "
    "tpr_shadow vnmi flexpriority ept vpid ept_ad fsgsbase tsc_adjust bmi1 avx2 smep bmi2 erms invpcid rdseed "
    "adx smap clflushopt"
)


@dataclass(frozen=True, slots=True)
class Listening:
    """A port that a program of the machine listens on, for one lure."""

    lure: str
    port: int
    program: str
    user: str
    pid: int
    started_at: float


class Facts:
    """What is derived from a persona, the same at every visit; ``now`` is the only clock of the machine and its shells."""

    def __init__(self, decoy: Decoy, now: Callable[[], float] = time.time) -> None:
        self.decoy = decoy
        self.persona = persona = decoy.persona
        self.hostname = persona.hostname
        self.now = now
        self.booted_at = min(float(persona.booted_at), now() - HOUR)
        self.installed_at = self.booted_at - (persona.booted_at - persona.installed_at)
        self.address, self.prefix, self.gateway = _network(decoy.addresses)
        self.address6 = next((address for address in decoy.addresses if ":" in address), "")
        self.release = release_of(persona)
        self.is_board = persona.architecture in _BOARDS
        self.interface = "eth0" if self.is_board else persona.choose("interface", _INTERFACES)
        self.mac = decoy.mac or _mac(persona.derive("mac", 3), _BOARD_MAKER if self.is_board else _SERVER_MAKER)
        self.administrator = "pi" if persona.os_id == "raspbian" else persona.choose("administrator", _NAMES)
        self.listening = self._listening()
        self._pid = persona.between("pid", 9_000, 60_000)

    @property
    def postgresql_cluster(self) -> str:
        """The version and name of Debian's PostgreSQL cluster, as its processes show it; empty where there is none."""
        match = re.match(r"PostgreSQL (\d+)", self.persona.software.get("postgresql", ""))
        return f"{match[1]}/main" if match else ""

    @property
    def domain_name(self) -> str:
        """The full name of the host."""
        return f"{self.hostname}.{self.persona.domain}" if self.persona.domain else self.hostname

    @property
    def uptime(self) -> float:
        """Seconds since boot."""
        return self.now() - self.booted_at

    def load(self) -> tuple[float, float, float]:
        """Return the load averages of now; they move slowly."""
        minute = int(self.now() // 60)
        values = [self.persona.between(f"load {minute // span}", 0, 18) / 100 for span in (1, 5, 15)]
        return values[0], values[1], values[2]

    def next_pid(self) -> int:
        """Return the number of a new process."""
        self._pid = self._pid + 1 if self._pid < LAST_PID else 300
        return self._pid

    @property
    def memory(self) -> dict[str, int]:
        """Kibibytes of memory: total, used, free, buffers, cached, available, swap."""
        total = self.persona.memory_bytes // 1024 * 97 // 100
        used = total * self.persona.between("memory used", 11, 24) // 100 + int(self.now() // 7) % 1000
        cached = total * self.persona.between("memory cached", 25, 50) // 100
        buffers = total // 40
        free = total - used - cached - buffers
        available = free + cached * 9 // 10
        return {
            "total": total, "used": used, "free": free, "buffers": buffers, "cached": cached, "available": available,
            "swap": 102_396 if self.is_board else 998_396,
        }  # fmt: skip

    @property
    def package_architecture(self) -> str:
        """The architecture as dpkg calls it."""
        return _BOARDS.get(self.persona.architecture, "amd64")

    @property
    def triplet(self) -> str:
        """The architecture as libraries' folders call it."""
        return {"armhf": "arm-linux-gnueabihf", "arm64": "aarch64-linux-gnu"}.get(self.package_architecture, "x86_64-linux-gnu")

    @property
    def disk(self) -> str:
        """The name of the disk's device; a board has a card."""
        return "mmcblk0" if self.is_board else "sda"

    @property
    def root_partition(self) -> str:
        """The name of the device that the root is on."""
        return "mmcblk0p2" if self.is_board else "sda1"

    @property
    def disk_kib(self) -> int:
        """Kibibytes of the disk."""
        if self.is_board:
            return int(self.persona.choose("card", ("15558144", "31166976")))
        return int(self.persona.choose("disk", ("104857600", "209715200", "488386584", "976762584")))

    def disk_used_kib(self) -> int:
        """Kibibytes in use; a little more every day."""
        share = self.persona.between("disk used", 12, 61)
        return (self.disk_kib - 1_000_448) * share // 100 + int(self.uptime // 600)

    def traffic(self) -> tuple[int, int]:
        """Return the bytes received and sent on the interface since boot."""
        rate = self.persona.between("traffic", 400, 6000)
        return int(self.uptime * rate) + 90_000, int(self.uptime * rate * 0.37) + 31_000

    def neighbours(self) -> list[tuple[str, str]]:
        """Return addresses and MAC addresses of some neighbours, the gateway first."""
        base = self.address.rsplit(".", 1)[0]
        others = {self.persona.between(f"neighbour {at}", 2, 250) for at in range(3)} - {int(self.address.rsplit(".", 1)[1])}
        found = [(self.gateway, _mac(self.persona.derive("gateway", 3), "00:1b:21:"))]
        found.extend(
            (f"{base}.{other}", _mac(self.persona.derive(f"neighbour mac {other}", 3), "00:50:56:")) for other in sorted(others)
        )
        return found

    def cpu(self) -> tuple[str, int, int, float]:
        """Return the processor's name, family, model and megahertz."""
        if self.persona.architecture != "x86_64":
            return "ARMv7 Processor rev 4 (v7l)", 7, 4, 1400.0
        return _CPUS[self.persona.between("cpu", 0, len(_CPUS) - 1)]

    def identifier(self, purpose: str) -> str:
        """Return a UUID of this machine."""
        return str(uuid.UUID(bytes=self.persona.derive(purpose, 16), version=4))

    @property
    def serial(self) -> str:
        """The serial number on the case."""
        letters = "BCDFGHJKLMNPQRSTVWXYZ0123456789"
        return "".join(letters[byte % len(letters)] for byte in self.persona.derive("serial", 7))

    @property
    def _is_apache(self) -> bool:
        """Whether the web server of the machine is Apache; one serves both http and https."""
        software = self.persona.software
        return software.get("http", software.get("https", "")).startswith("Apache")

    def daemon(self, lure: str) -> Listening:
        """Return what listens for a lure, whether or not the persona names its software."""
        return next((one for one in self.listening if one.lure == lure), None) or self._listener(lure)

    def _listening(self) -> list[Listening]:
        software = self.persona.software
        return sorted((self._listener(name) for name in _PLACES if name in software), key=lambda one: one.port)

    def _listener(self, lure: str) -> Listening:
        persona, (program, user) = self.persona, _PROGRAMS.get(lure, (lure, "root"))
        if program == "mariadbd" and not persona.software.get(lure, _FIRST_MARIADBD[0]).startswith(_FIRST_MARIADBD):
            program = "mysqld"
        if program == "nginx" and self._is_apache:
            program = "apache2"
        listener = "http" if lure == "https" else lure
        pid = persona.between("first daemon", *_FIRST_PIDS) + _PIDS_EACH * _PLACES[listener]
        pid += persona.between(f"pid of {listener}", 0, _PIDS_EACH // 2)
        started_at = self.booted_at + persona.between(f"start of {listener}", 5, 14)
        return Listening(lure, LURES[_PLACES[lure]].port, program, user, pid, started_at)


def _network(addresses: tuple[str, ...]) -> tuple[str, int, str]:
    """Return the first IPv4 address, the length of its network, and the gateway."""
    address = next((address for address in addresses if ":" not in address), "127.0.1.1")
    network = ipaddress.ip_network(f"{address}/24", strict=False)
    gateway = str(network[1]) if str(network[1]) != address else str(network[254])
    return address, 24, gateway


def _mac(tail: bytes, maker: str) -> str:
    return maker + ":".join(f"{byte:02x}" for byte in tail)
