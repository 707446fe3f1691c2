# SPDX-License-Identifier: MIT
"""Real clients find exactly what was sent, and decoys differ from each other while each agrees with itself."""

import asyncio
import ftplib
import io
import json
import sys
from pathlib import Path

import pytest

from decnet.lures.accounts import accounts
from decnet.lures.ftp.options import FtpOptions
from decnet.lures.ftp.server import Ftp
from decnet.lures.ssh.options import SshOptions
from decnet.lures.ssh.server import Ssh
from tests.lures.ftp.visitor import SOFTWARE, dialled, lure
from tests.lures.ssh.attacker import Attacker
from tests.support.clients import Finished, run
from tests.support.decoys import decoy, persona
from tests.support.lures import Served, serving

AUDIT = """
import json, sys
from honeypot_auditor.probes.ftp import probe_ftp
kept = ("id", "skipped", "triggered", "detail", "evidence")
found = probe_ftp(sys.argv[1], int(sys.argv[2]))
print(json.dumps([{name: getattr(one, name) for name in kept} for one in found]))
"""
EVERY_BYTE = bytes(range(256)) * 4000


async def lftp(served: Served, *commands: str, user: str = "ftpuser,planted") -> Finished:
    """Run commands of lftp, which stops at the first that fails."""
    settings = "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 10; set ftp:ssl-allow no"
    script = "; ".join((settings, f"open -u {user} ftp://{served.host}:{served.port}", *commands))
    return await run("lftp", "--norc", "-c", script)


def kept(served: Served) -> dict[str, bytes]:
    """Return the uploads by their paths."""
    return {body.path: served.pen.blobs[body.sha256] for body in served.pen.bodies("file") if body.direction == "upload"}


@pytest.mark.client
async def test_lftp_mirrors_both_ways_byte_for_byte(tmp_path: Path) -> None:
    sent, back = tmp_path / "sent", tmp_path / "back"
    contents = {"a.bin": EVERY_BYTE, "sub/b c.txt": b"b\r\n", "sub/deep/ü": b"\xff\0", "empty": b""}
    for name, content in contents.items():
        (sent / name).parent.mkdir(parents=True, exist_ok=True)
        (sent / name).write_bytes(content)
    async with serving(lure()) as served:
        up = await lftp(served, f"mirror --reverse {sent} box")
        assert up.code == 0, up.stderr
        down = await lftp(served, f"mirror box {back}", "cls -1 box", "rm -r box", "ls")
        assert down.code == 0, down.stderr
        assert b"box" not in down.stdout.splitlines()[-1]
    assert {str(path.relative_to(back)): path.read_bytes() for path in back.rglob("*") if path.is_file()} == contents
    assert kept(served) == {f"/home/ftpuser/box/{name}": content for name, content in contents.items() if content}


@pytest.mark.client
async def test_curl_lists_fetches_and_uploads(tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(EVERY_BYTE)
    async with serving(lure()) as served:
        place = f"ftp://ftpuser:planted@{served.host}:{served.port}/"
        assert (await run("curl", "-sS", "--ftp-create-dirs", "-T", str(tmp_path / "up"), f"{place}new/dir/up")).code == 0
        listing = await run("curl", "-sS", f"{place}new/dir/")
        assert listing.stdout.endswith(b" up\n")  # curl asks for text and takes the carriage return away
        assert (await run("curl", "-sS", f"{place}new/dir/up")).stdout == EVERY_BYTE
        assert (await run("curl", "-sS", "-r", "100-199", f"{place}new/dir/up")).stdout == EVERY_BYTE[100:200]
        head = await run("curl", "-sS", "-I", f"{place}new/dir/up")
        assert f"Content-Length: {len(EVERY_BYTE)}".encode() in head.stdout
        refused = await run("curl", "-sS", "-u", "root:wrong", f"ftp://{served.host}:{served.port}/")
        assert refused.code == 67  # login denied
    assert kept(served) == {"/home/ftpuser/new/dir/up": EVERY_BYTE}
    assert b"wrong" in served.pen.secrets()


@pytest.mark.client
async def test_wget_fetches_a_tree_as_anonymous(tmp_path: Path) -> None:
    async with serving(lure(anonymous="yes")) as served:
        finished = await run("wget", "-q", "-r", "-P", str(tmp_path), f"ftp://{served.host}:{served.port}/pub/")
        assert finished.code == 0, finished.stderr
    pub = tmp_path / f"{served.host}:{served.port}" / "pub"
    found = {path.name for path in pub.iterdir()}
    assert {"README.txt", "inventory.txt"} < found
    downloads = [body for body in served.pen.bodies("file") if body.direction == "download"]
    assert {f"/srv/ftp/pub/{name}" for name in found} == {body.path for body in downloads}
    assert (pub / "inventory.txt").stat().st_size == next(body.size for body in downloads if "inventory" in body.path)


async def test_ftplib_says_everything_it_knows() -> None:
    def converse(served: Served) -> bytes:
        with ftplib.FTP(timeout=20) as client:
            client.connect(served.host, served.port)
            client.login("ftpuser", "planted")
            client.mkd("d")
            client.cwd("d")
            client.storbinary("STOR f", io.BytesIO(EVERY_BYTE))
            client.storlines("APPE f", io.BytesIO(b"line\n"))
            assert client.nlst() == ["f"]
            assert client.size("f") == len(EVERY_BYTE) + 6
            client.rename("f", "g")
            found = io.BytesIO()
            client.retrbinary("RETR g", found.write)
            client.delete("g")
            client.cwd("..")
            client.rmd("d")
            client.quit()
            return found.getvalue()

    async with serving(lure()) as served:
        assert await asyncio.to_thread(converse, served) == EVERY_BYTE + b"line\r\n"
    assert served.pen.bodies("command")[-1].command == "QUIT"


@pytest.mark.client
async def test_file_that_came_by_ftp_is_there_by_ssh(tmp_path: Path) -> None:
    """One decoy's lures agree: the same accounts, the same files, for the same visitor."""
    one = decoy(persona=persona(software=SOFTWARE))
    async with serving(Ftp(one, FtpOptions())) as ftp, serving(Ssh(one, SshOptions(failure_seconds=0))) as ssh:
        user, password = next(iter(accounts(one, FtpOptions()).items()))
        (tmp_path / "tool").write_bytes(b"#!/bin/sh\necho hello\n")
        finished = await lftp(ftp, f"put {tmp_path}/tool -o tool", "chmod 755 tool", "pwd", user=f"{user},{password}")
        assert finished.code == 0, finished.stderr
        attacker = Attacker(ssh, tmp_path / "attacker", user=user, passwords=(password,))
        assert b"-rwxr-xr-x" in (await attacker.ssh("ls -l tool; cat /etc/vsftpd.conf")).stdout


async def test_two_decoys_of_one_archetype_differ() -> None:
    told = []
    for seed in ("one", "two"):
        async with serving(lure(seed, anonymous="yes")) as served, dialled(served) as visitor:
            await visitor.log_in("anonymous", "x")
            told.append((await visitor.fetch("RETR pub/inventory.txt"))[0] + (await visitor.fetch("LIST pub"))[0])
            await visitor.leave()
    assert told[0] != told[1]


@pytest.mark.parametrize("anonymous", ["yes", "no"])
async def test_auditor_of_honeypots_finds_no_tell_but_the_address_of_this_test(anonymous: str) -> None:
    """On loopback it takes every passive address for a tell; nothing else may fire."""
    async with serving(lure(anonymous=anonymous)) as served:
        finished = await run(sys.executable, "-c", AUDIT, served.host, str(served.port))
    judged = json.loads(finished.stdout)
    looked_at = {"ftp.auth_lure", "ftp.desert"} | ({"ftp.feat_lie"} if anonymous == "yes" else set())
    assert looked_at <= {one["id"] for one in judged if not one["skipped"]}
    fired = {one["id"]: one for one in judged if one["triggered"]}
    assert fired.keys() <= {"ftp.banner", "ftp.persist"}, fired
    assert all("non-routable" in str(one) or "PASV" in str(one) for one in fired.values()), fired
