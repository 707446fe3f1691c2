# SPDX-License-Identifier: MIT
"""
On the wire the lure is the OpenSSH that it claims to be, and no client can hold it up.

What is compared here with OpenSSH was noted from sshd 9.2 on the same input.
"""

import asyncio
import hashlib
from pathlib import Path

import pytest
from asyncssh.packet import NameList, SSHPacket, String
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decnet.domain.captured import raw
from tests.lures.ssh.attacker import Attacker, exchange, log_in, lure, password_request, try_logins
from tests.support.decoys import persona
from tests.support.lures import serving

BANNER = b"SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u3\r\n"
KEXINIT = 20


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET / HTTP/1.0\r\n\r\n", b"Invalid SSH identification string.\r\n"),
        (b"\n", b"Invalid SSH identification string.\r\n"),
        (b"SSH-2.0-\r\n", b"Invalid SSH identification string.\r\n"),
        (b"SSH-2.0-x\0y", b"Invalid SSH identification string.\r\n"),
        (b"SSH-2.0-x\ry", b"Invalid SSH identification string.\r\n"),
        (b"a" * 9000, b"Invalid SSH identification string.\r\n"),
        (b"SSH-1.5-old\r\n", b"Protocol major versions differ.\r\n"),
    ],
)
async def test_what_is_no_ssh_is_turned_away_in_the_words_of_sshd(sent: bytes, answer: bytes) -> None:
    async with serving(lure()) as served:
        assert await exchange(served, sent) == BANNER + answer
        await served.session_ended()
    [violation] = served.pen.bodies("violation")
    assert raw(violation.data) == sent[:1024]
    assert served.pen.ended[0].reason == "protocol"


async def test_older_version_has_other_words() -> None:
    old = persona(software={"ssh": "OpenSSH_7.9p1 Debian-10+deb10u2"})
    async with serving(lure(persona=old)) as served:
        assert (await exchange(served, b"GET / HTTP/1.0\r\n\r\n")).endswith(b"deb10u2\r\nProtocol mismatch.\n")


async def test_lists_are_in_the_order_of_the_version() -> None:
    """The server speaks first after the client's identification, and its lists are those of OpenSSH 8.4 in Debian 11."""
    async with serving(lure()) as served:
        answer = await exchange(served, b"SSH-2.0-Go\r\n", ends=True)
    packet = SSHPacket(answer.removeprefix(BANNER)[5:])
    assert packet.get_byte() == KEXINIT
    packet.get_bytes(16)
    lists = [b",".join(packet.get_namelist()).decode() for _ in range(10)]
    ciphers = "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
    macs = (
        "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
        "hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
    )
    key_exchanges = (
        "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
        "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
        "diffie-hellman-group14-sha256,kex-strict-s-v00@openssh.com"
    )
    assert lists == [
        key_exchanges,
        "rsa-sha2-512,rsa-sha2-256,ssh-rsa,ecdsa-sha2-nistp256,ssh-ed25519",
        ciphers,
        ciphers,
        macs,
        macs,
        "none,zlib@openssh.com",
        "none,zlib@openssh.com",
        "",
        "",
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(chunks=st.lists(st.binary(max_size=80), max_size=6), introduces=st.booleans())
async def test_garbage_ends_the_session_and_nothing_else(chunks: list[bytes], *, introduces: bool) -> None:
    """Whatever comes, in the clear, the session ends without an error of ours."""
    async with serving(lure()) as served:
        await exchange(served, *([b"SSH-2.0-x\r\n"] if introduces else []), *chunks, ends=True)
        await served.session_ended()
    assert not served.pen.failures


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=st.integers(0, 255), body=st.binary(max_size=120))
async def test_any_packet_after_the_identification_is_survived(kind: int, body: bytes) -> None:
    payload = bytes((kind,)) + body
    padding = 8 - (5 + len(payload)) % 8 + 8
    packet = (1 + len(payload) + padding).to_bytes(4) + bytes((padding,)) + payload + bytes(padding)
    async with serving(lure()) as served:
        await exchange(served, b"SSH-2.0-x\r\n", packet, ends=True)
        await served.session_ended()
    assert not served.pen.failures


async def test_client_is_identified_by_its_lists() -> None:
    lists = [b"curve25519-sha256", b"ssh-ed25519", b"a,b", b"c", b"d", b"e", b"none", b"none", b"", b""]
    payload = bytes((KEXINIT,)) + bytes(16) + b"".join(NameList([item]) for item in lists) + bytes(5)
    padding = 8 - (5 + len(payload)) % 8 + 8
    packet = (1 + len(payload) + padding).to_bytes(4) + bytes((padding,)) + payload + bytes(padding)
    async with serving(lure()) as served:
        await exchange(served, b"SSH-2.0-\xffGo]%0A\r\n", packet)
        await served.session_ended()
    [client] = served.pen.bodies("client")
    assert raw(client.software) == b"SSH-2.0-\xffGo]%0A"
    assert client.fingerprint == hashlib.md5(b"curve25519-sha256;a,b;d;none", usedforsecurity=False).hexdigest()
    assert client.detail["ciphers"] == "a,b"


async def test_client_that_only_says_what_it_is_is_known() -> None:
    async with serving(lure()) as served:
        await exchange(served, b"SSH-2.0-Scanner_1\r\n", ends=True)
        await served.session_ended()
    [client] = served.pen.bodies("client")
    assert (client.software, client.fingerprint) == ("SSH-2.0-Scanner_1", "")


async def test_silent_client_is_ended_and_blocks_nobody() -> None:
    async with serving(lure(), idle_seconds=1) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        assert await reader.readline() == BANNER
        other = await try_logins(served, password_request(b"root", b"123456"))
        assert other.is_in.is_set()
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
        await served.session_ended()
        await served.session_ended()
    assert sorted(session.reason for session in served.pen.ended) == ["client", "idle"]


async def test_ipv6_is_served_as_well() -> None:
    async with serving(lure(), host="::1") as served:
        assert (await try_logins(served, password_request(b"root", b"123456"))).is_in.is_set()


async def test_nothing_is_left_when_the_lure_is_cancelled() -> None:
    """Cancellation lands while a client is logged in and a command runs."""
    before = asyncio.all_tasks()
    async with serving(lure()) as served:
        client = await log_in(served)
        process = await client.create_process("cat")
    async with asyncio.timeout(10):
        await client.wait_closed()
    assert process.exit_status is None
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


@pytest.mark.client
async def test_openssh_client_sees_what_openssh_would_send(tmp_path: Path) -> None:
    """No SSH_MSG_IGNORE, the extension list of 8.4, a window that opens with the command, exit status before EOF and close."""
    async with serving(lure()) as served:
        finished = await Attacker(served, tmp_path).ssh("cat", options=("-vvv", "-oLogLevel=DEBUG3"), stdin=b"x")
    said = finished.stderr.decode()
    received = [int(line.rpartition(" ")[2]) for line in said.splitlines() if line.startswith("debug3: receive packet: type")]
    assert received == [20, 31, 21, 7, 6, 51, 52, 80, 91, 99, 98, 96, 97]
    assert "kex_choose_conf: will use strict KEX ordering" in said
    assert "open confirm rwindow 0 rmax 32768" in said
    assert "rcvd adjust 2097152" in said
    assert "rtype hostkeys-00@openssh.com want_reply 0" in said
    assert "global-requests-ok" not in said
    assert (
        "server-sig-algs=<ssh-ed25519,sk-ssh-ed25519@openssh.com,ssh-rsa,rsa-sha2-256,rsa-sha2-512,ssh-dss,"
        "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,"
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com>"
    ) in said
    assert finished.stdout == b"x"


@pytest.mark.client
@pytest.mark.parametrize("algorithm", ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"])
async def test_host_keys_prove_themselves(algorithm: str, tmp_path: Path) -> None:
    """The client verifies each key, and learns the others by hostkeys-prove."""
    known = tmp_path / "known"
    options = (
        f"-oHostKeyAlgorithms={algorithm},rsa-sha2-512,ecdsa-sha2-nistp256,ssh-ed25519",
        f"-oUserKnownHostsFile={known}",
        "-oUpdateHostKeys=yes",
        "-oStrictHostKeyChecking=accept-new",
    )
    async with serving(lure()) as served:
        attacker = Attacker(served, tmp_path)
        target = ("-p", str(served.port), f"root@{served.host}", "sleep 0.3")
        for _ in range(2):  # ssh learns keys only of a host that it knew before
            finished = await attacker._run("ssh", "-F/dev/null", "-oLogLevel=ERROR", *options, *target)
            assert finished.code == 0, finished.stderr
    assert {line.split()[1] for line in known.read_text().splitlines()} == {"ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"}


@pytest.mark.client
@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@pytest.mark.parametrize(
    "option",
    [
        "-oKexAlgorithms=diffie-hellman-group-exchange-sha256",
        "-oKexAlgorithms=diffie-hellman-group18-sha512",
        "-oKexAlgorithms=ecdh-sha2-nistp521",
        "-oCiphers=aes128-ctr",
        "-oCiphers=aes256-gcm@openssh.com",
        "-oCompression=yes",
    ],
)
async def test_every_offer_is_kept(option: str, tmp_path: Path) -> None:
    async with serving(lure()) as served:
        finished = await Attacker(served, tmp_path).ssh("echo in", options=(option,))
    assert finished.stdout == b"in\n", finished.stderr


PACKETS = st.tuples(
    st.sampled_from(
        [1, 2, 3, 4, 5, 6, 7, 20, 21, 30, 31, 50, 60, 61, 80, 81, 82, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 192]
    ),
    st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    *(bytes(4), b"\0\0\0\1", b"\xff\xff\xff\xff", b"\1", b"\0"),
                    *(
                        String(name)
                        for name in ("session", "direct-tcpip", "pty-req", "shell", "exec", "env", "subsystem", "sftp")
                    ),
                    *(
                        String(name)
                        for name in ("window-change", "signal", "\xff", "", "tcpip-forward", "hostkeys-prove-00@openssh.com")
                    ),
                    bytes(16),
                ]
            ),
            max_size=8,
        ).map(b"".join),
    ),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(packets=st.lists(PACKETS, min_size=1, max_size=10))
async def test_any_packets_of_a_client_that_is_in_are_survived(packets: list[tuple[int, bytes]]) -> None:
    """Encrypted garbage, and well-formed messages in any order, end at worst the attacker's own connection."""
    async with serving(lure()) as served:
        client = await log_in(served)
        for kind, body in packets:
            client.send_packet(kind, body)
            await asyncio.sleep(0)
        client.abort()
        await client.wait_closed()
        await served.session_ended()
    assert not served.pen.failures


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests=st.lists(st.one_of(st.binary(max_size=60), PACKETS.map(lambda packet: packet[1])), max_size=6))
async def test_any_request_to_log_in_is_survived(requests: list[bytes]) -> None:
    async with serving(lure()) as served:
        await try_logins(served, *requests)
        await served.session_ended()
    assert not served.pen.failures
