# SPDX-License-Identifier: MIT
"""The redis lure: requests in, evidence written, replies out; what an attacker changes stays for his next connection."""

import hashlib
import time
from typing import Any, ClassVar

from decnet.domain.captured import text
from decnet.domain.evidence import Body, Credential, Endpoint, File, Violation
from decnet.domain.persona import Decoy
from decnet.lures.lure import Session
from decnet.lures.redis.call import Account, Call, Client, Instance, World
from decnet.lures.redis.dispatch import execute
from decnet.lures.redis.keyspace import Keyspace
from decnet.lures.redis.options import RedisOptions
from decnet.lures.redis.planted import plant
from decnet.lures.redis.recorder import SECRET, Recorder, hidden, passing_secrets, shown_as_text
from decnet.lures.redis.resp import ProtocolError, RequestReader, Simple, encode
from decnet.lures.redis.settings import defaults
from decnet.lures.stream import Stream
from decnet.lures.worlds import Worlds

MAX_WORLDS = 16
_MAX_UNSENT = 1 << 20
_SHOWN_BYTES = 256
_BATCH_BYTES = 65_536
_HTTP = (b"post", b"host:")

_WITH_SECRETS = (b"auth", b"hello", b"config", b"acl", b"migrate")
"""Commands that carry passwords."""


class Redis:
    """One decoy's redis."""

    name: ClassVar[str] = "redis"

    def __init__(self, decoy: Decoy, options: RedisOptions) -> None:
        self.options = options
        self.instance = Instance(decoy, options)
        self._worlds = Worlds(MAX_WORLDS, self._new_world, lambda world: not world.clients)

    async def serve(self, session: Session) -> None:
        """Answer requests until the client leaves, a bound is reached or a command closes the connection."""
        stream = await Stream.open(session)
        conversation = Conversation(self, session, stream)
        try:
            await conversation.run()
            conversation.finish()
            await stream.finish()
        finally:
            conversation.finish()
            stream.close()

    def world_of(self, address: str) -> World:
        """Return what an address sees."""
        return self._worlds.of(address)

    def _new_world(self, _: str) -> World:
        """Return the decoy as nobody has touched it."""
        keyspace = Keyspace()
        planted = plant(self.instance.persona)
        keyspace.databases[0] = planted
        started = self.instance.started_at
        saved = max(started, int(time.time()) - self.instance.persona.between("redis saved", 60, 3500))
        config = defaults(self.instance.version)
        if self.options.password:
            config["requirepass"] = self.options.password
        if self.instance.is_late and self.options.protected:
            config |= {"enable-protected-configs": "no", "enable-module-command": "no", "enable-debug-command": "no"}
        return World(
            keyspace=keyspace,
            config=config,
            accounts=_accounts(self.options, self.instance),
            last_save_at=saved,
            planted={(0, key): entry for key, entry in planted.entries.items()},
        )


class Conversation:
    """One connection."""

    def __init__(self, lure: Redis, session: Session, stream: Stream) -> None:
        self._session = session
        self._stream = stream
        self._kept = 0
        self._instance = lure.instance
        self._world = lure.world_of(session.origin.peer.address)
        self._recorder = Recorder(session)
        self._reader = RequestReader()
        self._instance.next_client += 1
        self._world.connections += 1
        self.client = Client(
            id=self._instance.next_client,
            address=_shown(session.origin.peer),
            local=_shown(Endpoint(address=session.origin.local.address, port=6379)),
            push=self._push,
            trusted=self._world.accounts["default"].open,
        )
        self._world.clients[self.client.id] = self.client

    async def run(self) -> None:
        """Take requests and reply, several at a time when several came."""
        is_open = True
        while is_open and not self.client.closing:
            is_open = await self._answer_what_came()
            if is_open and not self.client.closing:
                is_open = await self._stream.fill()

    def finish(self) -> None:
        """Leave the world and record what was only counted, or never got complete; once."""
        self._recorder.finish()
        if self._world.clients.pop(self.client.id, None) is None:
            return
        self._note_abandoned(self.client.queue or [])
        torn = self._reader.unfinished(self._stream.buffer)[:_SHOWN_BYTES]
        if torn.strip() and not self.client.closing:
            self._record_violation("incomplete command", torn)

    async def _answer_what_came(self) -> bool:
        """Reply to every whole request in the buffer; false when the connection has to end."""
        replies = bytearray()
        try:
            while not self.client.closing and (request := self._take()) is not None:
                replies += self._answer(request)
                await self._stream.give_way()
                if self.client.silent_until:
                    await self._be_silent()
                if len(replies) > _BATCH_BYTES:
                    if not await self._stream.send(bytes(replies)):
                        return False
                    replies.clear()
        except ProtocolError as error:
            replies += self._violate(str(error), bytes(self._stream.buffer[:_SHOWN_BYTES]))
            await self._stream.send(bytes(replies))
            return False
        return not replies or await self._stream.send(bytes(replies))

    def _take(self) -> list[bytes] | None:
        """Return the next request."""
        return self._reader.take(self._stream.buffer, trusted=self.client.trusted)

    def _answer(self, request: list[bytes]) -> bytes:
        """Record a request, run it, return the reply."""
        if not request:
            return b""
        self._recorder.note(request, self._reader.cut)
        if request[0].lower() in _HTTP:
            self._session.record(Violation(reason="HTTP request", data=shown_as_text(request)[:_SHOWN_BYTES]))
            self._session.end("protocol")
            self.client.closing = True
            return b""
        self._kept = 0
        self._note_settings(request)
        queue = self.client.queue
        call = Call(request, self.client, self._world, self._instance, self._record, self._capture)
        reply: Any = execute(call)
        if not self._kept and reply != Simple("QUEUED"):
            self._note_hidden(request)
        if queue and self.client.queue is None and not isinstance(reply, list):
            self._note_abandoned(queue)
        return b"" if self.client.closing and reply is None else encode(reply, self.client.protocol)

    def _note_settings(self, request: list[bytes]) -> None:
        """Record passwords that are set or sent on."""
        for place, username, secret in passing_secrets(request):
            accepted = place.startswith(("CONFIG", "ACL"))
            body = Credential(mechanism="auth", username=text(username), accepted=accepted, detail={"command": place})
            self._record(body, secret)

    def _note_hidden(self, request: list[bytes]) -> None:
        """Record what is hidden in a command that nobody ran, such as one that this version does not know."""
        for secret in hidden(request):
            self._record(Credential(mechanism="auth", username="", accepted=False, detail={"command": "refused"}), secret)

    def _note_abandoned(self, queue: list[list[bytes]]) -> None:
        """Record what is hidden in the commands of a transaction that never ran."""
        for request in queue:
            self._note_hidden(request)

    def _violate(self, reason: str, data: bytes) -> bytes:
        """Record a broken protocol and return the last reply."""
        self._record_violation(reason.removeprefix("ERR "), data)
        self._session.end("protocol")
        self.client.closing = True
        return f"-{reason}\r\n".encode("latin-1", "replace")

    def _record_violation(self, reason: str, data: bytes) -> None:
        """Record what broke the protocol; where a secret may be in it, it stands beside the record as one."""
        words = data.lower()
        is_secret = b"auth" in words or b"pass" in words or self._reader.begun in _WITH_SECRETS
        self._session.record(Violation(reason=reason, data=SECRET if is_secret else text(data)), data if is_secret else None)

    async def _be_silent(self) -> None:
        """Wait as a command that blocks does; what comes meanwhile stays in the buffer."""
        seconds = min(self.client.silent_until - time.time(), self._session.idle_seconds)
        self.client.silent_until = 0
        if seconds > 0:
            await self._stream.pause(seconds)

    def _push(self, data: bytes) -> None:
        """Send bytes that the client did not ask for; one that does not read is closed."""
        if not self._stream.push(data, _MAX_UNSENT):
            self.client.closing = True

    def _record(self, body: Body, secret: bytes | None = None) -> None:
        """Write a record of this session."""
        self._kept += secret is not None
        self._session.record(body, secret)

    def _capture(self, data: bytes, path: str) -> None:
        """Keep a file that the attacker would have written."""
        file = self._session.capture()
        file.write(data)
        blob = file.finish()
        self._session.record(File(path=path, direction="upload", sha256=blob.sha256, size=blob.size, truncated=blob.truncated))


def _shown(endpoint: Endpoint) -> str:
    """Return an address as CLIENT LIST shows it."""
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{endpoint.port}"


def _accounts(options: RedisOptions, instance: Instance) -> dict[str, Account]:
    """Return the access list of the options."""
    rules = "~* &* +@all" if instance.version >= (6, 2) else "~* +@all"
    pairs = [("default", options.password), *(tuple(account.partition(":")[::2]) for account in options.users)]
    return {
        name: Account(
            name=name,
            digests=[hashlib.sha256(password.encode()).hexdigest()] if password else [],
            open=not password,
            rules=rules,
        )
        for name, password in pairs
    }
