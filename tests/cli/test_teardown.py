# SPDX-License-Identifier: MIT
"""``decnet teardown`` takes away what was named, and nothing else."""

import socket
from pathlib import Path

import pytest

from tests.support.addresses import address
from tests.support.hosts import prepared

pytestmark = pytest.mark.client

FLEET = "[fleet]\nname = test\n[decoy web]\narchetype = web-server\ncount = 3\naddress = {addresses}\nlures = http\n"
FLEET += "[decoy web/http]\nport = 8080\n"


def listens(place: str) -> bool:
    """Say whether a decoy answers."""
    with socket.socket() as client:
        return client.connect_ex((place, 8080)) == 0


async def test_named_decoys_go_their_ports_are_closed_and_the_others_stay(tmp_path: Path) -> None:
    addresses = [address(41), address(42), address(43)]
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET.format(addresses=", ".join(addresses)))
    async with prepared(tmp_path / "host") as host:
        await host.supervisor.start()
        assert (await host.command("deploy", str(fleet), "--yes")).code == 0
        unknown = await host.command("teardown", "web-9", "wbe-1", "--yes")
        assert unknown.code == 4
        assert unknown.stderr.count(b"did you mean") == 2
        assert (await host.command("teardown")).code == 3
        assert (await host.command("teardown", "web-2", "--yes")).code == 0
        assert [row["name"] for row in await host.rows("status")] == ["web-1", "web-3"]
        assert [listens(place) for place in addresses] == [True, False, True]
        assert (await host.command("teardown", "test", "--yes")).code == 0
        assert not any(listens(place) for place in addresses)
        again = await host.command("teardown", "--all", "--yes")
        assert (again.code, again.stdout) == (0, b"nothing to change\n")
