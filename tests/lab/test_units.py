# SPDX-License-Identifier: MIT
"""The units under a real systemd: they start, they end, they come back."""

import pytest

from decnet.catalog import SERVICES, service
from decnet.install.render import unit_of
from tests.support.packaged import HONEY, UNITS, Packaged

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

NAMES = [row.name for row in SERVICES]
WRITER = """\
import logging, pathlib, time
from decnet import log
log.set_up("decoys", path=pathlib.Path("/var/log/decnet/decnet.decoys.log"), level="info", floor_bytes=0, journal=False)
logging.getLogger().handlers = logging.getLogger().handlers[1:]
number, rotated = 0, pathlib.Path("/var/log/decnet/decnet.decoys.log.5.gz")
deadline = time.monotonic() + 60
while not rotated.exists() and time.monotonic() < deadline:
    logging.getLogger("decnet.x").info("line %d", number)
    number += 1
print(number)
print("END")
"""


def test_every_service_comes_back_after_a_kill(honey: Packaged) -> None:
    for name in NAMES:
        before = honey.process(name)
        honey.kill(name)
        honey.machine.wait_until(["systemctl", "is-active", "--quiet", f"decnet-{name}.service"])
        honey.until_well()
        assert honey.process(name) not in {0, before}
    assert honey.machine.failed_units() == []


def test_the_target_stops_and_starts_all_and_is_reached_when_all_are_ready(honey: Packaged) -> None:
    machine = honey.machine
    machine.run(["systemctl", "stop", "decnet.target", *UNITS])
    assert set(honey.processes().values()) == {0}
    machine.run(["systemctl", "start", "decnet.target"])
    assert {honey.show(name, "ActiveState") for name in NAMES} == {"active"}
    honey.until_well()
    ready = {name: int(honey.show(name, "ActiveEnterTimestampMonotonic")) for name in NAMES}
    for row in SERVICES:
        assert all(ready[other] < ready[row.name] for other in row.after)


def test_a_service_that_is_started_alone_starts_no_other_and_goes_on_where_those_come_later(honey: Packaged) -> None:
    machine = honey.machine
    machine.run(["systemctl", "stop", "decnet.target", *UNITS])
    machine.run(["systemctl", "start", "decnet-decoys"])
    assert [name for name, process in honey.processes().items() if process] == ["decoys"]
    alone = honey.process("decoys")
    machine.run(["systemctl", "start", "decnet.target"])
    honey.until_well()
    assert honey.process("decoys") == alone
    assert honey.log_in("echo alone") == "alone"
    honey.until_recorded(["alone"])


def test_rotation_loses_and_doubles_no_line_of_a_service(honey: Packaged) -> None:
    machine = honey.machine
    rotate = "while [ ! -e /var/log/decnet/decnet.decoys.log.5.gz ]; do logrotate -f /etc/logrotate.d/decnet; done"
    machine.run(["systemd-run", "--quiet", "--unit=rotation", "--collect", "sh", "-c", rotate])
    written = next(int(line) for line in honey.probe("decoys", WRITER).splitlines() if line.isdecimal())
    machine.wait_until(["sh", "-c", "! systemctl is-active --quiet rotation"])
    files = "{ cat decnet.decoys.log decnet.decoys.log.1; zcat decnet.decoys.log.*.gz; }"
    lines = machine.output("sh", "-c", f"cd /var/log/decnet; {files} | grep -o 'line [0-9]*'").splitlines()
    assert written > 100
    assert sorted(lines) == sorted(f"line {number}" for number in range(written))


def test_the_gate_of_an_upgrade_holds_back_what_opens_the_store_even_an_automatic_restart(honey: Packaged) -> None:
    machine, gated = honey.machine, [row.name for row in SERVICES if row.opens_store]
    machine.put("/run/decnet-upgrade.lock", "")
    for name in gated:
        honey.kill(name)
        machine.wait_until(["sh", "-c", f"systemctl show decnet-{name} | grep -qx Result=exec-condition"])
        machine.run(["systemctl", "start", unit_of(service(name))])
        assert honey.process(name) == 0
    assert all(honey.process(name) for name in NAMES if name not in gated)
    machine.run(["rm", "/run/decnet-upgrade.lock"])
    machine.run(["systemctl", "start", *(unit_of(service(name)) for name in gated)])
    honey.until_well()


def test_a_log_that_somebody_removed_is_there_again_when_the_service_is(honey: Packaged) -> None:
    machine = honey.machine
    machine.run(["rm", "/var/log/decnet/decnet.decoys.log"])
    honey.kill("decoys")
    honey.until_well()
    owner = machine.output("stat", "--format=%U:%G %a", "/var/log/decnet/decnet.decoys.log")
    assert owner == f"{HONEY.decoys_user}:{HONEY.group} 640"


def test_after_power_is_off_and_on_again_everything_is_back(honey: Packaged) -> None:
    before = honey.places()
    honey.log_in("echo kept")
    honey.until_recorded(["kept"])
    honey.machine.power_off()
    honey.machine.power_on()
    honey.until_well()
    assert honey.machine.failed_units() == []
    assert {decoy["state"] for decoy in honey.lines("status")} == {"up"}
    assert honey.places() == before
    assert honey.log_in("echo again") == "again"
    assert [honey.until_recorded(["again"])[word] for word in ("kept", "again")] == [1, 1]
