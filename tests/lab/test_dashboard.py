# SPDX-License-Identifier: MIT
"""The dashboard of an installed package: reachable over TLS where the operator said, and locked in as all services are."""

import re

import pytest

from scripts.lib.lab.lab import Lab
from tests.support.packaged import HONEY, Packaged

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

CERTIFICATE = "/var/lib/decnet/web/dashboard.pem"
CURL = ("curl", "--silent", "--show-error", "--cacert", CERTIFICATE)
JAR = ("--cookie", "/srv/jar", "--cookie-jar", "/srv/jar")
HERE = "https://127.0.0.1:8443"
LATE = "192.0.2.10"
OTHER = ("systemd-run", "--quiet", "--unit=other", "--collect", "python3", "-m", "http.server")
LIMIT_KIB = 50 * 1024
TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@pytest.fixture(scope="module")
def dashboard(honey: Packaged) -> Packaged:
    """Give a machine on which the dashboard is up."""
    honey.machine.wait_until(["systemctl", "is-active", "decnet-web"], deadline_seconds=30)
    return honey


def page(dashboard: Packaged, path: str) -> str:
    """Return a page as somebody on the machine sees it, whose browser knows the certificate."""
    return dashboard.machine.output(*CURL, *JAR, "--location", f"{HERE}{path}")


def send(dashboard: Packaged, path: str, token: str, **fields: str) -> str:
    """Send a form; return the status and where it leads."""
    said = [word for name, value in {**fields, "csrf": token}.items() for word in ("--data-urlencode", f"{name}={value}")]
    answer = ("--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}")
    return dashboard.machine.output(*CURL, *JAR, "--header", f"Origin: {HERE}", *said, *answer, f"{HERE}{path}")


def token_of(text: str) -> str:
    """Return the token of the forms of a page."""
    found = TOKEN.search(text)
    assert found, text
    return found[1]


def test_the_key_is_for_the_service_alone(dashboard: Packaged) -> None:
    owner = dashboard.machine.output("stat", "-c", "%a %U", CERTIFICATE)
    assert owner == f"600 {HONEY.user}"
    assert dashboard.machine.output("stat", "-c", "%a %U %G", "/var/lib/decnet/web") == f"2750 {HONEY.user} {HONEY.group}"


def test_an_operator_signs_in_with_the_password_that_the_host_shows(dashboard: Packaged) -> None:
    first = dashboard.machine.output("decnet", "admin", "password").split()[-1]
    answer = send(dashboard, "/login", token_of(page(dashboard, "/login")), username="admin", password=first)
    assert answer == f"303 {HERE}/password"
    new = "correct horse battery staple"
    fields = {"current": first, "new": new, "again": new}
    assert send(dashboard, "/password", token_of(page(dashboard, "/password")), **fields) == f"303 {HERE}/"
    assert "web01" in page(dashboard, "/decoys")


def test_it_listens_where_the_operator_says(dashboard: Packaged, lab: Lab) -> None:
    """Nobody from outside reaches it before, everybody does afterwards, and the certificate names the new address."""
    machine = dashboard.machine
    refused = lab.outside(["curl", "--silent", "--insecure", f"https://{machine.address}:8443/login"], check=False)
    assert refused.returncode == 7
    machine.run(["decnet", "configure", "set", f"DECNET_WEB_LISTEN={machine.address}:9443"], deadline_seconds=120)
    machine.wait_until(["systemctl", "is-active", "decnet-web"], deadline_seconds=30)
    machine.wait_until([*CURL, "--fail", "--output", "/dev/null", f"https://{machine.address}:9443/login"], deadline_seconds=30)
    seen = lab.outside(["curl", "--silent", "--insecure", "--fail", f"https://{machine.address}:9443/login"])
    assert "Sign in" in seen.stdout
    # of all addresses, which the service has to find out in all that locks it in
    machine.run(["decnet", "configure", "set", "DECNET_WEB_LISTEN=[::]:9443"], deadline_seconds=120)
    dashboard.until_well()
    for host in (machine.address, "127.0.0.1", "[::1]"):
        machine.run([*CURL, "--fail", "--output", "/dev/null", f"https://{host}:9443/login"])
    machine.run(["decnet", "doctor"])
    machine.run(["decnet", "configure", "set", "DECNET_WEB_LISTEN=127.0.0.1:8443"], deadline_seconds=120)
    machine.wait_until([*CURL, "--fail", "--output", "/dev/null", f"{HERE}/login"], deadline_seconds=30)


def test_a_port_that_it_may_not_open_is_told_and_not_tried_again(dashboard: Packaged) -> None:
    machine = dashboard.machine
    machine.put("/etc/decnet/config.ini.d/90-low.ini", "[web]\nlisten = 127.0.0.1:443\n")
    machine.run(["systemctl", "restart", "decnet-web"], check=False)
    machine.wait_until(["systemctl", "is-failed", "decnet-web"], deadline_seconds=30)
    assert machine.output("systemctl", "show", "-P", "ExecMainStatus", "decnet-web") == "78"
    assert "below 1024" in machine.output("journalctl", "-u", "decnet-web", "-n", "20", "-o", "cat")
    machine.run(["rm", "/etc/decnet/config.ini.d/90-low.ini"])
    machine.run(["systemctl", "restart", "decnet-web"])


def test_it_listens_on_an_address_that_comes_later(dashboard: Packaged) -> None:
    """As by DHCP: a host that boots has it when the services have long started."""
    machine = dashboard.machine
    machine.run(["decnet", "configure", "set", f"DECNET_WEB_LISTEN={LATE}:9443"], deadline_seconds=120)
    dashboard.until_well()
    process = dashboard.process("web")
    told = dashboard.doctor()
    assert told.returncode == 5
    assert f"nobody answers at https://{LATE}:9443/" in told.stdout
    machine.run(["ip", "address", "add", f"{LATE}/32", "dev", "lo"])
    machine.wait_until([*CURL, "--fail", "--output", "/dev/null", f"https://{LATE}:9443/login"], deadline_seconds=30)
    assert dashboard.process("web") == process
    machine.run(["decnet", "doctor"])
    machine.run(["ip", "address", "delete", f"{LATE}/32", "dev", "lo"])
    machine.run(["decnet", "configure", "set", "DECNET_WEB_LISTEN=127.0.0.1:8443"], deadline_seconds=120)
    dashboard.until_well()


def test_a_port_that_another_program_has_is_told_and_taken_when_it_is_free(dashboard: Packaged) -> None:
    machine = dashboard.machine
    other = (
        "systemd-run",
        "--quiet",
        "--unit=other",
        "--collect",
        "python3",
        "-m",
        "http.server",
        "--bind",
        "127.0.0.1",
        "9444",
    )
    machine.run([*other])
    machine.wait_until(["curl", "--silent", "--output", "/dev/null", "http://127.0.0.1:9444/"])
    said = machine.run(["decnet", "configure", "set", "DECNET_WEB_LISTEN=127.0.0.1:9444"], deadline_seconds=120)
    assert "decnet-web.service did not" in said.stdout + said.stderr
    told = dashboard.doctor()
    assert "at https://127.0.0.1:9444/ answers another program than the dashboard" in told.stdout
    assert "ss -ltnp 'sport = :9444'" in told.stdout
    machine.run(["systemctl", "stop", "other"])
    dashboard.until_well()
    machine.run(["decnet", "configure", "set", "DECNET_WEB_LISTEN=127.0.0.1:8443"], deadline_seconds=120)
    dashboard.until_well()


def test_it_comes_back_from_a_kill_with_the_same_certificate(dashboard: Packaged) -> None:
    machine = dashboard.machine
    before = machine.output("sha256sum", CERTIFICATE)
    machine.run(["systemctl", "kill", "--signal=KILL", "decnet-web"])
    machine.wait_until([*CURL, "--fail", "--output", "/dev/null", f"{HERE}/login"], deadline_seconds=30)
    assert machine.output("sha256sum", CERTIFICATE) == before


def test_it_stays_small(dashboard: Packaged) -> None:
    assert dashboard.memory_kib("web") <= LIMIT_KIB
