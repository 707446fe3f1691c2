# SPDX-License-Identifier: MIT
"""
Run services as children: in start order, each awaited until it is READY, started again when it dies, all stopped at the end.

systemd does this in production; this stands in for it in a checkout, in tests and in benchmarks. Each child gets a process
group of its own and dies with us (``PR_SET_PDEATHSIG``), so that not even kill -9 leaves one behind.
"""

import asyncio
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from decnet.catalog import Service
from decnet.errors import ConfigError, HostError

DECNET = Path(sys.executable).with_name("decnet")
READY_SECONDS = 20.0
STOP_SECONDS = 10.0
FIRST_PAUSE_SECONDS = 0.2
LAST_PAUSE_SECONDS = 10.0
SETTLED_SECONDS = 30.0
TAIL_BYTES = 4096
_CREDENTIALS = struct.Struct("=iII")


class Child:
    """One running process of a service; ``tail`` is the end of what it wrote on standard error."""

    def __init__(self, service: Service, process: asyncio.subprocess.Process) -> None:
        self.service = service
        self.process = process
        self.ready = asyncio.Event()
        self.tail = b""
        self.started_at = asyncio.get_running_loop().time()

    @property
    def pid(self) -> int:
        """The process id, which is its process group's too."""
        return self.process.pid

    @property
    def age_seconds(self) -> float:
        """How long ago it was started."""
        return asyncio.get_running_loop().time() - self.started_at

    async def listen(self) -> None:
        """Keep the end of its standard error until it closes it."""
        assert self.process.stderr is not None  # noqa: S101 - it was started with a pipe; tells mypy
        while chunk := await self.process.stderr.read(TAIL_BYTES):
            self.tail = (self.tail + chunk)[-TAIL_BYTES:]

    def last_words(self) -> str:
        """Return its last lines, indented."""
        return "".join(f"\n    {line}" for line in self.tail.decode(errors="replace").splitlines()[-12:])

    def kill(self, number: int) -> None:
        """Send a signal to its whole process group, if there is anybody left."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Supervisor:
    """The children of one run; ``async with`` it, ``start`` them, ``keep`` them. Leaving the block stops all of them."""

    def __init__(
        self,
        services: Sequence[Service],
        environment: Mapping[str, str],
        *,
        say: Callable[[str], None],
        program: Path = DECNET,
    ) -> None:
        self.services = services
        self.program = program
        self.children: dict[str, Child] = {}
        self.say = say
        self._environment = dict(environment)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self._readers = asyncio.TaskGroup()
        self._launching = 0
        self._early: set[int] = set()

    async def __aenter__(self) -> Self:
        """Open the socket on which children say that they are ready: an abstract one, its name chosen by the kernel."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(b"")
        self._environment["NOTIFY_SOCKET"] = "@" + self._socket.getsockname()[1:].decode()
        asyncio.get_running_loop().add_reader(self._socket, self._hear)
        await self._readers.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop every child, whatever happened."""
        try:
            await self.stop()
        finally:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            await self._readers.__aexit__(None, None, None)

    async def start(self) -> None:
        """Start each service once those it needs are ready; raise ``HostError`` or ``ConfigError`` for one that fails."""
        for service in self.services:
            child = await self._launch(service)
            self.say(f"{service.name}: ready after {child.age_seconds:.1f} s (process {child.pid})")

    async def keep(self) -> None:
        """Start again what dies, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for service in self.services:
                tasks.create_task(self._keep(service))

    async def stop(self) -> None:
        """Ask the children to end, the last started first; end them by force where one does not."""
        for child in reversed(self.children.values()):
            child.kill(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await child.process.wait()
            except TimeoutError:
                self.say(f"{child.service.name}: did not end within {STOP_SECONDS:.0f} s and was killed")
            finally:
                child.kill(signal.SIGKILL)
                await child.process.wait()
        self.children.clear()

    def kill(self) -> None:
        """End every child by force, at once."""
        for child in self.children.values():
            child.kill(signal.SIGKILL)

    async def _keep(self, service: Service) -> None:
        """Start one service again and again, with a growing pause, unless its exit code says that it would not help."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            child = self.children[service.name]
            code = await child.process.wait()
            child.kill(signal.SIGKILL)
            if code == ConfigError.exit_code:
                self.say(f"{service.name}: ended with {code} and stays down until the cause is mended:{child.last_words()}")
                return
            pause = FIRST_PAUSE_SECONDS if child.age_seconds > SETTLED_SECONDS else pause
            self.say(f"{service.name}: ended with {code}; starting it again in {pause:.1f} s{child.last_words()}")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LAST_PAUSE_SECONDS)
            with suppress(HostError, ConfigError):
                await self._launch(service)
                self.say(f"{service.name}: ready again (process {self.children[service.name].pid})")

    async def _launch(self, service: Service) -> Child:
        """Start one service and wait until it is ready."""
        with self._hearing_early():
            process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", "--", str(self.program), service.name),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment,
                process_group=0,
            )
            child = self.children[service.name] = Child(service, process)
            if child.pid in self._early:
                child.ready.set()
        self._readers.create_task(child.listen())
        await self._until_ready(child)
        return child

    @contextmanager
    def _hearing_early(self) -> Iterator[None]:
        """Remember who says READY meanwhile: a child may be faster than we are told its process id."""
        self._launching += 1
        try:
            yield
        finally:
            self._launching -= 1
            if not self._launching:
                self._early.clear()

    async def _until_ready(self, child: Child) -> None:
        """Wait for READY; raise ``HostError`` or ``ConfigError`` when the child ends, or takes too long."""
        name = child.service.name
        async with asyncio.TaskGroup() as tasks:
            ready = tasks.create_task(child.ready.wait())
            ended = tasks.create_task(child.process.wait())
            await asyncio.wait({ready, ended}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            ready.cancel()
            ended.cancel()
        if child.ready.is_set():
            return
        code = child.process.returncode
        if code == ConfigError.exit_code:
            raise ConfigError(f"{name} refused its configuration or the store:{child.last_words()}")
        if code is not None:
            raise HostError(f"{name} ended with {code} before it was ready:{child.last_words()}")
        child.kill(signal.SIGKILL)
        raise HostError(f"{name} was not ready within {READY_SECONDS:.0f} s and was killed:{child.last_words()}")

    def _hear(self) -> None:
        """Take what a child says; the kernel names the sender, so nobody else can say it."""
        with suppress(BlockingIOError):
            while True:
                text, ancillary, _, _ = self._socket.recvmsg(4096, socket.CMSG_SPACE(_CREDENTIALS.size))
                sender = _sender(ancillary)
                if b"READY=1" not in text.split(b"\n"):
                    continue
                if self._launching:
                    self._early.add(sender)
                for child in self.children.values():
                    if child.pid == sender:
                        child.ready.set()


def _sender(ancillary: Sequence[tuple[int, int, bytes]]) -> int:
    """Return the process id that came with a datagram, 0 where none did."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            pid: int = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
            return pid
    return 0
