# SPDX-License-Identifier: MIT
"""Commands about memory and disks: free, df, mount."""

from decnet.lures.shell.commands.listing import human
from decnet.lures.shell.invocation import Invocation


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
        (f"/dev/{machine.root_partition}", "ext4", total, machine.disk_used_kib(), "/"),
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


PROGRAMS = {
    "free": free, "df": disk_free, "mount": mount, "umount": mount, "findmnt": mount,
}  # fmt: skip
