# SPDX-License-Identifier: MIT
"""The API of an installed package: on its socket, for the group, with a first password that only root can see."""

import json
from typing import Any

import pytest

from tests.support.packaged import HONEY, Packaged

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

SOCKET = "/run/decnet/api.sock"
CURL = ("curl", "--silent", "--show-error", "--unix-socket", SOCKET)
NEW = "a password of my own"
LIMIT_KIB = 65 * 1024


def ask(packaged: Packaged, path: str, *options: str) -> Any:
    """Return what the API answers to root."""
    return json.loads(packaged.machine.output(*CURL, *options, f"http://decnet/api/v1{path}"))


def post(packaged: Packaged, path: str, body: dict[str, str]) -> Any:
    """Return what the API answers to a body; cookies are kept."""
    jar = ("--cookie", "/root/jar", "--cookie-jar", "/root/jar")
    return ask(packaged, path, *jar, "--header", "content-type: application/json", "--data", json.dumps(body))


def test_the_api_is_active_and_answers_who_may_connect(honey: Packaged) -> None:
    machine = honey.machine
    machine.wait_until(["systemctl", "is-active", "--quiet", "decnet-api.service"])
    assert ask(honey, "/health") == {"status": "ok"}
    assert machine.output("stat", "-c", "%a %U %G", SOCKET) == f"660 {HONEY.user} {HONEY.group}"
    stranger = machine.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *CURL, "http://x/"], check=False)
    assert stranger.returncode == 7
    machine.run(["systemd-analyze", "security", "--no-pager", "--threshold=15", "decnet-api.service"])


def test_the_first_password_works_once_and_is_in_no_log(honey: Packaged) -> None:
    first = honey.machine.output("decnet", "admin", "password")
    refused = honey.machine.run(["decnet", "admin", "password"], user=HONEY.user, check=False)
    assert refused.returncode != 0, "the keys are root's"
    assert post(honey, "/login", {"username": "admin", "password": first})["must_change_password"] is True
    assert ask(honey, "/evidence", "--cookie", "/root/jar")["type"].endswith(":password-change-required")
    assert post(honey, "/me/password", {"current": first, "new": NEW})["must_change_password"] is False
    assert "items" in ask(honey, "/evidence", "--cookie", "/root/jar")
    assert honey.machine.run(["decnet", "admin", "password"], check=False).returncode == 4
    for where in (f"grep -rqF {first} /var/log", f"journalctl --no-pager | grep -qF {first}"):
        assert honey.machine.run(["sh", "-c", where], check=False).returncode == 1


def test_an_attack_is_seen_and_an_upgrade_of_the_service_keeps_who_is_logged_in(honey: Packaged) -> None:
    token = honey.machine.output("decnet", "admin", "token", "create", "lab", "--role", "operator")
    shown = ("--header", f"authorization: Bearer {token}")
    honey.log_in("echo seen-by-api")
    honey.until_recorded(["seen-by-api"])
    found = ask(honey, "/evidence?kind=command&q=seen-by-api", *shown)["items"]
    assert [item["summary"] for item in found] == ["echo seen-by-api"]
    honey.kill("api")
    honey.machine.wait_until([*CURL, "--fail", *shown, "http://decnet/api/v1/me"])
    honey.until_well()
    assert ask(honey, "/decoys", *shown)["is_agent_running"] is True


def test_it_stays_small(honey: Packaged) -> None:
    assert honey.memory_kib("api") <= LIMIT_KIB
