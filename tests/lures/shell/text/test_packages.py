# SPDX-License-Identifier: MIT
"""The packages that dpkg knows."""

import pytest

from decnet.lures.shell.text.packages import packages
from tests.support.decoys import OPENSSH, persona


@pytest.mark.parametrize(
    ("os_id", "os_version"),
    [("debian", "10"), ("debian", "11"), ("debian", "12"), ("ubuntu", "20.04"), ("ubuntu", "22.04"), ("raspbian", "11")],
)
def test_packages_are_sorted_and_have_versions(os_id: str, os_version: str) -> None:
    found = packages(persona(os_id=os_id, os_version=os_version))

    assert [row[0] for row in found] == sorted({row[0] for row in found})
    assert all(version and summary for _, version, summary in found)


def test_the_ssh_package_is_what_the_banner_says() -> None:
    versions = {name: version for name, version, _ in packages(persona())}

    assert versions["openssh-server"] == "1:" + OPENSSH.removeprefix("OpenSSH_").replace("p1 Debian", "p1")
