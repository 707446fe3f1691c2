# SPDX-License-Identifier: MIT
"""What a configuration means to the two services of the engine: which engine, which ground, which pen, how many files."""

import resource
from collections.abc import Callable

from decnet.config.model import Config
from decnet.domain.resolution import Ground
from decnet.engine.admission import admitting
from decnet.engine.engine import Engine
from decnet.engine.lender import Lender, Publish
from decnet.engine.loopback import LoopbackEngine, ground
from decnet.engine.steward import Steward
from decnet.spool.sealing import read_public_key
from decnet.spool.writer import SpoolWriter


def get_lender(config: Config, publish: Publish, *, arrived: Callable[[], None], noted: Callable[[], None]) -> Lender:
    """Return the agent's end of the hand-over, which only the decoys service may dial."""
    path, lock, host = config.paths.handover_socket, config.paths.agent_lock, config.host.name
    admit, bounds = admitting("decoys"), config.agent
    return Lender(path, lock, host=host, admit=admit, publish=publish, arrived=arrived, noted=noted, bounds=bounds)


def get_engine(config: Config, lender: Lender) -> Engine:
    """Return the engine of the configuration."""
    return LoopbackEngine(lender, port_shift=config.agent.port_shift)


def get_steward(config: Config, lender: Lender) -> Steward:
    """Return who keeps the decoys of this host with the engine of the configuration."""
    return Steward(get_engine(config, lender), lender, host=config.host.name, folder=config.paths.agent)


def get_ground(config: Config) -> Ground:  # noqa: ARG001 - loopback, the only engine, is the same everywhere
    """Return where the engine of the configuration can put decoys."""
    return ground()


def get_pen(config: Config, writer: str) -> SpoolWriter:
    """Return the pen of a service of this host; raise ``ConfigError`` where there is no key to seal evidence to."""
    return SpoolWriter(
        config.paths.spool / config.host.name / writer,
        host=config.host.name,
        writer=writer,
        public_key=read_public_key(config.paths.secrets / "sealing.pub"),
        settings=config.spool,
        disk=config.disk,
    )


def raise_file_limit() -> None:
    """Let this process open as many files as the system permits: each socket of a decoy is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
