# SPDX-License-Identifier: MIT
"""How a server is set up follows from its decoy's seed, unless the fleet file says it."""

from decnet.lures.ftp.options import FtpOptions
from decnet.lures.ftp.settings import SOFTWARE, settings_of
from tests.support.decoys import decoy, persona


def test_decoys_differ_and_each_stays_the_same() -> None:
    decoys = [decoy(persona=persona(seed=str(number))) for number in range(40)]
    found = [settings_of(one, FtpOptions()) for one in decoys]
    assert found == [settings_of(one, FtpOptions()) for one in decoys]
    assert {one.umask for one in found} == {0o22, 0o77}
    assert 4 < sum(one.anonymous for one in found) < 25


def test_fleet_file_decides() -> None:
    found = settings_of(decoy(), FtpOptions(anonymous="yes", writable=False, attempts=9))
    assert (found.anonymous, found.writable, found.attempts) == (True, False, 9)


def test_software_is_that_of_the_release() -> None:
    later = settings_of(decoy(persona=persona(software={"ftp": "vsFTPd 3.0.5"})), FtpOptions())
    assert (later.software, later.unknown_commands) == ("vsFTPd 3.0.5", 10)
    assert settings_of(decoy(), FtpOptions()).unknown_commands == 0
    assert settings_of(decoy(persona=persona(software={})), FtpOptions()).software == SOFTWARE
