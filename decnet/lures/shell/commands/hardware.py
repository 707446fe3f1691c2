# SPDX-License-Identifier: MIT
"""Commands about the hardware: lsblk, fdisk, lscpu, lspci, lsmod, dmidecode."""

from decnet.lures.shell.commands.listing import human
from decnet.lures.shell.facts import CPU_FLAGS
from decnet.lures.shell.invocation import Invocation


async def block_devices(call: Invocation) -> int:
    """``lsblk``, ``blkid``, ``fdisk -l``."""
    machine = call.machine
    total, name = machine.disk_kib * 1024, call.name.rsplit("/", 1)[-1]
    if machine.is_board:
        return _card(call, name, total)
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


def _card(call: Invocation, name: str, total: int) -> int:
    """Print what a board says of its memory card."""
    part = call.machine.identifier("part")[:8]
    if name == "blkid":
        call.line(f'/dev/mmcblk0p1: LABEL_FATBOOT="boot" LABEL="boot" TYPE="vfat" PARTUUID="{part}-01"')
        call.line(f'/dev/mmcblk0p2: LABEL="rootfs" UUID="{call.machine.identifier("root")}" TYPE="ext4" PARTUUID="{part}-02"')
    elif name == "fdisk":
        if call.shell.account.uid:
            return call.fail("cannot open /dev/mmcblk0: Permission denied")
        call.line(f"Disk /dev/mmcblk0: {human(total).replace('G', ' GiB')}, {total} bytes, {total // 512} sectors")
        call.line("Units: sectors of 1 * 512 = 512 bytes\nDisklabel type: dos")
    else:
        call.line("NAME        MAJ:MIN RM   SIZE RO TYPE MOUNTPOINT")
        call.line(f"mmcblk0     179:0    0 {human(total):>6} 0 disk \n├─mmcblk0p1 179:1    0   256M  0 part /boot")
        call.line(f"└─mmcblk0p2 179:2    0 {human(total - 272_629_760):>6} 0 part /")
    return 0


_BOARD_MODULES = (
    ("cfg80211", 761856, "1 brcmfmac"), ("brcmfmac", 335872, "0"), ("brcmutil", 20480, "1 brcmfmac"),
    ("rfkill", 32768, "2 cfg80211"),
    ("bcm2835_codec", 40960, "0"), ("raspberrypi_hwmon", 16384, "0"), ("i2c_bcm2835", 16384, "0"), ("fixed", 16384, "0"),
)  # fmt: skip


async def processors(call: Invocation) -> int:
    """``lscpu`` and ``nproc``."""
    persona = call.machine.persona
    if call.name.endswith("nproc"):
        call.line(str(persona.cpus))
        return 0
    name, family, model, megahertz = call.machine.cpu()
    rows: dict[str, object] = {
        "Architecture": persona.architecture, "CPU op-mode(s)": "32-bit, 64-bit", "Byte Order": "Little Endian",
        "CPU(s)": persona.cpus,
        "On-line CPU(s) list": f"0-{persona.cpus - 1}", "Thread(s) per core": 1, "Core(s) per socket": persona.cpus,
        "Socket(s)": 1,
        "Vendor ID": "GenuineIntel" if persona.architecture == "x86_64" else "ARM", "CPU family": family, "Model": model,
        "Model name": name, "Stepping": 4, "CPU MHz": f"{megahertz:.3f}", "BogoMIPS": f"{megahertz * 2:.2f}",
        "Virtualization": "VT-x",
        "L1d cache": "64 KiB", "L2 cache": "2 MiB", "L3 cache": "13.8 MiB", "Flags": CPU_FLAGS,
    }  # fmt: skip
    if call.machine.is_board:
        for title in ("CPU op-mode(s)", "CPU MHz", "Virtualization", "L1d cache", "L2 cache", "L3 cache", "CPU family"):
            del rows[title]
        rows |= {
            "BogoMIPS": "38.40",
            "Flags": "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32",
        }
    for title, value in rows.items():
        call.line(f"{title + ':':<33}{value}")
    return 0


async def modules(call: Invocation) -> int:
    """``lsmod``, ``modprobe``, ``insmod``, ``rmmod``."""
    if call.name.rsplit("/", 1)[-1] not in ("lsmod", "kmod"):
        name = call.arguments[-1] if call.arguments else ""
        return (
            call.fail(f"FATAL: Module {name} not found in directory /lib/modules/{call.machine.persona.kernel}") if name else 1
        )
    call.line("Module                  Size  Used by")
    server = (
        ("intel_rapl_msr", 20480, "0"), ("intel_rapl_common", 28672, "1 intel_rapl_msr"), ("kvm_intel", 327680, "0"),
        ("kvm", 937984, "1 kvm_intel"), ("irqbypass", 16384, "1 kvm"), ("mgag200", 45056, "0"), ("drm", 626688, "2 mgag200"),
        ("ipmi_si", 77824, "0"), ("ext4", 937984, "1"), ("crc16", 16384, "1 ext4"), ("mbcache", 16384, "1 ext4"),
        ("jbd2", 151552, "1 ext4"), ("sd_mod", 61440, "3"), ("ahci", 40960, "2"), ("tg3", 192512, "0"),
        ("libphy", 135168, "1 tg3"),
    )  # fmt: skip
    for name, size, used in _BOARD_MODULES if call.machine.is_board else server:
        call.line(f"{name:<23}{size:>6}  {used}")
    return 0


async def devices(call: Invocation) -> int:
    """``lspci``, ``lsusb``, ``dmidecode``."""
    machine, name = call.machine, call.name.rsplit("/", 1)[-1]
    if machine.is_board and name != "lsusb":
        return 0 if name == "lspci" else call.fail("No SMBIOS nor DMI entry point found, sorry.")
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


PROGRAMS = {
    "lsblk": block_devices, "blkid": block_devices, "fdisk": block_devices, "lscpu": processors, "nproc": processors,
    "kmod": modules, "lspci": devices, "lsusb": devices, "dmidecode": devices,
}  # fmt: skip
