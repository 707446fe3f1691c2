# SPDX-License-Identifier: MIT
"""From the name of a service to its exit code."""

import subprocess
import sys
from pathlib import Path

import pytest

from decnet import remedy
from decnet.catalog import SERVICES, Service
from decnet.config.load import Loaded
from decnet.config.model import Config
from decnet.errors import ConfigError, HostError, InUseError
from decnet.paths import SYSTEM
from decnet.runtime import main
from decnet.runtime.main import EXIT_CRASHED, resolve
from decnet.runtime.worker import Worker

FIRST_THING = """
import ctypes, sys
from decnet.catalog import service
from decnet.runtime.main import run_service

def load():
    sys.exit(10 + ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))

run_service(service("agent"), load)
"""


@pytest.mark.client
def test_service_can_be_traced_by_nobody_before_it_reads_anything() -> None:
    """PR_SET_DUMPABLE 0 comes first: a neighbour of the same account must not read keys out of a service that starts."""
    assert subprocess.run([sys.executable, "-c", FIRST_THING], check=False, timeout=60).returncode == 10


@pytest.mark.root
def test_root_runs_no_service_of_an_installed_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What root left in the folders of a service, the service could not use any more."""
    monkeypatch.setattr(main, "forbid_tracing", lambda: None)
    unit = tmp_path / "decnet-bus.service"
    unit.write_text(f"ExecStart={sys.prefix}/bin/decnet bus\n", encoding="utf-8")
    monkeypatch.setattr(remedy, "UNITS", (unit,))
    loaded = Loaded(Config(paths=SYSTEM), tmp_path, {}, None)
    with pytest.raises(ConfigError) as error:
        main.run_service(SERVICES[0], lambda: loaded)
    assert error.value.remedy == f"systemctl start decnet-{SERVICES[0].name}; journalctl -u decnet-{SERVICES[0].name}"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_worker_of_every_service_is_found(service: Service) -> None:
    worker = resolve(service)
    assert issubclass(worker, Worker)
    assert worker.name == service.name


def test_error_of_ours_decides_the_exit_code_and_any_other_is_a_crash(caplog: pytest.LogCaptureFixture) -> None:
    nested = ExceptionGroup("tasks", [ExceptionGroup("more", [InUseError("taken", remedy="wait")])])
    assert main._exit_code("agent", nested) == InUseError.exit_code
    assert "agent cannot go on: taken (wait)" in caplog.text
    assert main._exit_code("agent", ExceptionGroup("tasks", [HostError("gone"), ValueError("a bug")])) == EXIT_CRASHED
