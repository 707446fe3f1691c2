# SPDX-License-Identifier: MIT
"""Commands about the hardware."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("nproc", 0, "2\n"),
    ("lscpu | head -1", 0, "Architecture:                    x86_64\n"),
    ("lsblk | head -2 | tail -1 | cut -d' ' -f1", 0, "sda\n"),
    ("lsusb | wc -l", 0, "2\n"),
    ("lspci | head -1", 0, "00:00.0 Host bridge: Intel Corporation Sky Lake-E DMI3 Registers (rev 04)\n"),
    ("lsmod | head -2", 0, ("Module                  Size  Used by\nintel_rapl_msr          20480  0\n")),
    ("modprobe nothing", 1, "modprobe: FATAL: Module nothing not found in directory /lib/modules/5.10.0-28-amd64\n"),
    ("dmidecode -t 1 | head -1", 0, "# dmidecode 3.3\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_hardware_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
