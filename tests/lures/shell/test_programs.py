# SPDX-License-Identifier: MIT
"""Files of installed programs."""

import pytest

from decnet.lures.shell.node import file
from decnet.lures.shell.programs import MACHINES, machine_of, program, program_name


@pytest.mark.parametrize("architecture", ["x86_64", "aarch64", "armv7l", "mips", "i686"])
def test_program_is_an_executable_of_its_machine(architecture: str) -> None:
    data = program("ls", architecture, 0.0).data

    assert data.startswith(b"\x7fELF")
    assert machine_of(data) == MACHINES[architecture]


def test_a_copy_is_known_by_its_build_id() -> None:
    node = program("busybox", "x86_64", 0.0)
    copied = file(node.data, 0.0)

    assert program_name(node, lambda _: True) == "busybox"
    assert program_name(copied, lambda _: True) == "busybox"
    assert program_name(file(b"\x7fELF" + bytes(900), 0.0), lambda _: True) is None
    assert machine_of(b"\x7fELF") == 0
