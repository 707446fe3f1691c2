# SPDX-License-Identifier: MIT
"""From the name of a service to its exit code."""

import asyncio
import importlib
import logging
import os
from collections.abc import Callable

from decnet import log as logs
from decnet.catalog import Service
from decnet.config.load import Loaded, environment
from decnet.errors import ConfigError, DecnetError, HostError
from decnet.paths import SYSTEM
from decnet.remedy import has_units, start
from decnet.runtime.isolation import forbid_tracing
from decnet.runtime.runner import run_until_signalled
from decnet.runtime.worker import Worker

log = logging.getLogger(__name__)

EXIT_CRASHED = 70
"""``EX_SOFTWARE`` of sysexits.h: never 0, so that systemd restarts the service."""


def run_service(service: Service, load: Callable[[], Loaded]) -> int:
    """Run a service in the foreground until it is asked to stop, and return its exit code."""
    forbid_tracing()
    loaded = load()
    _refuse_root(service.name, loaded)
    _open_log(service.name, loaded)
    try:
        worker_class = resolve(service)
        worker = worker_class(loaded.config, worker_class.make_bus(loaded.config))
        asyncio.run(run_until_signalled(worker, lambda: load().config))
    except BaseExceptionGroup as group:
        return _exit_code(service.name, group)
    except DecnetError as error:
        log.error("%s cannot run: %s", service.name, _sentence(error))  # noqa: TRY400 - the sentence says all
        return error.exit_code
    except OSError as error:
        log.exception("%s lost what it stands on", service.name, exc_info=error)
        return HostError.exit_code
    return 0


def _refuse_root(name: str, loaded: Loaded) -> None:
    """Raise ``ConfigError`` where root would leave files in the folders of a service that could not write them any more."""
    if os.geteuid() == 0 and loaded.config.paths == SYSTEM and has_units():
        raise ConfigError(f"systemd runs {name} here, as an account of its own and never as root", remedy=start(name))


def resolve(service: Service) -> type[Worker]:
    """Import the worker of a service; only the worker that runs is ever imported."""
    module, _, name = service.worker.partition(":")
    worker: type[Worker] = getattr(importlib.import_module(module), name)
    return worker


def _open_log(name: str, loaded: Loaded) -> None:
    """Send the log to the service's own file and to standard error."""
    path = loaded.log_file or loaded.config.paths.log(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        logs.set_up(
            name,
            path=path,
            level=loaded.config.log.level,
            floor_bytes=loaded.config.disk.log_floor_bytes,
            journal="JOURNAL_STREAM" in environment(),
        )
    except OSError as error:
        raise HostError(f"the log {path} cannot be written: {error.strerror}", remedy="decnet doctor") from error


def _exit_code(name: str, group: BaseExceptionGroup) -> int:
    """Log what ended the tasks; an error of ours decides the exit code."""
    expected, rest = group.split(DecnetError)
    if rest is not None:
        log.error("%s ends because a task failed", name, exc_info=rest)
        return EXIT_CRASHED
    errors = [error for error in _leaves(expected) if isinstance(error, DecnetError)]
    for error in errors:
        log.error("%s cannot go on: %s", name, _sentence(error))
    return errors[0].exit_code


def _leaves(group: BaseExceptionGroup | None) -> list[BaseException]:
    """Return the exceptions of a group and of the groups in it."""
    found: list[BaseException] = []
    for error in group.exceptions if group else ():
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found


def _sentence(error: DecnetError) -> str:
    """Return what happened and what mends it."""
    return f"{error.message} ({error.remedy})" if error.remedy else error.message
