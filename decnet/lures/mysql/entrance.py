# SPDX-License-Identifier: MIT
"""Who gets in: the greeting, the login in all its forms, and the words in which it is refused."""

from dataclasses import dataclass

from decnet.domain.captured import text
from decnet.domain.evidence import Credential, Identified, Violation
from decnet.lures.lure import Session
from decnet.lures.mysql.accounts import Account
from decnet.lures.mysql.dialect import MysqlDialect
from decnet.lures.mysql.handshake import (
    CLEAR,
    NATIVE,
    PLUGIN_AUTH,
    SECURE_CONNECTION,
    SHA2,
    SSL,
    Response,
    greeting,
    new_scramble,
    parse_response,
    proves_native,
    proves_sha2,
)
from decnet.lures.mysql.instance import Instance
from decnet.lures.mysql.packets import MAX_BEFORE_LOGIN, BrokenPacketError, OutOfOrderError, Packets, TooLargeError
from decnet.lures.mysql.results import failure
from decnet.lures.mysql.secrets import Secrets
from decnet.lures.mysql.wording import Wording
from decnet.lures.stream import Stream
from decnet.lures.tls import TlsStream

BAD_HANDSHAKE = Wording(1043, "08S01", "Bad handshake")
OUT_OF_ORDER = Wording(1156, "08S01", "Got packets out of order")
_FULL, _FAST = b"\x01\x04", b"\x01\x03"
_SHOWN_BYTES = 256


@dataclass
class Admitted:
    """Somebody who is in: his account, what his client can do, and the number of the connection."""

    account: Account
    response: Response
    scramble: bytes


@dataclass
class Proof:
    """What a client offered for a user; ``secret`` where the password itself came."""

    user: bytes
    plugin: bytes
    scramble: bytes
    response: bytes
    secret: bytes | None = None

    def is_of(self, account: Account) -> bool:
        """Whether it is that of an account's password."""
        if account.password is None:
            return False
        password = account.password.encode("utf-8", "surrogateescape")
        if self.secret is not None:
            return self.secret == password
        check = proves_sha2 if self.plugin == SHA2 else proves_native
        return check(self.response, self.scramble, password)


class Entrance:
    """The login of one connection."""

    def __init__(self, instance: Instance, session: Session, stream: Stream, keys: Secrets, dialect: MysqlDialect) -> None:
        self.instance = instance
        self.dialect = dialect
        self.stream = stream
        self.packets = Packets(stream)
        self._session = session
        self._keys = keys
        self._host = session.origin.peer.address
        self._is_tls = False
        self._changed: dict[str, Account] = {}
        self.is_broken = False

    def know(self, accounts: dict[str, Account]) -> None:
        """Take accounts into account that this attacker made or changed."""
        self._changed = accounts

    def _account(self, user: bytes) -> Account | None:
        """Return the account of a user, as this attacker left it."""
        name = text(user)
        return self._changed.get(name) or next((one for one in self.instance.accounts if one.user == name), None)

    async def block(self) -> None:
        """Refuse an address that broke too many handshakes (max_connect_errors)."""
        words = f"Host '{self._host}' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'"
        await self.packets.send(failure(Wording(1129, "HY000", words), modern=False))

    async def enter(self, connection: int) -> Admitted | None:
        """Greet and let the client log in; None where it did not get in."""
        product = self.instance.product
        if self.instance.access == "host":
            words = f"Host '{self._host}' is not allowed to connect to this {product.name} server"
            await self.packets.send(failure(Wording(1130, "HY000", words), modern=False))
            return None
        scramble = new_scramble()
        if not await self.packets.send(greeting(product, connection, scramble)):
            return None
        try:
            response = await self._response()
            admitted = None if response is None else await self.log_in(response, scramble)
        except OutOfOrderError:
            await self._break(OUT_OF_ORDER, "a packet out of order")
        except TooLargeError:
            await self._break(
                Wording(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"), "a packet that is too large"
            )
        except BrokenPacketError:
            await self._break(BAD_HANDSHAKE, "a handshake that is none")
        else:
            if admitted is None:
                self.note_torn()
            return admitted
        return None

    def note_torn(self) -> None:
        """Record what came of a packet that never got complete; it may hold a secret."""
        torn = bytes(self.stream.buffer[:_SHOWN_BYTES])
        if torn:
            self._session.record(Violation(reason="incomplete packet", data="[secret]"), torn)

    async def log_in(self, response: Response, scramble: bytes) -> Admitted | None:
        """Check who a client says that it is; it is told when it may not in."""
        proof = await self._proof(response, scramble)
        if proof is None:
            return None
        account = self._account(proof.user)
        accepted = account is not None and self.instance.is_open and proof.is_of(account)
        self._record(proof, accepted=accepted)
        if account is None or not accepted:
            await self._refuse(proof)
            return None
        return Admitted(account, response, proof.scramble)

    async def _response(self) -> Response | None:
        """Return the client's answer, behind TLS where it asks for that and the product has it."""
        payload = await self.packets.receive(MAX_BEFORE_LOGIN)
        if payload is None:
            return None
        response = parse_response(payload)
        if response.has(SSL) and not self.instance.product.is_mariadb and response.is_short:
            payload = await self._secured()
            if payload is None:
                return None
            response = parse_response(payload)
        if response.is_short or (response.has(SSL) and self.instance.product.is_mariadb):
            raise BrokenPacketError
        self._identify(response)
        return response

    async def _secured(self) -> bytes | None:
        """Agree on TLS and return the next packet; None where that failed."""
        stream = TlsStream(self.stream, await self._keys.tls())
        if not await stream.handshake():
            return None
        self.stream = self.packets.stream = stream
        self._is_tls = True
        return await self.packets.receive(MAX_BEFORE_LOGIN)

    def _identify(self, response: Response) -> None:
        """Record what the client tells of itself."""
        known = {text(name): text(value) for name, value in response.attributes.items()}
        name = " ".join(part for part in (known.get("_client_name", ""), known.get("_client_version", "")) if part)
        program = known.get("program_name", "")
        software = f"{program} ({name})" if program and name else program or name or "MySQL client"
        detail = {**known, "capabilities": f"0x{response.flags:08x}", "charset": str(response.charset)}
        detail |= {"plugin": text(response.plugin)} if response.plugin else {}
        detail |= {"database": text(response.database)} if response.database else {}
        self._session.record(Identified(software=software, detail=detail | ({"tls": "yes"} if self._is_tls else {})))

    async def _proof(self, response: Response, scramble: bytes) -> Proof | None:
        """Return what the client offers, after it was asked as often as the server has to; None where it left."""
        if not response.has(SECURE_CONNECTION):
            await self._too_old(response, scramble)
            return None
        wanted = self.instance.product.default_plugin.encode()
        proof = Proof(response.user, response.plugin or NATIVE, scramble, response.proof)
        if not response.has(PLUGIN_AUTH):
            is_known = self._account(response.user) is not None
            if wanted != NATIVE or not (is_known or response.proof):
                await self._too_old(response, scramble)
                return None
            return proof
        if proof.plugin == CLEAR:
            self._record_clear(proof)
        if proof.plugin != wanted:
            switched = await self._switched(proof, wanted)
            if switched is None:
                return None
            proof = switched
        return await self._completed(proof) if wanted == SHA2 else proof

    async def _switched(self, proof: Proof, plugin: bytes) -> Proof | None:
        """Ask the client for the server's own way of proving a login."""
        scramble = new_scramble()
        if not await self.packets.send(b"\xfe" + plugin + b"\0" + scramble + b"\0"):
            return None
        answer = await self.packets.receive(MAX_BEFORE_LOGIN)
        return None if answer is None else Proof(proof.user, plugin, scramble, answer)

    async def _completed(self, proof: Proof) -> Proof | None:
        """Finish caching_sha2_password: a known password is enough, any other has to come itself."""
        if proof.response in (b"", b"\0"):
            proof.response = b""
            return proof
        account = self._account(proof.user)
        if account is not None and self.instance.is_open and proof.is_of(account):
            return proof if await self.packets.send(_FAST) else None
        if not await self.packets.send(_FULL):
            return None
        answer = await self.packets.receive(MAX_BEFORE_LOGIN)
        if answer is None:
            self._record(proof, accepted=False)
            return None
        if self._is_tls:
            proof.secret = answer.removesuffix(b"\0")
            return proof
        return await self._encrypted(proof, answer)

    async def _encrypted(self, proof: Proof, answer: bytes) -> Proof | None:
        """Take a password that is encrypted for the server's key, which the client may ask for first."""
        key = await self._keys.password_key()
        if answer == b"\x02":
            received = await self.packets.receive(MAX_BEFORE_LOGIN) if await self.packets.send(b"\x01" + key.public) else None
            if received is None:
                self._record(proof, accepted=False)
                return None
            answer = received
        proof.secret = key.decrypted(answer, proof.scramble)
        return proof

    async def _too_old(self, response: Response, scramble: bytes) -> None:
        """Refuse a client that cannot prove a login as the server wants it."""
        self._record(Proof(response.user, b"", scramble, response.proof), accepted=False)
        name = self.instance.product.name
        words = f"Client does not support authentication protocol requested by server; consider upgrading {name} client"
        await self.packets.send(failure(Wording(1251, "08004", words)))

    async def _refuse(self, proof: Proof) -> None:
        """Refuse a login."""
        using = "YES" if proof.response or proof.secret else "NO"
        user = proof.user.decode("utf-8", "surrogateescape")
        words = f"Access denied for user '{user}'@'{self._host}' (using password: {using})"
        await self.packets.send(failure(Wording(1045, "28000", words)))

    def _record(self, proof: Proof, *, accepted: bool) -> None:
        """Record a login: the password where it came, else challenge and response, which can be attacked offline."""
        if proof.secret is not None:
            body = Credential(
                mechanism="password", username=text(proof.user), accepted=accepted, detail={"plugin": text(proof.plugin)}
            )
            self._session.record(body, proof.secret)
            return
        detail = {"plugin": text(proof.plugin), "challenge": proof.scramble.hex(), "response": proof.response.hex()}
        if not proof.response:
            detail = {"plugin": text(proof.plugin), "empty": "yes"}
        secret = None
        if accepted:
            # the response proves it, so the password is known
            account = self._account(proof.user)
            secret = ((account.password if account else None) or "").encode("utf-8", "surrogateescape")
        self._session.record(
            Credential(mechanism="digest", username=text(proof.user), accepted=accepted, detail=detail), secret
        )

    def _record_clear(self, proof: Proof) -> None:
        """Record a password that a client sent in clear without being asked."""
        secret = proof.response.removesuffix(b"\0")
        if secret:
            detail = {"plugin": text(proof.plugin)}
            self._session.record(
                Credential(mechanism="password", username=text(proof.user), accepted=False, detail=detail), secret
            )

    async def _break(self, wording: Wording, reason: str) -> None:
        """Record a broken protocol and say so; what came may hold a secret, so all of it stands beside the record."""
        data = bytes(self.stream.buffer[:_SHOWN_BYTES])
        self._session.record(Violation(reason=reason, data="[secret]" if data else ""), data or None)
        self._session.end("protocol")
        self.is_broken = True
        await self.packets.send(failure(wording))
