# SPDX-License-Identifier: MIT
"""Commands about accounts."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("useradd bob; id bob", 0, "uid=1001(bob) gid=1001(bob) groups=1001(bob)\n"),
    (
        "useradd -m -s /bin/bash bob; ls -d /home/bob; grep ^bob: /etc/passwd",
        0,
        "/home/bob\nbob:x:1001:1001::/home/bob:/bin/bash\n",
    ),
    ("useradd root", 9, "useradd: user 'root' already exists\n"),
    ("useradd 'a b'", 3, "useradd: invalid user name 'a b'\n"),
    ("useradd bob; usermod -aG sudo bob; groups bob", 0, "bob : bob sudo\n"),
    ("useradd bob; userdel bob; id bob", 1, "id: \u2018bob\u2019: no such user\n"),
    ("userdel nobody2", 6, "userdel: user 'nobody2' does not exist\n"),
    ("groupadd g; grep -c ^g: /etc/group", 0, "1\n"),
    (
        "echo bob:x | chpasswd",
        1,
        (
            "chpasswd: (user bob) pam_chauthtok() failed, error:\n"
            "Authentication token manipulation error\n"
            "chpasswd: (line 1, user bob) password not changed\n"
        ),
    ),
    ("passwd nosuch", 1, "passwd: user 'nosuch' does not exist\n"),
    ("passwd -S root | cut -d' ' -f1,2", 0, "root P\n"),
    ("getent passwd root", 0, "root:x:0:0:root:/root:/bin/bash\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_people_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
