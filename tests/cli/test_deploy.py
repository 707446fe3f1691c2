# SPDX-License-Identifier: MIT
"""``decnet deploy`` changes nothing that is not right, shows what it will do, and says how it went."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from decnet.engine.listener import open_listener
from decnet.engine.messages import Key
from tests.support.addresses import address
from tests.support.hosts import prepared
from tests.support.installation import Installation

pytestmark = pytest.mark.client

DEMO = Path(__file__).resolve().parents[2] / "deploy" / "demo.ini"
FLEET = (
    f"[fleet]\nname = test\n[decoy a]\narchetype = web-server\naddress = {address(31)}\nlures = http\n"
    "[decoy a/http]\nport = 8080\n"
)
OTHER = f"[decoy b]\narchetype = web-server\naddress = {address(32)}\nlures = http\n[decoy b/http]\nport = 8080\n"


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Installation]:
    """Return a host on which nothing runs."""
    async with prepared(tmp_path / "host") as host:
        yield host


async def deploy(host: Installation, text: str, *options: str) -> tuple[int, str, str]:
    """Deploy a text; return exit code, output and complaints."""
    path = host.folder / "fleet.ini"
    path.write_text(text)
    finished = await host.command("deploy", str(path), *options)
    return finished.code, finished.stdout.decode(), finished.stderr.decode()


async def test_fleet_with_mistakes_is_refused_with_all_of_them_and_nothing_changes(host: Installation) -> None:
    text = (
        "[fleet]\nname=x\n[decoy a]\narchetype=web-sever\naddress=10.0.0.1\n[decoy b]\narchetype=iot-device\nlures=ssh, htpp\n"
    )
    code, _, said = await deploy(host, text, "--yes")
    assert code == 3
    assert "did you mean 'web-server'" in said
    assert "the loopback engine cannot serve 10.0.0.1" in said
    assert "did you mean 'http'" in said
    assert (await deploy(host, FLEET, "--dry-run"))[1].count("create") == 2


async def test_dry_run_shows_the_plan_and_changes_nothing(host: Installation) -> None:
    code, output, _ = await deploy(host, FLEET, "--dry-run", "--format", "json")
    assert code == 0
    steps = [json.loads(line) for line in output.splitlines()]
    assert [(step["action"], step["decoy"], step["lure"]) for step in steps] == [("create", "a", ""), ("create", "a", "http")]
    code, output, said = await deploy(host, FLEET, "--dry-run")
    assert output.count("create") == 2
    assert "nothing was changed" in said


async def test_file_and_number_together_are_refused_even_when_the_number_is_none(host: Installation) -> None:
    code, _, said = await deploy(host, FLEET, "--decoys", "0", "--yes")
    assert code == 3
    assert "say either a fleet file, or --decoys and --archetype" in said


async def test_without_an_agent_the_plan_is_stored_and_carried_out_when_it_starts(host: Installation) -> None:
    code, _, said = await deploy(host, FLEET, "--yes")
    assert code == 7
    assert "the agent does not run; the plan is stored as revision 1" in said
    await host.supervisor.start()
    code, output, _ = await deploy(host, FLEET, "--yes")
    assert (code, output) == (0, "nothing to change\n")


async def test_port_in_use_fails_one_decoy_names_its_owner_and_the_other_is_up(host: Installation) -> None:
    await host.supervisor.start()
    with open_listener(Key(address(31), 8080)):
        code, _, said = await deploy(host, FLEET + OTHER, "--yes")
    assert code == 6
    assert "1 lure is not up" in said
    assert f"a/http: somebody else listens on {address(31)}:8080: process " in said
    rows = {row["name"]: row for row in await host.rows("status")}
    assert (rows["a"]["state"], rows["b"]["state"]) == ("failed", "up")


async def test_decoys_by_number_are_added_to_what_is_there_and_asking_twice_adds_none(host: Installation) -> None:
    await host.supervisor.start()
    assert (await deploy(host, FLEET, "--yes"))[0] == 0
    by_number = ("deploy", "--decoys", "2", "--archetype", "database-server", "--yes")
    assert (await host.command(*by_number)).code == 0
    names = [row["name"] for row in await host.rows("status")]
    assert names == ["a", "database-server-1", "database-server-2"]
    again = await host.command(*by_number)
    assert again.stdout == b"nothing to change\n"


async def test_two_deployments_at_once_do_not_overwrite_each_other(host: Installation) -> None:
    await host.supervisor.start()
    kinds = ("web-server", "iot-device")
    codes = [
        finished.code
        for finished in await asyncio.gather(
            *(host.command("deploy", "--decoys", "1", "--archetype", kind, "--yes") for kind in kinds)
        )
    ]
    deployed = [f"{kind}-1" for kind, code in zip(kinds, codes, strict=True) if code == 0]
    assert set(codes) <= {0, 6}
    assert deployed
    assert set(deployed) <= {row["name"] for row in await host.rows("status")}


async def test_demo_fleet_is_right(host: Installation) -> None:
    finished = await host.command("deploy", str(DEMO), "--dry-run", "--format", "json")
    assert finished.code == 0, finished.stderr.decode()
    created = [json.loads(line) for line in finished.stdout.splitlines()]
    assert sum(step["lure"] == "" for step in created) == 5


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 3),
        (("--decoys", "2"), 3),
        (("--decoys", "0", "--archetype", "web-server"), 3),
        (("--decoys", "1", "--archetype", "web-sever"), 3),
        (("/nowhere.ini",), 4),
        (("/dev/zero",), 3),
    ],
)
async def test_request_that_makes_no_sense_is_refused(host: Installation, arguments: tuple[str, ...], code: int) -> None:
    finished = await host.command("deploy", *arguments)
    assert finished.code == code, finished.stderr.decode()
    assert b"Traceback" not in finished.stderr
