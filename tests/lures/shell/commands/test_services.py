# SPDX-License-Identifier: MIT
"""Commands about services."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("systemctl is-active ssh", 0, "active\n"),
    ("systemctl status nothing", 4, "Unit nothing.service could not be found.\n"),
    ("systemctl start nothing", 5, "Failed to start nothing.service: Unit nothing.service not found.\n"),
    ("systemctl list-units | head -1", 0, "  UNIT                        LOAD   ACTIVE SUB     DESCRIPTION\n"),
    ("service nothing start", 1, "nothing: unrecognized service\n"),
    ("service ssh restart; echo $?", 0, "0\n"),
    ("service", 1, "Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n"),
    ("echo '* * * * * x' | crontab -; crontab -l", 0, "* * * * * x\n"),
    ("crontab -r", 0, ""),
    ("crontab -l", 0, ("# m h  dom mon dow   command\n30 2 * * * /root/backup.sh >/var/log/backup.log 2>&1\n")),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_services_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
