# SPDX-License-Identifier: MIT
"""Libraries are found without starting a program, and what is replaced for it comes back."""

import ctypes.util
import subprocess
import sys

import pytest

from decnet.lures.library import find_library
from decnet.lures.loading import load

IMPORTING = """
import sys
sys.addaudithook(lambda event, _: print(event) if event in ("subprocess.Popen", "os.posix_spawn", "os.fork") else None)
from decnet.lures.loading import load
load("decnet.lures.ssh.server:Ssh")
from asyncssh.mac import get_mac_algs
print(b"umac-64-etm@openssh.com" in get_mac_algs())
"""


def test_ssh_lure_is_imported_without_a_program_and_has_umac() -> None:
    """The audit hook is there before the first import; libnettle is, as of all machines that run the tests, installed."""
    finished = subprocess.run([sys.executable, "-c", IMPORTING], capture_output=True, text=True, check=True)
    assert finished.stdout == "True\n"


def test_unknown_library_counts_as_missing() -> None:
    assert find_library("c") is None


def test_original_comes_back_after_a_failed_import() -> None:
    original = ctypes.util.find_library
    with pytest.raises(ModuleNotFoundError):
        load("decnet.lures.gopher:Gopher")
    assert ctypes.util.find_library is original
