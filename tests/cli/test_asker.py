# SPDX-License-Identifier: MIT
"""Whoever runs a command is named as the kernel knows him, and as sudo does."""

import os
import pwd

import pytest

from decnet.cli.asker import asker

ACCOUNT = pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize("told", ["", ACCOUNT, "nobody-of-this-name", "who\n0 root", "\0"])
def test_what_is_no_other_account_of_this_host_is_not_told(told: str) -> None:
    """It could be any text."""
    assert asker({"SUDO_USER": told}) == f"{ACCOUNT} (command line)"


def test_person_whom_sudo_names_stands_beside_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asker({"SUDO_USER": "nobody"}) == f"{ACCOUNT} for nobody (command line)"
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_001)
    assert asker({}) == "uid 4000000001 (command line)"
