# SPDX-License-Identifier: MIT
"""A configuration means one engine, one ground and one pen."""

import resource
from pathlib import Path

import pytest

from decnet.config.model import Agent
from decnet.engine.factory import get_engine, get_ground, get_pen, raise_file_limit
from decnet.engine.loopback import LoopbackEngine
from decnet.errors import ConfigError
from decnet.store import keys
from tests.support.handover import Agents
from tests.support.workers import config


def test_engine_takes_its_port_shift_from_the_configuration(tmp_path: Path) -> None:
    lender = Agents(tmp_path / "handover.sock").make()
    engine = get_engine(config(tmp_path, agent=Agent(port_shift=7)), lender)
    assert isinstance(engine, LoopbackEngine)
    assert engine.ground == get_ground(config(tmp_path))
    assert engine.port(80) in (80, 87)


def test_pen_needs_the_public_key_alone(tmp_path: Path) -> None:
    settings = config(tmp_path)
    with pytest.raises(ConfigError, match=r"sealing\.pub"):
        get_pen(settings, "decoys")
    keys.create(settings.paths.secrets)
    for name in (keys.SEALING, keys.STORE, keys.COMPARISON):
        (settings.paths.secrets / name).unlink()
    pen = get_pen(settings, "decoys")
    assert (pen.host, pen.writer) == (settings.host.name, "decoys")


def test_file_limit_is_as_high_as_the_system_permits() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        raise_file_limit()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft == hard == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
