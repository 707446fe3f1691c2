# SPDX-License-Identifier: MIT
"""A place where a dashboard of this test run listens, and a person who uses it without a browser."""

import re
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from itertools import count

import httpx

from tests.support.addresses import address

NEW_PASSWORD = "correct horse battery staple"
DEADLINE_SECONDS = 30.0
_PORTS = count(8443)
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')


def listening() -> str:
    """Return an address and a port that no other dashboard of any test run has."""
    return f"{address(254)}:{next(_PORTS)}"


@contextmanager
def answering(listener: socket.socket, context: ssl.SSLContext | None, words: bytes = b"") -> Iterator[None]:
    """Answer one caller, with TLS or with words alone."""

    def answer() -> None:
        accepted, _ = listener.accept()
        accepted.settimeout(DEADLINE_SECONDS)
        with accepted:
            if context is None:
                accepted.sendall(words)
                accepted.recv(4096)
                return
            with context.wrap_socket(accepted, server_side=True) as secured:
                secured.recv(1)

    listener.settimeout(DEADLINE_SECONDS)
    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        thread.join()


class Person:
    """Somebody with cookies, who sends the forms of the pages that were shown."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.page = ""

    async def see(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page."""
        answer = await self.client.get(path, headers=headers)
        self.page = answer.text
        return answer

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of the page that is shown."""
        token = _TOKEN.search(self.page)
        assert token, self.page
        origin = {"origin": str(self.client.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
        answer = await self.client.post(path, data={**fields, "csrf": token[1]}, headers=origin)
        if answer.status_code != 303:
            self.page = answer.text
        return answer

    async def sign_in(self, password: str, name: str = "admin", new: str = NEW_PASSWORD) -> None:
        """Sign in with a first password, and change it."""
        await self.see("/login")
        assert (await self.send("/login", username=name, password=password)).status_code == 303
        await self.see("/password")
        assert (await self.send("/password", current=password, new=new, again=new)).headers["location"] == "/"

    def text(self) -> str:
        """Return what the page says, without its markup."""
        return " ".join(unescape(re.sub("<[^>]+>", " ", self.page)).split())


def unverified() -> ssl.SSLContext:
    """Return a context that does not look at a certificate."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@asynccontextmanager
async def person(listen: str) -> AsyncIterator[Person]:
    """Yield somebody new at a dashboard; its certificate is not looked at."""
    async with httpx.AsyncClient(base_url=f"https://{listen}", verify=unverified(), timeout=DEADLINE_SECONDS) as client:
        yield Person(client)
