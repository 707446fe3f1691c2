# SPDX-License-Identifier: MIT
"""What lies on a file server differs from decoy to decoy, and agrees with what its ftp server does."""

import pytest

from decnet.lures.ftp.options import FtpOptions
from decnet.lures.ftp.settings import settings_of
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.text.shares import files, home_files
from tests.support.decoys import decoy, persona

SOFTWARE = {"ftp": "vsFTPd 3.0.3"}


def machine(seed: str) -> Machine:
    """Return the machine of a file server."""
    return Machine(decoy(persona=persona(seed=seed, software=SOFTWARE)))


def test_files_differ_between_decoys_and_not_between_visits() -> None:
    assert files(machine("one")) == files(machine("one"))
    assert files(machine("one")) != files(machine("two"))
    assert home_files(machine("one"), "eva") != home_files(machine("one"), "tom")


@pytest.mark.parametrize("seed", [str(number) for number in range(12)])
def test_settings_that_lie_about_are_those_of_the_server(seed: str) -> None:
    found = machine(seed)
    text = files(found)["/etc/vsftpd.conf"][0]
    settings = settings_of(found.decoy, FtpOptions())
    assert ("anonymous_enable=YES" in text) == settings.anonymous
    assert ("local_umask=022" in text) == (settings.umask == 0o22)


def test_accounts_find_their_files_at_home_and_own_them() -> None:
    found = machine("one")
    filesystem = found.new_filesystem()
    account = found.account(filesystem, "eva")
    names = set(home_files(found, "eva"))
    assert names <= set(filesystem.listdir("/home/eva"))
    assert {filesystem.stat(f"/home/eva/{name}").uid for name in names} == {account.uid}
    assert filesystem.stat("/srv/ftp/incoming").mode & 0o777 == 0o777


def test_machine_without_ftp_has_none_of_it() -> None:
    filesystem = Machine(decoy()).new_filesystem()
    assert not filesystem.exists("/etc/vsftpd.conf")
    assert not filesystem.exists("/srv/ftp")
