# SPDX-License-Identifier: MIT
"""Commands that tell what the machine is: uname, id, uptime, free, df, lscpu, dmesg."""

import re
import time

from decnet.lures.shell.accounts import Account
from decnet.lures.shell.commands.listing import human
from decnet.lures.shell.facts import CPU_FLAGS
from decnet.lures.shell.invocation import Invocation, curly
from decnet.lures.shell.text import log

MINUTE, HOUR, DAY = 60, 3600, 86400


async def system_name(call: Invocation) -> int:
    """``uname`` and ``arch``."""
    persona = call.machine.persona
    if call.name.endswith("arch"):
        call.line(persona.architecture)
        return 0
    long = {"all": "a", "kernel-name": "s", "nodename": "n", "kernel-release": "r", "machine": "m", "operating-system": "o"}
    options = call.options("asnrvmpio", {**long, "kernel-version": "v"})
    values = {
        "s": "Linux", "n": call.machine.hostname, "r": persona.kernel, "v": persona.kernel_build, "m": persona.architecture,
        "p": "unknown", "i": "unknown", "o": "GNU/Linux",
    }  # fmt: skip
    wanted = "snrvmo" if "a" in options else "".join(letter for letter in "snrvmpio" if letter in options) or "s"
    call.line(" ".join(values[letter] for letter in wanted))
    return 0


async def identity(call: Invocation) -> int:
    """``id``."""
    options = call.options("gGnruz", {"user": "u", "group": "g", "groups": "G", "name": "n"})
    accounts = call.shell.accounts
    account: Account | None = call.shell.account
    if options.operands:
        account = accounts.by_name(options.operands[0])
    if account is None:
        return call.fail(f"{curly(options.operands[0])}: no such user")
    groups = accounts.groups_of(account)
    if "u" in options:
        call.line(account.name if "n" in options else str(account.uid))
    elif "g" in options or "G" in options:
        shown = groups if "G" in options else groups[:1]
        call.line(" ".join(group.name if "n" in options else str(group.gid) for group in shown))
    else:
        listed = ",".join(f"{group.gid}({group.name})" for group in groups)
        call.line(f"uid={account.uid}({account.name}) gid={groups[0].gid}({groups[0].name}) groups={listed}")
    return 0


async def who_am_i(call: Invocation) -> int:
    """``whoami`` and ``logname``."""
    call.line(call.shell.account.name)
    return 0


async def groups(call: Invocation) -> int:
    """Print the groups: ``groups``."""
    accounts = call.shell.accounts
    for name in call.arguments or [""]:
        account = accounts.by_name(name) if name else call.shell.account
        if account is None:
            return call.fail(f"{curly(name)}: no such user")
        listed = " ".join(group.name for group in accounts.groups_of(account))
        call.line(f"{name} : {listed}" if name else listed)
    return 0


async def host_name(call: Invocation) -> int:
    """``hostname``, ``dnsdomainname``."""
    machine = call.machine
    if call.name.endswith("domainname"):
        call.line(machine.persona.domain or "(none)")
        return 0
    options = call.options("aAdfFiIsy", {"fqdn": "f", "long": "f", "short": "s", "ip-address": "i", "all-ip-addresses": "I"})
    if options.operands:
        return call.fail("you must be root to change the host name") if call.shell.account.uid else 0
    texts = {
        "f": machine.domain_name,
        "d": machine.persona.domain,
        "i": "127.0.1.1",
        "I": f"{machine.address} {machine.address6}".strip() + " ",
    }
    call.line(next((text for letter, text in texts.items() if letter in options), machine.hostname))
    return 0


async def host_control(call: Invocation) -> int:
    """``hostnamectl``."""
    machine, persona = call.machine, call.machine.persona
    call.out(
        f"   Static hostname: {machine.hostname}\n         Icon name: computer-server\n           Chassis: server\n"
        f"        Machine ID: {machine.identifier('machine').replace('-', '')}\n"
        f"           Boot ID: {machine.identifier('boot ' + str(int(machine.booted_at))).replace('-', '')}\n"
        f"  Operating System: {persona.os}\n            Kernel: Linux {persona.kernel}\n"
        f"      Architecture: {persona.architecture.replace('_', '-')}\n"
    )
    return 0


def uptime_text(seconds: float) -> str:
    """Return how long the machine is up, as ``uptime`` writes it."""
    days, rest = divmod(int(seconds), DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    head = f"{days} day{'s' if days != 1 else ''}, " if days else ""
    return head + (f"{hours:>2}:{minutes:02d}" if hours else f"{minutes} min")


def load_line(call: Invocation) -> str:
    """Return the first line of ``uptime``, ``w`` and ``top``."""
    users = 1 if call.shell.session.terminal else 0
    one, five, fifteen = call.machine.load()
    up = uptime_text(call.machine.uptime)
    now = time.strftime("%H:%M:%S", time.gmtime())
    return f" {now} up {up},  {users} user{'s' if users != 1 else ''},  load average: {one:.2f}, {five:.2f}, {fifteen:.2f}"


async def uptime(call: Invocation) -> int:
    """``uptime``."""
    if "-p" in call.arguments:
        days, rest = divmod(int(call.machine.uptime), DAY)
        call.line(f"up {days // 7} weeks, {days % 7} days, {rest // HOUR} hours, {rest % HOUR // MINUTE} minutes")
    elif "-s" in call.arguments:
        call.line(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(call.machine.booted_at)))
    else:
        call.line(load_line(call))
    return 0


async def who(call: Invocation) -> int:
    """``w``, ``who``, ``users``."""
    session, name = call.shell.session, call.name.rsplit("/", 1)[-1]
    began = time.gmtime(session.began_at)
    user = session.processes[-1].user if session.processes else call.shell.account.name
    has_terminal = session.terminal is not None
    if name == "w":
        call.line(load_line(call))
        call.line("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT")
        if has_terminal:
            call.line(
                f"{user[:8]:<8} pts/0    {session.peer_address[:16]:<16} {time.strftime('%H:%M', began)}    "
                "0.00s  0.03s  0.00s w"
            )
    elif has_terminal:
        text = (
            user
            if name == "users"
            else f"{user:<8} pts/0        {time.strftime('%Y-%m-%d %H:%M', began)} ({session.peer_address})"
        )
        call.line(text)
    return 0


async def last_logins(call: Invocation) -> int:
    """``last`` and ``lastlog``."""
    machine, session = call.machine, call.shell.session
    if call.name.endswith("lastlog"):
        call.line("Username         Port     From             Latest")
        for account in call.shell.accounts.all():
            call.line(f"{account.name:<33} **Never logged in**")
        return 0
    if session.terminal:
        began = time.strftime("%a %b %e %H:%M", time.gmtime(session.began_at))
        call.line(f"{call.shell.account.name[:8]:<8} pts/0        {session.peer_address[:16]:<16} {began}   still logged in")
    neighbour = machine.neighbours()[-1][0]
    for at in range(machine.persona.between("logins", 3, 7)):
        moment = session.began_at - 86_400 * (at * 4 + 1) - machine.persona.between(f"login {at}", 0, 50_000)
        if moment < machine.booted_at + 300:
            break
        shown, end = (
            time.strftime("%a %b %e %H:%M", time.gmtime(moment)),
            time.strftime("%H:%M", time.gmtime(moment + 1500 + at * 60)),
        )
        call.line(
            f"{(machine.administrator, 'root')[at % 2][:8]:<8} pts/0        {neighbour:<16} {shown} - {end}  (00:{25 + at})"
        )
    booted = time.strftime("%a %b %e %H:%M", time.gmtime(machine.booted_at))
    call.line(f"reboot   system boot  {machine.persona.kernel[:16]:<16} {booted}   still running")
    call.line(f"\nwtmp begins {time.strftime('%a %b %e %H:%M:%S %Y', time.gmtime(machine.booted_at))}")
    return 0


async def free(call: Invocation) -> int:
    """``free``."""
    options = call.options("bkmghtws:c:", {"human": "h", "mega": "m", "giga": "g", "total": "t"})
    memory = call.machine.memory
    unit = 1024**2 if "g" in options else 1024 if "m" in options else 1

    def shown(value: int) -> str:
        if "h" in options:
            return human(value * 1024).replace("K", "Ki").replace("M", "Mi").replace("G", "Gi")
        return str(value // unit if "b" not in options else value * 1024)

    cache = memory["buffers"] + memory["cached"]
    rows = [memory["total"], memory["used"], memory["free"], 1184, cache, memory["available"]]
    call.line("               total        used        free      shared  buff/cache   available")
    call.line("Mem:    " + "".join(f"{shown(value):>12}" for value in rows))
    call.line("Swap:   " + "".join(f"{shown(value):>12}" for value in (memory["swap"], 0, memory["swap"])))
    return 0


def _filesystems(call: Invocation) -> list[tuple[str, str, int, int, str]]:
    machine = call.machine
    total = (machine.disk_kib - 1_000_448) * 98 // 100
    tenth = machine.persona.memory_bytes // 1024 // 10
    return [
        ("udev", "devtmpfs", tenth * 5, 0, "/dev"),
        ("tmpfs", "tmpfs", tenth, 1184, "/run"),
        ("/dev/sda1", "ext4", total, machine.disk_used_kib(), "/"),
        ("tmpfs", "tmpfs", tenth * 5, 0, "/dev/shm"),  # noqa: S108 - a mount point of the pretended machine
        ("tmpfs", "tmpfs", 5120, 0, "/run/lock"),
        ("tmpfs", "tmpfs", tenth, 0, "/run/user/0"),
    ]


async def disk_free(call: Invocation) -> int:
    """``df``."""
    options = call.options("aBhHikmlTPt:x:", {"human-readable": "h", "print-type": "T", "inodes": "i"})
    is_human = "hH" in options
    head = "Filesystem     " + ("Type     " if "T" in options else "")
    call.line(head + (" Size  Used Avail Use% Mounted on" if is_human else "1K-blocks     Used Available Use% Mounted on"))
    rows = _filesystems(call)
    if options.operands:
        path = call.filesystem.resolve(call.absolute(options.operands[0]))
        call.filesystem.stat(path)
        inside = [row for row in rows if path == row[4] or path.startswith(row[4].rstrip("/") + "/")]
        rows = [max(inside, key=lambda row: len(row[4]))]
    for name, kind, total, used, place in rows:
        left = (total - used) * 95 // 100 if kind == "ext4" else total - used
        share = f"{-(-used * 100 // (used + left)) if used else 0}%"
        first = f"{name:<14} " + (f"{kind:<8} " if "T" in options else "")
        sizes = [human(value * 1024).replace(".0", "") if value else "0" for value in (total, used, left)]
        call.line(
            first + (f"{sizes[0]:>5} {sizes[1]:>5} {sizes[2]:>5} {share:>4} {place}" if is_human
                     else f"{total:>9} {used:>8} {left:>9} {share:>4} {place}")
        )  # fmt: skip
    return 0


async def mount(call: Invocation) -> int:
    """``mount`` (without arguments), ``findmnt``, ``umount``."""
    if call.name.endswith("umount") or call.arguments:
        if call.shell.account.uid:
            return call.fail("only root can do that", 1)
        target = call.arguments[-1] if call.arguments else ""
        return (
            0
            if "remount" in " ".join(call.arguments)
            else call.fail(
                f"{target}: {'not mounted.' if 'umount' in call.name else 'mount failed: Operation not permitted.'}", 32
            )
        )
    for line in call.read("/proc/self/mounts").decode().splitlines():
        device, place, kind, flags = line.split(" ")[:4]
        call.line(f"{device} on {place} type {kind} ({flags})")
    return 0


async def block_devices(call: Invocation) -> int:
    """``lsblk``, ``blkid``, ``fdisk -l``."""
    machine = call.machine
    total, name = machine.disk_kib * 1024, call.name.rsplit("/", 1)[-1]
    if name == "blkid":
        call.line(
            f'/dev/sda1: UUID="{machine.identifier("root")}" BLOCK_SIZE="4096" TYPE="ext4" '
            f'PARTUUID="{machine.identifier("part")[:8]}-01"'
        )
        call.line(f'/dev/sda5: UUID="{machine.identifier("swap")}" TYPE="swap" PARTUUID="{machine.identifier("part")[:8]}-05"')
    elif name == "fdisk":
        if call.shell.account.uid:
            return call.fail("cannot open /dev/sda: Permission denied")
        call.line(f"Disk /dev/sda: {human(total).replace('G', ' GiB')}, {total} bytes, {total // 512} sectors")
        call.line(
            "Units: sectors of 1 * 512 = 512 bytes\nDisklabel type: dos\n\nDevice     Boot Start Size Id Type\n"
            "/dev/sda1  *     2048      83 Linux"
        )
    else:
        call.line("NAME   MAJ:MIN RM   SIZE RO TYPE MOUNTPOINT")
        call.line(f"sda      8:0    0 {human(total):>6} 0 disk \n├─sda1   8:1    0 {human(total - 1_024_458_752):>6} 0 part /")
        call.line("├─sda2   8:2    0     1K  0 part \n└─sda5   8:5    0   975M  0 part [SWAP]")
    return 0


async def processors(call: Invocation) -> int:
    """``lscpu`` and ``nproc``."""
    persona = call.machine.persona
    if call.name.endswith("nproc"):
        call.line(str(persona.cpus))
        return 0
    name, family, model, megahertz = call.machine.cpu()
    rows = {
        "Architecture": persona.architecture, "CPU op-mode(s)": "32-bit, 64-bit", "Byte Order": "Little Endian",
        "CPU(s)": persona.cpus,
        "On-line CPU(s) list": f"0-{persona.cpus - 1}", "Thread(s) per core": 1, "Core(s) per socket": persona.cpus,
        "Socket(s)": 1,
        "Vendor ID": "GenuineIntel" if persona.architecture == "x86_64" else "ARM", "CPU family": family, "Model": model,
        "Model name": name, "Stepping": 4, "CPU MHz": f"{megahertz:.3f}", "BogoMIPS": f"{megahertz * 2:.2f}",
        "Virtualization": "VT-x",
        "L1d cache": "64 KiB", "L2 cache": "2 MiB", "L3 cache": "13.8 MiB", "Flags": CPU_FLAGS,
    }  # fmt: skip
    for title, value in rows.items():
        call.line(f"{title + ':':<33}{value}")
    return 0


async def kernel_log(call: Invocation) -> int:
    """``dmesg``."""
    if call.shell.account.uid:
        return call.fail("read kernel buffer failed: Operation not permitted")
    call.out(log.kernel(call.machine))
    return 0


async def journal(call: Invocation) -> int:
    """``journalctl``."""
    if "--vacuum" in " ".join(call.arguments) or "--rotate" in call.arguments:
        call.line("Vacuuming done, freed 0B of archived journals from /var/log/journal.")
        return 0
    call.line(
        f"-- Journal begins at {time.strftime('%a %Y-%m-%d %H:%M:%S UTC', time.gmtime(call.machine.booted_at))}, ends now. --"
    )
    call.out(log.syslog(call.machine))
    return 0


async def modules(call: Invocation) -> int:
    """``lsmod``, ``modprobe``, ``insmod``, ``rmmod``."""
    if call.name.rsplit("/", 1)[-1] not in ("lsmod", "kmod"):
        name = call.arguments[-1] if call.arguments else ""
        return (
            call.fail(f"FATAL: Module {name} not found in directory /lib/modules/{call.machine.persona.kernel}") if name else 1
        )
    call.line("Module                  Size  Used by")
    for name, size, used in (
        ("intel_rapl_msr", 20480, "0"), ("intel_rapl_common", 28672, "1 intel_rapl_msr"), ("kvm_intel", 327680, "0"),
        ("kvm", 937984, "1 kvm_intel"), ("irqbypass", 16384, "1 kvm"), ("mgag200", 45056, "0"), ("drm", 626688, "2 mgag200"),
        ("ipmi_si", 77824, "0"), ("ext4", 937984, "1"), ("crc16", 16384, "1 ext4"), ("mbcache", 16384, "1 ext4"),
        ("jbd2", 151552, "1 ext4"), ("sd_mod", 61440, "3"), ("ahci", 40960, "2"), ("tg3", 192512, "0"),
        ("libphy", 135168, "1 tg3"),
    ):  # fmt: skip
        call.line(f"{name:<23}{size:>6}  {used}")
    return 0


async def devices(call: Invocation) -> int:
    """``lspci``, ``lsusb``, ``dmidecode``."""
    machine, name = call.machine, call.name.rsplit("/", 1)[-1]
    if name == "lsusb":
        call.line(
            "Bus 002 Device 001: ID 1d6b:0003 Linux Foundation 3.0 root hub\n"
            "Bus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub"
        )
    elif name == "dmidecode":
        if call.shell.account.uid:
            return call.fail("/dev/mem: Permission denied")
        call.line(
            "# dmidecode 3.3\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2 present.\n\n"
            "Handle 0x0100, DMI type 1, 27 bytes\nSystem Information"
        )
        call.line(
            f"\tManufacturer: {machine.persona.vendor}\n\tProduct Name: {machine.persona.model}\n"
            f"\tSerial Number: {machine.serial}"
        )
    else:
        call.line("00:00.0 Host bridge: Intel Corporation Sky Lake-E DMI3 Registers (rev 04)")
        call.line("00:11.5 SATA controller: Intel Corporation C620 Series Chipset Family SSATA Controller [AHCI mode] (rev 09)")
        call.line("00:14.0 USB controller: Intel Corporation C620 Series Chipset Family USB 3.0 xHCI Controller (rev 09)")
        call.line("00:1f.0 ISA bridge: Intel Corporation C621 Series Chipset LPC/eSPI Controller (rev 09)")
        call.line(
            "03:00.0 VGA compatible controller: Matrox Electronics Systems Ltd. Integrated Matrox G200eW3 "
            "Graphics Controller (rev 04)"
        )
        call.line("04:00.0 Ethernet controller: Broadcom Inc. and subsidiaries NetXtreme BCM5720 Gigabit Ethernet PCIe")
    return 0


async def locale(call: Invocation) -> int:
    """``locale``, ``getconf``, ``systemd-detect-virt``, ``timedatectl``."""
    name = call.name.rsplit("/", 1)[-1]
    if name == "systemd-detect-virt":
        call.line("none")
        return 1
    if name == "timedatectl":
        now = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime())
        call.line(
            f"               Local time: {now}\n           Universal time: {now}\n"
            "                Time zone: Etc/UTC (UTC, +0000)"
        )
        return 0
    if name == "getconf":
        call.line(
            {"LONG_BIT": "64", "PAGESIZE": "4096", "_NPROCESSORS_ONLN": str(call.machine.persona.cpus)}.get(
                "".join(call.arguments), "undefined"
            )
        )
        return 0
    call.line("LANG=en_US.UTF-8\nLANGUAGE=")
    for title in ("CTYPE", "NUMERIC", "TIME", "COLLATE", "MESSAGES"):
        call.line(f'LC_{title}="en_US.UTF-8"')
    call.line("LC_ALL=")
    return 0


async def kernel_settings(call: Invocation) -> int:
    """``sysctl``."""
    code = 0
    for argument in call.arguments:
        if argument.startswith("-"):
            continue
        name, equals, value = argument.partition("=")
        path = "/proc/sys/" + re.sub(r"[./]", "/", name)
        if not call.filesystem.exists(path):
            code = call.fail(f"cannot stat {path}: No such file or directory", 255)
        elif equals:
            call.line(f"{name} = {value}") if not call.shell.account.uid else call.fail(f'permission denied on key "{name}"')
        else:
            call.line(f"{name} = {call.read(path).decode().strip()}")
    return code


PROGRAMS = {
    "uname": system_name, "arch": system_name, "id": identity, "whoami": who_am_i, "logname": who_am_i, "groups": groups,
    "hostname": host_name, "dnsdomainname": host_name, "domainname": host_name, "hostnamectl": host_control, "uptime": uptime,
    "w": who,
    "who": who, "users": who, "last": last_logins, "lastlog": last_logins, "free": free, "df": disk_free, "mount": mount,
    "umount": mount, "findmnt": mount, "lsblk": block_devices, "blkid": block_devices, "fdisk": block_devices,
    "lscpu": processors,
    "nproc": processors, "dmesg": kernel_log, "journalctl": journal, "kmod": modules, "lspci": devices, "lsusb": devices,
    "dmidecode": devices, "locale": locale, "getconf": locale, "systemd-detect-virt": locale, "timedatectl": locale,
    "sysctl": kernel_settings,
}  # fmt: skip
