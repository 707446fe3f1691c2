# SPDX-License-Identifier: MIT
"""Logs of the last hours, made when they are read."""

import time

from decnet.lures.shell.facts import Facts

STEP_SECONDS = 1020
ROWS = 40


def stamp(moment: float) -> str:
    """Return the time as syslog writes it."""
    parts = time.gmtime(moment)
    return time.strftime("%b", parts) + f" {parts.tm_mday:>2} " + time.strftime("%H:%M:%S", parts)


def _rows(facts: Facts, texts: tuple[str, ...], name: str) -> str:
    now = int(facts.now()) // STEP_SECONDS * STEP_SECONDS
    rows = []
    for back in range(ROWS, 0, -1):
        moment = now - back * STEP_SECONDS
        if moment < facts.booted_at:
            continue
        slot = moment // STEP_SECONDS
        text = texts[facts.persona.between(f"{name} {slot}", 0, len(texts) - 1)]
        pid = facts.persona.between(f"{name} pid {slot}", 1200, 8800)
        moment += facts.persona.between(f"{name} second {slot}", 0, STEP_SECONDS - 1)
        rows.append(f"{stamp(moment)} {facts.hostname} {text.format(pid=pid, user=facts.administrator)}\n")
    return "".join(rows)


def syslog(facts: Facts) -> str:
    """Return /var/log/syslog."""
    return _rows(
        facts,
        (
            "CRON[{pid}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)",
            "systemd[1]: Starting Cleanup of Temporary Directories...",
            "systemd[1]: systemd-tmpfiles-clean.service: Succeeded.",
            "systemd[1]: Finished Cleanup of Temporary Directories.",
            "systemd-timesyncd[312]: Initial synchronization to time server.",
            "systemd[1]: Starting Daily apt download activities...",
            "systemd[1]: apt-daily.service: Succeeded.",
        ),
        "syslog",
    )


def auth(facts: Facts) -> str:
    """Return /var/log/auth.log."""
    return _rows(
        facts,
        (
            "CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
            "CRON[{pid}]: pam_unix(cron:session): session closed for user root",
            "sshd[{pid}]: Received disconnect from " + facts.gateway + " port 51514:11: disconnected by user",
            "systemd-logind[402]: New session {pid} of user {user}.",
        ),
        "auth",
    )


def dpkg(facts: Facts) -> str:
    """Return /var/log/dpkg.log."""
    day = time.strftime("%Y-%m-%d", time.gmtime(facts.booted_at - 600))
    return (
        f"{day} 06:25:01 startup archives unpack\n{day} 06:25:03 upgrade tzdata:all 2024a-0+deb11u1 2024b-0+deb11u1\n"
        f"{day} 06:25:04 status installed tzdata:all 2024b-0+deb11u1\n"
    )


def kernel(facts: Facts) -> str:
    """Return what dmesg prints."""
    persona = facts.persona
    if facts.is_board:
        return _board_kernel(facts)
    lines = (
        (0.0, f"Linux version {persona.kernel} ({persona.kernel_build})"),
        (0.0, f"Command line: BOOT_IMAGE=/boot/vmlinuz-{persona.kernel} root=UUID={facts.identifier('root')} ro quiet"),
        (0.0, f"DMI: {persona.vendor} {persona.model}, BIOS 2.{persona.between('bios', 2, 19)}.1 01/14/2022"),
        (0.0004, f"tsc: Detected {facts.cpu()[3]:.3f} MHz processor"),
        (0.0121, f"Memory: {facts.memory['available']}K/{persona.memory_bytes // 1024}K available"),
        (0.204, f"smpboot: CPU0: {facts.cpu()[0]} (family: 0x6, model: 0x55, stepping: 0x4)"),
        (1.318, "scsi host0: ahci"),
        (1.702, "sd 0:0:0:0: [sda] Attached SCSI disk"),
        (2.411, "EXT4-fs (sda1): mounted filesystem with ordered data mode. Opts: (null)"),
        (3.087, f"systemd[1]: Set hostname to <{facts.hostname}>."),
        (4.556, f"tg3 0000:04:00.0 {facts.interface}: Link is up at 1000 Mbps, full duplex"),
        (4.601, f"IPv6: ADDRCONF(NETDEV_CHANGE): {facts.interface}: link becomes ready"),
    )
    return _timed(lines)


def _board_kernel(facts: Facts) -> str:
    persona = facts.persona
    return _timed(
        (
            (0.0, "Booting Linux on physical CPU 0x0"),
            (0.0, f"Linux version {persona.kernel} ({facts.release.compiler}) {persona.kernel_build}"),
            (0.0, "CPU: ARMv7 Processor [410fd034] revision 4 (ARMv7), cr=10c5383d"),
            (0.0, f"OF: fdt: Machine model: {persona.model}"),
            (0.0121, f"Memory: {facts.memory['available']}K/{persona.memory_bytes // 1024}K available"),
            (1.702, "mmc0: new high speed SDHC card at address aaaa"),
            (1.711, "mmcblk0: p1 p2"),
            (2.411, "EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Quota mode: none."),
            (3.087, f"systemd[1]: Set hostname to <{facts.hostname}>."),
            (4.556, f"smsc95xx 1-1.1:1.0 {facts.interface}: Link is Up - 100Mbps/Full - flow control off"),
        )
    )


def _timed(lines: tuple[tuple[float, str], ...]) -> str:
    return "".join(f"[{seconds:>12.6f}] {text}\n" for seconds, text in lines)
