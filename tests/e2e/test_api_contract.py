# SPDX-License-Identifier: MIT
"""A real process of the API, asked everything that its document allows, and much that it does not."""

import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from decnet.api.app import PREFIX, document_of, make_app
from scripts.lib.supervise import DECNET
from scripts.lib.up import environment_of

EXAMPLES = 25
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Process:
    """A running ``decnet api``: where it is, and the environment of its command line."""

    url: str
    environment: dict[str, str]

    def token(self) -> str:
        """Return what a new program with all rights shows: the last one may have been revoked by what was asked."""
        command = [str(DECNET), "admin", "token", "create", f"contract-{uuid4().hex[:8]}", "--role", "admin"]
        made = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True)
        return made.stdout.strip()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """Run ``decnet api`` with a store of its own, on TCP too; it ends well when it is asked to."""
    port = free_port()
    folder = tmp_path_factory.mktemp("api")
    environment = {**environment_of(folder), "DECNET_API_LISTEN": f"127.0.0.1:{port}", "DECNET_BUS_TRANSPORT": "null"}
    for command in (("store", "migrate"), ("secrets", "create")):
        subprocess.run([DECNET, *command], env=environment, check=True, capture_output=True)
    process = subprocess.Popen([DECNET, "api"], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        assert any("is ready" in line for line in iter(process.stderr.readline, ""))
        yield Process(f"http://127.0.0.1:{port}", environment)
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.fixture
def token(api: Process) -> str:
    """Return what a program with all rights shows."""
    return api.token()


# the live feed never ends; its tests are in tests/api/test_feed.py
document = schemathesis.openapi.from_dict(document_of(make_app())).exclude(path=f"{PREFIX}/events")


@document.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.client
def test_no_answer_is_a_failure_or_undocumented(case: schemathesis.Case[Any], api: Process, token: str) -> None:
    response = case.call(base_url=api.url, headers={"authorization": f"Bearer {token}"})
    case.validate_response(response, checks=CHECKS)
