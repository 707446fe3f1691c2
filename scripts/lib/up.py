# SPDX-License-Identifier: MIT
"""
Bring decnet up from a checkout: database, secrets, the services of a master, the demo decoys. Ctrl-C stops everything.

``--once-ready COMMAND...`` runs the command when all is ready, then stops everything and leaves with the command's exit code.
"""

import asyncio
import fcntl
import json
import os
import shlex
import signal
import sys
from argparse import REMAINDER, ArgumentParser, Namespace
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from decnet.catalog import Role, services_of
from decnet.config.listening import parse as parse_listening
from decnet.config.load import DEFAULT_ORIGIN, load
from decnet.errors import DecnetError, HostError, InUseError
from decnet.lures.registry import lure_type
from decnet.web import certificate
from decnet.web.server import bind
from scripts.lib.supervise import DECNET, Supervisor

DEMO = Path(__file__).resolve().parents[2] / "deploy" / "demo.ini"
DECOYS_SECONDS = 20.0
LISTEN = "DECNET_WEB_LISTEN"
LOOK_SECONDS = 0.2
PRIVATE = 0o077
FOLDERS = {"XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state", "XDG_CONFIG_HOME": "config", "XDG_RUNTIME_DIR": "run"}


def main() -> int:
    """Run and return the exit code."""
    options = parse(sys.argv[1:])
    os.umask(PRIVATE)
    try:
        environment = environment_of(options.data)
        with locked(load(environment).config.paths.data):
            return asyncio.run(up(options, environment | place_of_the_dashboard(environment)))
    except DecnetError as error:
        return complain(error)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except ExceptionGroup as group:
        ours = only_error(group)
        if ours is None:
            raise
        return complain(ours)


def only_error(group: ExceptionGroup[Exception]) -> DecnetError | None:
    """Return the error for people in a task group's errors; None where there is another one beside it."""
    ours, others = group.split(DecnetError)
    first: Exception | None = ours if others is None else None
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, DecnetError) else None


def complain(error: DecnetError) -> int:
    """Say what happened and what mends it; return the exit code."""
    print(f"scripts/up: {error.message}", file=sys.stderr)
    if error.remedy:
        print(f"  to mend it: {error.remedy}", file=sys.stderr)
    return error.exit_code


def parse(arguments: list[str]) -> Namespace:
    """Return the options."""
    parser = ArgumentParser(prog="scripts/up", description=(__doc__ or "").strip())
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="keep everything in this folder")
    parser.add_argument("--fleet", type=Path, metavar="FILE", help="deploy this fleet, not the demo")
    parser.add_argument("--once-ready", nargs=REMAINDER, metavar="COMMAND", help="run this when ready, then stop")
    return parser.parse_args(arguments)


def environment_of(folder: Path | None) -> dict[str, str]:
    """Return the environment of every child: decnet first in the path, its folders in ``folder`` where one is named."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "NOTIFY_SOCKET"}}
    environment["PATH"] = f"{DECNET.parent}:{environment.get('PATH', '/usr/bin:/bin')}"
    if folder:
        environment |= folders_in(folder)
    return environment


def place_of_the_dashboard(environment: dict[str, str]) -> dict[str, str]:
    """Return the variable that lets the dashboard listen elsewhere, where nobody chose a place and the usual one is taken."""
    loaded = load(environment)
    if loaded.origins["web", "listen"] != DEFAULT_ORIGIN:
        return {}
    usual = parse_listening(loaded.config.web.listen)
    try:
        bind(usual).close()
    except InUseError:
        with closing(bind(replace(usual, port=0))) as free:
            return {LISTEN: f"{usual.address}:{free.getsockname()[1]}"}
    return {}


def folders_in(folder: Path) -> dict[str, str]:
    """Return the variables that put everything into ``folder``; make the folders."""
    variables = {name: str(folder.absolute() / part) for name, part in FOLDERS.items()}
    for path in variables.values():
        Path(path).mkdir(parents=True, exist_ok=True, mode=0o700)
    return variables


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this run; raise ``InUseError`` while another one does. A lock whose holder died is free."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise InUseError(
                f"another scripts/up (process {file.read().strip()}) already runs on {folder}",
                remedy="use that one, stop it with Ctrl-C, or give this one a folder of its own: scripts/up --data FOLDER",
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


async def up(options: Namespace, environment: dict[str, str]) -> int:
    """Start everything, say how to attack it, stay until a signal or the end of the command."""
    stop = asyncio.Event()
    async with Supervisor(services_of(Role.MASTER), environment, say=say) as supervisor:
        stop_on_signals(stop, supervisor)
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(run(options, environment, supervisor))
            stopped = tasks.create_task(stop.wait())
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            work.cancel()
            stopped.cancel()
        if stop.is_set():
            say("stopping")
    return 0 if work.cancelled() else work.result()


async def run(options: Namespace, environment: dict[str, str], supervisor: Supervisor) -> int:
    """Bring everything up; run the command and return its exit code, or keep the services running for ever."""
    begun = asyncio.get_running_loop().time()
    await decnet(environment, "store", "migrate")
    await decnet(environment, "secrets", "create")
    await supervisor.start()
    decoys = await deployed(options.fleet, environment)
    if down := [decoy["name"] for decoy in decoys if decoy["state"] != "up"]:
        complaint = f"these decoys are not up: {', '.join(down)}; decnet status says why"
        if options.once_ready is not None:
            raise HostError(complaint)
        say(complaint)
    say(f"ready after {asyncio.get_running_loop().time() - begun:.1f} s")
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(supervisor.keep())
        if options.once_ready is None:
            explain(decoys)
            tell_where(options.data, environment)
            await keeping
        code = await finished(options.once_ready or [], environment)
        keeping.cancel()
    return code


async def deployed(fleet: Path | None, environment: dict[str, str]) -> list[dict[str, Any]]:
    """Deploy the fleet that was named, or the demo where there is no decoy yet; return the decoys once they are up."""
    if fleet or not await status(environment):
        try:
            await decnet(environment, "deploy", str(fleet or DEMO), "--yes")
        except HostError as error:
            decoys = await status(environment)
            if not decoys:
                raise
            say(error.message)
            return decoys
    return await settled(environment)


async def settled(environment: dict[str, str]) -> list[dict[str, Any]]:
    """Return the decoys once none is waited for any more, or after a while as they are."""
    decoys: list[dict[str, Any]] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(DECOYS_SECONDS):
            while not decoys or any(decoy["state"] == "waiting" for decoy in decoys):
                decoys = await status(environment)
                await asyncio.sleep(LOOK_SECONDS)
    return decoys


async def status(environment: dict[str, str]) -> list[dict[str, Any]]:
    """Return the decoys as ``decnet status`` lists them, with the accounts that they let in."""
    output = await decnet(environment, "status", "--reveal", "--format", "json")
    return [json.loads(line) for line in output.splitlines()]


async def decnet(environment: dict[str, str], *arguments: str) -> bytes:
    """Run a decnet command and return its output; raise ``HostError`` with its own words where it fails."""
    async with child(str(DECNET), *arguments, environment=environment, output=asyncio.subprocess.PIPE) as process:
        output, complaint = await process.communicate()
    if process.returncode:
        raise HostError(f"decnet {shlex.join(arguments)} failed: {complaint.decode(errors='replace').strip()}")
    return output


async def finished(command: list[str], environment: dict[str, str]) -> int:
    """Run the command with our standard streams and return its exit code."""
    async with child(*command, environment=environment, output=None) as process:
        return await process.wait()


@asynccontextmanager
async def child(*command: str, environment: dict[str, str], output: int | None) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a command that does not outlive the block, nor us; ``output`` is where both its streams go, None for ours."""
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", "--", *command), stdout=output, stderr=output, env=environment
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def stop_on_signals(stop: asyncio.Event, supervisor: Supervisor) -> None:
    """Stop at the first signal; at the second, end every child by force."""

    def receive() -> None:
        if stop.is_set():
            supervisor.kill()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, receive)


def explain(decoys: list[dict[str, Any]]) -> None:
    """Say how to attack each decoy, with the accounts that it lets in."""
    print("\nAttack the decoys:")
    for decoy in decoys:
        print(f"\n  {decoy['name']} ({decoy['archetype']}{logins(decoy)})")
        for command in attacks(decoy):
            print(f"    {command}")


def tell_where(folder: Path | None, environment: dict[str, str]) -> None:
    """Say how to see the evidence, in a browser and in a terminal, and where the logs are."""
    command = os.path.relpath(DECNET)
    config = load(environment).config
    found = certificate.read(config.paths.certificate)
    print(f"\nSee what they did: {parse_listening(config.web.listen).url} is the dashboard, its first account is admin.")
    if found:
        print(f"The browser warns of its certificate, whose SHA-256 is {found.fingerprint}")
    print("\nIn another terminal:\n")
    if folder:
        print("  export " + " ".join(f"{name}={shlex.quote(environment[name])}" for name in FOLDERS))
    print(f"  {command} admin password     # of the dashboard's first account")
    for line in ("evidence tail", "attackers", "sessions list", "services"):
        print(f"  {command} {line}")
    print(f"\nLogs are in {config.paths.logs}. Ctrl-C stops everything; what was stored stays.", flush=True)


def logins(decoy: dict[str, Any]) -> str:
    """Return which accounts each lure of a decoy lets in; nothing where it plants none."""
    accounts = {lure: ", ".join(pairs) for lure, pairs in decoy["accounts"].items() if pairs}
    return "".join(f"; {lure} lets in {pairs}" for lure, pairs in accounts.items())


def attacks(decoy: dict[str, Any]) -> list[str]:
    """Return a command for each lure of a decoy that is up, as it is bound."""
    return [
        lure_type(lure["name"]).attack.format(address=lure["address"], host=in_url(lure["address"]), port=lure["port"])
        for lure in decoy["lures"]
        if lure["state"] == "up"
    ]


def in_url(address: str) -> str:
    """Return an address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
