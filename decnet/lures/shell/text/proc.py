# SPDX-License-Identifier: MIT
"""Files of /proc; where a number moves, it moves between two readings."""

from collections.abc import Callable

from decnet.lures.shell.facts import CPU_FLAGS, Facts


def uptime(facts: Facts) -> str:
    """Return /proc/uptime."""
    seconds = facts.uptime
    return f"{seconds:.2f} {seconds * facts.persona.cpus * 0.985:.2f}\n"


def loadavg(facts: Facts) -> str:
    """Return /proc/loadavg."""
    one, five, fifteen = facts.load()
    return f"{one:.2f} {five:.2f} {fifteen:.2f} 1/{facts.persona.between('threads', 120, 190)} {facts.next_pid()}\n"


def meminfo(facts: Facts) -> str:
    """Return /proc/meminfo."""
    memory = facts.memory
    rows = {
        "MemTotal": memory["total"],
        "MemFree": memory["free"],
        "MemAvailable": memory["available"],
        "Buffers": memory["buffers"],
        "Cached": memory["cached"],
        "SwapCached": 0,
        "Active": memory["cached"] * 2 // 3,
        "Inactive": memory["cached"] // 2,
        "SwapTotal": memory["swap"],
        "SwapFree": memory["swap"],
        "Dirty": int(facts.now()) % 97 * 4,
        "Writeback": 0,
        "AnonPages": memory["used"] // 3,
        "Mapped": memory["used"] // 5,
        "Shmem": 1184,
        "Slab": memory["total"] // 60,
        "KernelStack": 2256,
        "PageTables": 3120,
        "CommitLimit": memory["total"] // 2 + memory["swap"],
        "VmallocTotal": 34359738367,
        "VmallocUsed": 18240,
    }
    return "".join(f"{name + ':':<15}{value:>9} kB\n" for name, value in rows.items())


def cpuinfo(facts: Facts) -> str:
    """Return /proc/cpuinfo."""
    board = f"Hardware\t: BCM2835\nRevision\t: a02082\nSerial\t\t: 00000000{facts.identifier('board')[:8]}\n"
    model = f"{board}Model\t\t: {facts.persona.model}\n" if facts.is_board else ""
    return "".join(_cpu(facts, number) for number in range(facts.persona.cpus)) + model


def _cpu(facts: Facts, number: int) -> str:
    name, family, model, megahertz = facts.cpu()
    if facts.persona.architecture != "x86_64":
        features = "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32"
        return (
            f"processor\t: {number}\nmodel name\t: {name}\nBogoMIPS\t: 38.40\nFeatures\t: {features}\n"
            "CPU implementer\t: 0x41\nCPU architecture: 7\nCPU variant\t: 0x0\nCPU part\t: 0xd03\nCPU revision\t: 4\n\n"
        )
    return (
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\ncpu family\t: {family}\nmodel\t\t: {model}\nmodel name\t: {name}\n"
        f"stepping\t: 4\nmicrocode\t: 0x2006e05\ncpu MHz\t\t: {megahertz:.3f}\ncache size\t: 14080 KB\nphysical id\t: 0\n"
        f"siblings\t: {facts.persona.cpus}\ncore id\t\t: {number}\ncpu cores\t: {facts.persona.cpus}\n"
        f"apicid\t\t: {number * 2}\n"
        f"initial apicid\t: {number * 2}\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 22\nwp\t\t: yes\n"
        f"flags\t\t: {CPU_FLAGS}\nbugs\t\t: spectre_v1 spectre_v2 spec_store_bypass mds swapgs taa itlb_multihit\n"
        f"bogomips\t: {megahertz * 2:.2f}\nclflush size\t: 64\ncache_alignment\t: 64\n"
        "address sizes\t: 46 bits physical, 48 bits virtual\npower management:\n\n"
    )


def version(facts: Facts) -> str:
    """Return /proc/version."""
    persona = facts.persona
    makers = {"ubuntu": "buildd@lcy02-amd64-059", "raspbian": "dom@buildbot"}
    maker = makers.get(persona.os_id, "debian-kernel@lists.debian.org")
    return f"Linux version {persona.kernel} ({maker}) ({facts.release.compiler}) {persona.kernel_build}\n"


def cmdline(facts: Facts) -> str:
    """Return /proc/cmdline."""
    if facts.is_board:
        part = facts.identifier("part")[:8]
        return f"8250.nr_uarts=0 console=ttyS0,115200 console=tty1 root=PARTUUID={part}-02 rootfstype=ext4 rootwait\n"
    return f"BOOT_IMAGE=/boot/vmlinuz-{facts.persona.kernel} root=UUID={facts.identifier('root')} ro quiet\n"


def mounts(facts: Facts) -> str:
    """Return /proc/mounts."""
    megabytes = facts.persona.memory_bytes // 1024 // 10
    return f"""sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0
proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0
udev /dev devtmpfs rw,nosuid,relatime,size={megabytes * 5}k,nr_inodes=503102,mode=755 0 0
devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000 0 0
tmpfs /run tmpfs rw,nosuid,nodev,noexec,relatime,size={megabytes}k,mode=755 0 0
/dev/{facts.root_partition} / ext4 rw,relatime,errors=remount-ro 0 0
securityfs /sys/kernel/security securityfs rw,nosuid,nodev,noexec,relatime 0 0
tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0
tmpfs /run/lock tmpfs rw,nosuid,nodev,noexec,relatime,size=5120k 0 0
cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot 0 0
tmpfs /run/user/0 tmpfs rw,nosuid,nodev,relatime,size={megabytes}k,mode=700 0 0
"""


def net_dev(facts: Facts) -> str:
    """Return /proc/net/dev."""
    received, sent = facts.traffic()
    head = (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo "
        "colls carrier compressed\n"
    )
    local = f"    lo: {sent // 40} {sent // 9000}    0    0    0     0          0         0 {sent // 40} {sent // 9000}"
    row = f"{facts.interface:>6}: {received} {received // 640}    0   13    0     0          0         0 {sent} {sent // 410}"
    end = "    0    0    0     0       0          0\n"
    return head + local + end + row + end


def net_route(facts: Facts) -> str:
    """Return /proc/net/route."""
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    gateway, network = _hex_address(facts.gateway), _hex_address(facts.address.rsplit(".", 1)[0] + ".0")
    name = facts.interface
    return (
        f"{head}{name}\t00000000\t{gateway}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
        f"{name}\t{network}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
    )


def net_arp(facts: Facts) -> str:
    """Return /proc/net/arp."""
    head = "IP address       HW type     Flags       HW address            Mask     Device\n"
    rows = [
        f"{address:<17}0x1         0x2         {mac}     *        {facts.interface}\n" for address, mac in facts.neighbours()
    ]
    return head + "".join(rows)


def net_tcp(facts: Facts) -> str:
    """Return /proc/net/tcp."""
    head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    rows = [
        f"{at:>4}: 00000000:{one.port:04X} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
        f"{13_000 + one.pid} 1 0000000000000000 100 0 0 10 0".ljust(150)
        for at, one in enumerate(facts.listening)
    ]
    return head + "".join(row.rstrip() + "\n" for row in rows)


def _hex_address(address: str) -> str:
    return "".join(f"{int(piece):02X}" for piece in reversed(address.split(".")))


def swaps(facts: Facts) -> str:
    """Return /proc/swaps; a board swaps to a file."""
    row = f"/dev/sda5                               partition\t{facts.memory['swap']}\t\t0\t\t-2\n"
    if facts.is_board:
        row = "/var/swap                               file\t\t102396\t\t0\t\t-2\n"
    return "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n" + row


def partitions(facts: Facts) -> str:
    """Return /proc/partitions."""
    head = "major minor  #blocks  name\n\n"
    if facts.is_board:
        rows: tuple[tuple[int, int, int, str], ...] = (
            (179, 0, facts.disk_kib, ""),
            (179, 1, 262_144, "p1"),
            (179, 2, facts.disk_kib - 266_240, "p2"),
        )
    else:
        rows = ((8, 0, facts.disk_kib, ""), (8, 1, facts.disk_kib - 1_000_448, "1"), (8, 2, 1, "2"), (8, 5, 998_400, "5"))
    return head + "".join(f"{major:>4}{minor:>9}{size:>11} {facts.disk}{name}\n" for major, minor, size, name in rows)


FILES: dict[str, Callable[[Facts], str]] = {
    "uptime": uptime,
    "loadavg": loadavg,
    "meminfo": meminfo,
    "cpuinfo": cpuinfo,
    "version": version,
    "cmdline": cmdline,
    "net/dev": net_dev,
    "net/route": net_route,
    "net/arp": net_arp,
    "net/tcp": net_tcp,
    "filesystems": lambda _: "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\nnodev\tcgroup2\n\text4\n",
    "swaps": swaps,
    "partitions": partitions,
    "modules": lambda _: "".join(
        f"{name} {size} 0 - Live 0x0000000000000000\n"
        for name, size in (("ext4", 909312), ("mbcache", 16384), ("jbd2", 151552))
    ),
    "sys/kernel/hostname": lambda facts: facts.hostname + "\n",
    "sys/kernel/osrelease": lambda facts: facts.persona.kernel + "\n",
    "sys/kernel/ostype": lambda _: "Linux\n",
    "sys/kernel/version": lambda facts: facts.persona.kernel_build + "\n",
    "sys/kernel/random/boot_id": lambda facts: facts.identifier("boot " + str(int(facts.booted_at))) + "\n",
    "sys/kernel/random/entropy_avail": lambda facts: f"{3000 + int(facts.now()) % 700}\n",
    "sys/vm/nr_hugepages": lambda _: "0\n",
    "sys/vm/overcommit_memory": lambda _: "0\n",
    "sys/net/ipv4/ip_forward": lambda _: "0\n",
    "sys/fs/file-max": lambda _: "9223372036854775807\n",
    "stat": lambda facts: (
        f"cpu  {int(facts.uptime * 1.1)} 0 {int(facts.uptime * 0.6)} "
        f"{int(facts.uptime * 98 * facts.persona.cpus)} 4211 0 311 0 0 0\n"
        f"btime {int(facts.booted_at)}\nprocesses {facts.next_pid()}\nprocs_running 1\nprocs_blocked 0\n"
    ),
}
