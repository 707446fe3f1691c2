# SPDX-License-Identifier: MIT
"""Logins are recorded byte for byte, and answered as sshd answers them."""

import asyncio
import base64
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import Boolean, String
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decnet.domain.captured import raw
from decnet.domain.evidence import Credential
from decnet.lures.ssh.options import SshOptions
from tests.lures.ssh.attacker import OPTIONS, Attacker, lure, password_request, try_logins
from tests.support.decoys import persona
from tests.support.lures import Served, serving

HOSTILE = [
    b"a\0b",
    b"a\nb",
    b"\xff\xfe\x80",
    b"x] 2026-01-01 src=1.2.3.4",
    b"%0A%00",
    "gr\u00fc\u00df\uef80".encode(),
    b"",
    b"a" * 5000,
]


def attempts(served: Served) -> list[tuple[bytes, bytes | None, bool]]:
    """Return user, secret and outcome of every credential."""
    return [
        (raw(body.username), secret, body.accepted) for _, body, secret in served.pen.records if isinstance(body, Credential)
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_names_and_passwords_survive_exactly(hostile: bytes) -> None:
    """What an attacker sent is restored byte for byte."""
    async with serving(lure()) as served:
        client = await try_logins(served, password_request(hostile, hostile))
        await served.session_ended()
    assert client.failures == 1
    assert attempts(served) == [(hostile, hostile, False)]


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(user=st.binary(max_size=64), passwords=st.lists(st.binary(max_size=64), min_size=1, max_size=4))
async def test_any_bytes_may_be_names_and_passwords(user: bytes, passwords: list[bytes]) -> None:
    async with serving(lure()) as served:
        await try_logins(served, *(password_request(user, password) for password in passwords))
        await served.session_ended()
    assert attempts(served) == [(user, password, False) for password in passwords]


async def test_planted_account_is_let_in_and_only_with_its_password() -> None:
    async with serving(lure()) as served:
        wrong = await try_logins(served, password_request(b"root", b"admin"))
        right = await try_logins(served, password_request(b"root", b"x"), password_request(b"root", b"123456"))
    assert not wrong.is_in.is_set()
    assert right.is_in.is_set()
    assert attempts(served) == [(b"root", b"admin", False), (b"root", b"x", False), (b"root", b"123456", True)]


async def test_sixth_failure_ends_the_connection() -> None:
    """MaxAuthTries is 6: five failures are answered, the sixth is a disconnect."""
    async with serving(lure()) as served:
        client = await try_logins(served, *(password_request(b"root", b"%d" % number) for number in range(9)))
        await served.session_ended()
    assert client.failures == 5
    assert len(attempts(served)) == 6
    assert served.pen.ended[0].reason == "protocol"


async def test_changing_the_name_ends_the_connection_and_is_recorded() -> None:
    async with serving(lure()) as served:
        client = await try_logins(served, password_request(b"root", b"a"), password_request(b"admin", b"b"))
        await served.session_ended()
    assert client.failures == 1
    assert attempts(served) == [(b"root", b"a", False), (b"admin", b"b", False)]


async def test_wrong_password_is_answered_late_and_recorded_before() -> None:
    """The record is there while the attacker still waits."""
    async with serving(lure(SshOptions(failure_seconds=30))) as served, asyncio.TaskGroup() as tasks:
        trial = tasks.create_task(try_logins(served, password_request(b"root", b"nope")))
        while not attempts(served):
            await asyncio.wait([trial], timeout=0.01)
        assert not trial.done()
        trial.cancel()
    assert attempts(served) == [(b"root", b"nope", False)]


async def test_delay_does_not_hold_up_others() -> None:
    async with serving(lure(SshOptions(accounts=("root:123456",), failure_seconds=30))) as served, asyncio.TaskGroup() as tasks:
        slow = tasks.create_task(try_logins(served, password_request(b"root", b"nope")))
        while not attempts(served):
            await asyncio.wait([slow], timeout=0.01)
        quick = await try_logins(served, password_request(b"root", b"123456"))
        assert quick.is_in.is_set()
        assert not slow.done()
        slow.cancel()


async def test_name_of_a_client_that_only_asks_for_the_methods_is_kept() -> None:
    async with serving(lure()) as served:
        await try_logins(served, String(b"scanner") + String(b"ssh-connection") + String(b"none"))
        await served.session_ended()
    [credential] = served.pen.bodies("credential")
    assert (credential.mechanism, credential.username) == ("none", "scanner")


async def test_asking_first_leaves_no_credential() -> None:
    """Every OpenSSH client asks with "none" first; that is no attempt."""
    async with serving(lure()) as served:
        nothing = String(b"root") + String(b"ssh-connection") + String(b"none")
        await try_logins(served, nothing, password_request(b"root", b"x"))
        await served.session_ended()
    assert attempts(served) == [(b"root", b"x", False)]


async def test_public_key_is_recorded_and_refused() -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    body = String(b"publickey") + Boolean(value=False) + String(b"ssh-ed25519") + String(key.public_data)
    async with serving(lure()) as served:
        client = await try_logins(served, String(b"root") + String(b"ssh-connection") + body)
        await served.session_ended()
    [credential] = served.pen.bodies("credential")
    assert client.failures == 1
    assert credential.mechanism == "publickey"
    assert credential.detail == {
        "algorithm": "ssh-ed25519",
        "fingerprint": key.get_fingerprint(),
        "key": base64.b64encode(key.public_data).decode(),
        "signed": "no",
    }


@pytest.mark.parametrize("accepts", [False, True])
async def test_proved_key_is_let_in_only_where_the_options_say_so(*, accepts: bool) -> None:
    key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
    options = SshOptions(accounts=("root:123456",), accept_keys=accepts, failure_seconds=0)
    async with serving(lure(options)) as served:
        try:
            async with asyncssh.connect(
                served.host, served.port, username="root", client_keys=[key], known_hosts=None, config=None, password=None
            ):
                let_in = True
        except asyncssh.PermissionDenied:
            let_in = False
        await served.session_ended()
    assert let_in is accepts
    assert any(body.accepted for body in served.pen.bodies("credential")) is accepts


@pytest.mark.client
@pytest.mark.parametrize(("typed", "let_in"), [("123456", True), ("654321", False)])
async def test_keyboard_interactive_is_offered_where_the_persona_offers_it(typed: str, tmp_path: Path, *, let_in: bool) -> None:
    freebsd = persona(software={"ssh": "OpenSSH_9.3 FreeBSD-20230719"})
    async with serving(lure(persona=freebsd)) as served:
        attacker = Attacker(served, tmp_path, passwords=(typed,))
        options = ("-oPreferredAuthentications=keyboard-interactive", "-oNumberOfPasswordPrompts=1")
        finished = await attacker.ssh("echo in", options=options)
        await served.session_ended()
    [credential] = served.pen.bodies("credential")
    assert (credential.mechanism, credential.accepted) == ("keyboard-interactive", let_in)
    assert served.pen.secrets() == [typed.encode()]
    assert (finished.stdout == b"in\n") is let_in


async def test_unknown_way_to_log_in_is_a_violation_and_a_failure() -> None:
    async with serving(lure()) as served:
        client = await try_logins(served, String(b"root") + String(b"ssh-connection") + String(b"telepathy\xff"))
        await served.session_ended()
    assert client.failures == 1
    assert raw(served.pen.bodies("violation")[0].data) == b"telepathy\xff"


@pytest.mark.client
async def test_openssh_client_tries_passwords_until_one_is_right(tmp_path: Path) -> None:
    async with serving(lure(OPTIONS)) as served:
        attacker = Attacker(served, tmp_path, user="admin", passwords=("letmein", "admin123", "admin"))
        await attacker.ssh("true")
        await served.session_ended()
    assert attempts(served) == [(b"admin", b"letmein", False), (b"admin", b"admin123", False), (b"admin", b"admin", True)]


@pytest.mark.client
async def test_openssh_client_is_told_what_it_may_try(tmp_path: Path) -> None:
    async with serving(lure(OPTIONS)) as served:
        finished = await Attacker(served, tmp_path, passwords=("a", "b", "c")).ssh("true")
        await served.session_ended()
    assert finished.code == 255
    assert finished.stderr.strip().endswith(b"Permission denied (publickey,password).")


@pytest.mark.client
async def test_openssh_client_offers_a_key(tmp_path: Path) -> None:
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(tmp_path / "id")
    (tmp_path / "id").chmod(0o600)
    async with serving(lure(OPTIONS)) as served:
        options = ("-oIdentityFile=" + str(tmp_path / "id"), "-oPreferredAuthentications=publickey")
        await Attacker(served, tmp_path).ssh("true", options=options)
        await served.session_ended()
    [credential] = served.pen.bodies("credential")
    key = asyncssh.read_private_key(tmp_path / "id")
    assert credential.detail["fingerprint"] == key.get_fingerprint()
