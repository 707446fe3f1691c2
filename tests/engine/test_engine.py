# SPDX-License-Identifier: MIT
"""Every engine is an Engine."""

from pathlib import Path

from decnet.engine.engine import Engine, Failure
from decnet.engine.factory import get_engine
from tests.support.handover import Agents
from tests.support.workers import config


def test_engine_of_the_configuration_offers_what_an_engine_offers(tmp_path: Path) -> None:
    engine = get_engine(config(tmp_path), Agents(tmp_path / "handover.sock").make())
    offered = [name for name in vars(Engine) if not name.startswith("_")]
    assert [name for name in offered if not hasattr(engine, name)] == []


def test_failure_says_why_and_which_kind_of_error_it_is() -> None:
    assert Failure("somebody else listens", 6) == ("somebody else listens", 6)
