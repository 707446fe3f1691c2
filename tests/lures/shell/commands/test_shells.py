# SPDX-License-Identifier: MIT
"""Commands that start shells."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("sh -c 'echo $0 $1' a b", 0, "a b\n"),
    ("bash -c 'exit 7'; echo $?", 0, "7\n"),
    ("echo 'echo from $0' > s; sh s", 0, "from s\n"),
    ("echo 'echo input' | sh", 0, "input\n"),
    ("sh nothing", 2, "sh: 0: cannot open nothing: No such file\n"),
    ("su -c id", 0, "uid=0(root) gid=0(root) groups=0(root)\n"),
    ("su nosuch", 1, "su: user nosuch does not exist or the user entry does not contain all the required fields\n"),
    ("sudo id -u", 0, "0\n"),
    ("sudo -u daemon whoami", 0, "daemon\n"),
    ("sudo nothing", 1, "sudo: nothing: command not found\n"),
    ("busybox echo x", 0, "x\n"),
    ("busybox NOTHING", 127, "NOTHING: applet not found\n"),
    ("chroot /nothing", 127, "chroot: failed to run command \u2018/bin/bash\u2019: No such file or directory\n"),
    ("screen -ls", 1, "No Sockets found in /run/screen/S-root.\n\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_shells_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
