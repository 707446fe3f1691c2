# SPDX-License-Identifier: MIT
"""The image of a machine: every file and folder that all its sessions begin with."""

import stat
from collections.abc import Callable

from decnet.lures.ftp.settings import ANONYMOUS_ROOT, INCOMING
from decnet.lures.shell.facts import DAY, Facts
from decnet.lures.shell.node import Made, Node, device, file, folder, link
from decnet.lures.shell.programs import program
from decnet.lures.shell.text import etc, home, log, postgresql, shares
from decnet.lures.shell.text.packages import packages
from decnet.lures.shell.text.tree import ADMIN_PROGRAMS, BEHIND_LURES, DIAGNOSTICS, FOLDERS, LIBRARIES, LINKS, PROGRAMS

PACKAGED_BEFORE = 400 * DAY
_LOG_GROUP, _SHADOW_GROUP, _TTY_GROUP, _DISK_GROUP = 4, 42, 5, 6
_MAX_RANDOM = 65536


class _Image:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.root = folder(facts.installed_at)

    def when(self, path: str) -> float:
        """Return when a file changed last: packaged files before the installation, others behind it."""
        persona, installed = self.facts.persona, self.facts.installed_at
        installed += persona.between(f"fraction {path}", 1, 999_999_999) / 1e9
        if path.startswith(("/usr", "/boot")):
            return installed - persona.between(f"built {path}", 0, PACKAGED_BEFORE)
        if path.startswith(("/run", "/dev", "/sys", "/tmp")):  # noqa: S108 - a folder of the pretended machine
            return self.facts.booted_at + persona.between(f"time {path}", 0, 40)
        return installed + persona.between(f"time {path}", 0, max(60, int(self.facts.booted_at - installed)))

    def folder(self, path: str, mode: int = 0o755, uid: int = 0, gid: int | None = None) -> Node:
        node, here = self.root, ""
        for name in path.strip("/").split("/"):
            here += "/" + name
            if name not in node.entries:
                node.entries[name] = folder(self.when(here))
            node = node.entries[name]
        if path.strip("/"):
            node.mode = stat.S_IFDIR | mode
            node.uid, node.gid = uid, uid if gid is None else gid
        return node

    def put(self, path: str, node: Node) -> None:
        parent, _, name = path.rpartition("/")
        here = self.root
        for piece in parent.strip("/").split("/") if parent.strip("/") else ():
            here = here.entries[piece] if piece in here.entries else self.folder(path[: path.index(piece) + len(piece)])
        here.entries[name] = node

    def text(self, path: str, content: str, mode: int = 0o644, uid: int = 0, gid: int | None = None) -> None:
        node = file(content.encode("utf-8", "surrogateescape"), self.when(path), mode, uid=uid, gid=uid if gid is None else gid)
        self.put(path, node)

    def made(self, path: str, make: Callable[[Facts], str], mode: int, gid: int = 0) -> None:
        content = _Log(make, self.facts)
        node = file(Made(len(content()), content), self.facts.booted_at + self.facts.uptime * 0.99, mode, gid=gid)
        self.put(path, node)


class _Log:
    __slots__ = ("facts", "make")

    def __init__(self, make: Callable[[Facts], str], facts: Facts) -> None:
        self.make = make
        self.facts = facts

    def __call__(self) -> bytes:
        return self.make(self.facts).encode()


def build(facts: Facts) -> Node:
    """Return the root of the image."""
    image = _Image(facts)
    for path, mode in FOLDERS.items():
        image.folder(path, mode)
    for path, target in LINKS.items():
        image.put(path, link(target, image.when(path)))
    _programs(image)
    _devices(image)
    _texts(image)
    _system(image)
    _daemons(image)
    _postgresql(image)
    return image.root


def _programs(image: _Image) -> None:
    architecture = image.facts.persona.architecture
    for place, names in (("/usr/bin/", PROGRAMS), ("/usr/sbin/", ADMIN_PROGRAMS)):
        for name in names:
            path = place + name
            mode = 0o4755 if name in ("su", "sudo", "passwd", "mount", "umount", "chsh", "newgrp", "gpasswd") else 0o755
            image.put(path, program(name, architecture, image.when(path), mode))
    for name in LIBRARIES:
        path = f"/usr/lib/{image.facts.triplet}/{name}"
        image.put(path, program(name, architecture, image.when(path), 0o644))
    image.put("/usr/lib/openssh/sftp-server", program("sftp-server", architecture, image.when("/usr/lib/openssh/sftp-server")))
    python = image.facts.release.python_name
    image.put(f"/usr/bin/{python}", program("python3", architecture, image.when(f"/usr/bin/{python}")))
    image.put("/usr/bin/python3", link(python, image.when("/usr/bin/python3")))
    image.put("/usr/bin/sh", link("dash", image.when("/usr/bin/sh")))
    kernel = image.facts.persona.kernel
    for name, mode in (("vmlinuz", 0o644), ("initrd.img", 0o644), ("System.map", 0o600), ("config", 0o644)):
        image.put(f"/boot/{name}-{kernel}", program(name, architecture, image.when(f"/boot/{name}"), mode))
    image.put("/vmlinuz", link(f"boot/vmlinuz-{kernel}", image.when("/vmlinuz")))
    image.put("/initrd.img", link(f"boot/initrd.img-{kernel}", image.when("/initrd.img")))
    image.folder(f"/usr/lib/modules/{kernel}/kernel")


def _devices(image: _Image) -> None:
    booted = image.facts.booted_at
    for name, major, minor, mode, gid in (
        ("null", 1, 3, 0o666, 0), ("zero", 1, 5, 0o666, 0), ("full", 1, 7, 0o666, 0), ("random", 1, 8, 0o666, 0),
        ("urandom", 1, 9, 0o666, 0), ("tty", 5, 0, 0o666, _TTY_GROUP), ("console", 5, 1, 0o600, _TTY_GROUP),
        ("ptmx", 5, 2, 0o666, _TTY_GROUP), ("tty0", 4, 0, 0o620, _TTY_GROUP), ("tty1", 4, 1, 0o620, _TTY_GROUP),
        ("kmsg", 1, 11, 0o644, 0), ("mem", 1, 1, 0o640, 0),
    ):  # fmt: skip
        image.put(f"/dev/{name}", device(major, minor, booted, mode, gid=gid))
    partitions = ("", "p1", "p2") if image.facts.is_board else ("", "1", "2", "", "", "5")
    for minor, name in enumerate(partitions):
        if minor and not name:
            continue
        major = 179 if image.facts.is_board else 8
        image.put(f"/dev/{image.facts.disk}{name}", device(major, minor, booted, 0o660, gid=_DISK_GROUP, block=True))
    image.put("/dev/pts/0", device(136, 0, booted, 0o620, gid=_TTY_GROUP))
    image.put("/dev/pts/ptmx", device(5, 2, booted, 0))
    for name, target in (
        ("fd", "/proc/self/fd"),
        ("stdin", "fd/0"),
        ("stdout", "fd/1"),
        ("stderr", "fd/2"),
        ("core", "/proc/kcore"),
    ):
        image.put(f"/dev/{name}", link(target if target.startswith("/") else f"/proc/self/{target}", booted))


def _texts(image: _Image) -> None:
    facts = image.facts
    for name, (content, mode) in etc.files(facts).items():
        gid = _SHADOW_GROUP if name in ("shadow", "gshadow") else 0
        image.text(f"/etc/{name}", content, mode, gid=gid)
    image.folder(f"/home/{facts.administrator}", 0o755, 1000)
    image.folder(f"/home/{facts.administrator}/.ssh", 0o700, 1000)
    for path, (content, mode, uid) in home.files(facts).items():
        image.text(path, content, mode, uid)
    if "ftp" in facts.persona.software:
        _shares(image)
    for path, make in (("syslog", log.syslog), ("auth.log", log.auth)):
        image.made(f"/var/log/{path}", make, 0o640, _LOG_GROUP)
    image.made("/var/log/dpkg.log", log.dpkg, 0o644)
    image.made("/var/log/dmesg", log.kernel, 0o640, _LOG_GROUP)
    for name in ("wtmp", "btmp", "lastlog"):
        image.put(
            f"/var/log/{name}", file(Made(384 * 60, bytes), image.facts.booted_at, 0o664 if name == "wtmp" else 0o660, gid=43)
        )
    image.text("/usr/lib/os-release", etc.os_release(facts))
    image.put("/etc/os-release", link("../usr/lib/os-release", image.when("/etc/os-release")))
    image.put("/etc/mtab", link("../proc/self/mounts", image.when("/etc/mtab")))
    image.put("/etc/localtime", link("/usr/share/zoneinfo/Etc/UTC", image.when("/etc/localtime")))
    head = f"Status: install ok installed\nArchitecture: {facts.package_architecture}\n"
    status = "".join(
        f"Package: {name}\n{head}Version: {version}\nDescription: {summary}\n\n"
        for name, version, summary in packages(facts.persona)
    )
    image.text("/var/lib/dpkg/status", status)


def _shares(image: _Image) -> None:
    image.folder(ANONYMOUS_ROOT)
    image.folder(f"{ANONYMOUS_ROOT}/{INCOMING}", 0o777, etc.DAEMONS["ftp"].uid, etc.DAEMONS["ftp"].gid)
    for path, (content, mode, uid) in shares.files(image.facts).items():
        image.text(path, content, mode, uid)


def _system(image: _Image) -> None:
    facts = image.facts
    if facts.is_board:
        image.text("/sys/firmware/devicetree/base/model", facts.persona.model + "\0", 0o444)
    else:
        _firmware(image)
    network = f"/sys/class/net/{facts.interface}/"
    for name, content in {"address": facts.mac, "mtu": "1500", "operstate": "up", "speed": "1000"}.items():
        image.text(network + name, content + "\n", 0o444)
    image.text("/sys/class/net/lo/address", "00:00:00:00:00:00\n", 0o444)
    image.text(f"/sys/block/{facts.disk}/size", f"{facts.disk_kib * 2}\n", 0o444)
    for one in facts.listening:
        image.text(f"/run/{one.program}.pid", f"{one.pid}\n")
    for name in DIAGNOSTICS:
        image.text(f"/usr/share/doc/{name}/copyright", "See /usr/share/common-licenses/GPL-2.\n")


def _daemons(image: _Image) -> None:
    listening = {one.program for one in image.facts.listening}
    for owner, mode, path, account in BEHIND_LURES:
        if owner not in listening:
            continue
        if mode == "program":
            name = path.rpartition("/")[2]
            image.put(path, program(name, image.facts.persona.architecture, image.when(path)))
        else:
            daemon = etc.DAEMONS.get(account)
            image.folder(path, int(mode, 8), daemon.uid if daemon else 0, daemon.gid if daemon else 0)


def _postgresql(image: _Image) -> None:
    texts = postgresql.files(image.facts)
    if not texts:
        return
    cluster = image.facts.postgresql_cluster
    for path in ("/var/lib/postgresql", f"/var/lib/postgresql/{cluster.partition('/')[0]}", "/var/log/postgresql"):
        image.folder(path, 0o755, postgresql.UID, postgresql.GID)
    image.folder(f"/var/lib/postgresql/{cluster}", 0o700, postgresql.UID, postgresql.GID)
    for name in postgresql.FOLDERS:
        image.folder(f"/var/lib/postgresql/{cluster}/{name}", 0o700, postgresql.UID, postgresql.GID)
    for path, (content, mode, uid) in texts.items():
        image.text(path, content, mode, uid, postgresql.GID)


def _firmware(image: _Image) -> None:
    facts = image.facts
    vendor = {"sys_vendor": facts.persona.vendor, "product_name": facts.persona.model, "board_vendor": facts.persona.vendor}
    for name, content in {**vendor, "chassis_type": "23", "bios_vendor": facts.persona.vendor}.items():
        image.text(f"/sys/class/dmi/id/{name}", content + "\n", 0o444)
    for name, content in (("product_serial", facts.serial), ("product_uuid", facts.identifier("board"))):
        image.text(f"/sys/class/dmi/id/{name}", content + "\n", 0o400)
