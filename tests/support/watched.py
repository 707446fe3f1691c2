# SPDX-License-Identifier: MIT
"""A whole decnet with a dashboard and a decoy that was attacked, which many tests look at; it runs beside them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from tests.support.addresses import address
from tests.support.clients import Finished, run
from tests.support.dashboards import NEW_PASSWORD, Person, listening, person
from tests.support.installation import Installation, Place, installed

PLANTED = "planted-and-weak"
SECRET = "not-the-right-one"
MARKUP = "<script>alert(1)</script><a/href=//203.0.113.9>x</a>"
CONTROL = "\x1b[2J\u202e"
UPLOAD = b"#!/bin/sh\necho an attacker was here\n"
TYPED = "echo typed-in-the-terminal\rsleep 2\rexit\r"
FLEET = f"""
[fleet]
name = watched

[decoy one]
archetype = linux-server
address = {{address}}
lures = ssh, http, redis

[decoy one/ssh]
accounts = root:{PLANTED}
"""
OPTIONS = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
LOGIN = ("-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20")
DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Watched:
    """What runs: its dashboard is at ``listen``, its first account has ``NEW_PASSWORD`` already."""

    installation: Installation
    listen: str

    def person(self) -> AbstractAsyncContextManager[Person]:
        """Return somebody new at the dashboard."""
        return person(self.listen)


async def first_password(installation: Installation) -> str:
    """Return the password of the first account, as an operator is shown it."""
    finished = await installation.command("admin", "password")
    assert finished.code == 0, finished.stderr.decode()
    return finished.stdout.decode().split()[-1]


async def ssh(
    place: Place, *arguments: str, password: str = PLANTED, stdin: bytes = b"", options: tuple[str, ...] = ()
) -> Finished:
    """Run the real client against a lure."""
    command = ("sshpass", "-e", "ssh", *OPTIONS, *LOGIN, *options, "-p", str(place.port), f"root@{place.address}")
    return await run(*command, *arguments, stdin=stdin, environment={"SSHPASS": password})


async def redis(place: Place, *arguments: str) -> Finished:
    """Run the real client against a lure."""
    return await run("redis-cli", "-h", place.address, "-p", str(place.port), *arguments)


async def attack(installation: Installation, folder: Path) -> None:
    """Do a little of everything to the decoy, and wait until the last of it is stored."""
    at = {lure: await installation.place(lure) for lure in ("ssh", "http", "redis")}
    upload = folder / "x.sh"
    upload.write_bytes(UPLOAD)
    copy = (
        "sshpass",
        "-e",
        "scp",
        *OPTIONS,
        *LOGIN,
        "-P",
        str(at["ssh"].port),
        str(upload),
        f"root@{at['ssh'].address}:/tmp/x.sh",
    )
    assert (await run(*copy, environment={"SSHPASS": PLANTED})).code == 0
    await ssh(at["ssh"], password=SECRET)
    await ssh(at["ssh"], stdin=TYPED.encode(), options=("-tt",))
    await run("curl", "--globoff", "-s", f"http://{at['http'].address}:{at['http'].port}/.env?x={MARKUP}")
    await ssh(at["ssh"], f"echo alert {CONTROL}")
    await redis(at["redis"], "SET", "key", MARKUP)
    await redis(at["redis"], "SET", "last", "of-all")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not any("of-all" in row["summary"] for row in await installation.evidence()):
            pass


@contextmanager
def watched(folder: Path, number: int) -> Iterator[Watched]:
    """Run one, its decoy at that address of this test run, in a thread with an event loop of its own, until the block ends."""
    ready: Queue[Watched | BaseException] = Queue()
    over = threading.Event()

    async def work() -> None:
        fleet = folder / "fleet.ini"
        fleet.write_text(FLEET.format(address=address(number)))
        listen = listening()
        async with installed(folder / "data", str(fleet), DECNET_WEB_LISTEN=listen) as installation:
            await attack(installation, folder)
            async with person(listen) as admin:
                await admin.sign_in(await first_password(installation))
            ready.put(Watched(installation, listen))
            await asyncio.get_running_loop().run_in_executor(None, over.wait)

    def thread() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the test waits
            ready.put(error)

    running = threading.Thread(target=thread, name="watched")
    running.start()
    try:
        found = ready.get()
        if isinstance(found, BaseException):
            raise found
        yield found
    finally:
        over.set()
        running.join()


async def signed_in(who: Person, name: str = "admin", password: str = NEW_PASSWORD) -> Person:
    """Sign in with a password that was changed already."""
    await who.see("/login")
    answer = await who.send("/login", username=name, password=password)
    assert answer.status_code == 303, who.text()
    return who
