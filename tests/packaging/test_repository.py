# SPDX-License-Identifier: MIT
"""``scripts/build-repo``: what apt makes of it, with a key of its own and lists of its own."""

import os
import re
import select
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from socket import socket
from threading import Thread

import pytest

from tests.support.packages import made, output
from tests.support.repositories import Repository, signing
from tests.support.sources import ROOT, expect_none

pytestmark = [pytest.mark.client, pytest.mark.timeout(180)]

CODENAME = "bookworm"
# a program in the place of another one; before and after it a client that knows nothing yet reads the repository
LOOKED = """\
#!/bin/sh
[ -z "$LOOKS" ] || exec {program} "$@"
look() {{
    rm -rf {lists}
    mkdir -p {lists}/partial
    said=$(LOOKS=1 {update} 2>&1 </dev/null) && code=0 || code=$?
    echo "$code ${{0##*/}} $*: $(echo "$said" | tr '\\n' ' ')" >>{log}
}}
look before "$@"
{program} "$@"
code=$?
look after "$@"
exit $code
"""
# signs, says which agent of gpg helps with that, and ends by a signal
ENDED = """\
import os, subprocess, sys
from pathlib import Path
from tests.support.repositories import signing
with signing(Path(sys.argv[1])) as signer:
    signer.new_key()
    ask = ["gpg-connect-agent", "--no-autostart", "--homedir", sys.argv[1], "getinfo pid", "/bye"]
    print(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.split()[1], flush=True)
    os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    with signing(tmp_path / "keys") as signer:
        yield Repository(tmp_path / "repository", signer)


@dataclass(frozen=True)
class Client:
    """A host that knows this repository and no other: apt with folders of its own."""

    root: Path

    def command(self, *arguments: str) -> list[str]:
        """Return how apt-get is run."""
        for folder in ("state/lists/partial", "cache/archives/partial", "etc/trusted.gpg.d"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        settings = {
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": f"{self.root}/etc/apt/sources.list.d",
            "Dir::Etc::trustedparts": f"{self.root}/etc/trusted.gpg.d",
            "Dir::State": f"{self.root}/state",
            "Dir::State::status": f"{self.root}/status",
            "Dir::Cache": f"{self.root}/cache",
            "APT::Architecture": "amd64",
            "Acquire::Check-Valid-Until": "true",
            "Acquire::Check-Date": "true",
            "APT::Sandbox::User": "root",
        }
        (self.root / "status").touch()
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        return ["apt-get", *options, *arguments]

    def apt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run apt-get."""
        return subprocess.run(
            self.command(*arguments),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": os.environ["PATH"]},
        )

    def update(self) -> bool:
        """Read the index; say whether it was taken."""
        return self.apt("update", "--error-on=any").returncode == 0

    def forget(self) -> None:
        """Know nothing of what was read before."""
        shutil.rmtree(self.root / "state", ignore_errors=True)

    def versions(self, package: str) -> list[str]:
        """Return the versions of a package that were read, the newest first."""
        found = subprocess.run(
            ["apt-cache", *self.command("madison", package)[1:]], check=True, capture_output=True, text=True, timeout=60
        )
        return [line.split("|")[1].strip() for line in found.stdout.splitlines()]

    def install_keyring(self, repository: Repository) -> None:
        """Unpack the newest keyring package; its source file then names the keyring in this root."""
        output("dpkg-deb", "--extract", str(repository.keyring_package(CODENAME)), str(self.root))
        source = self.root / "etc/apt/sources.list.d/decnet.sources"
        source.write_text(source.read_text().replace("Signed-By: /", f"Signed-By: {self.root}/"))


@pytest.fixture
def client(tmp_path: Path) -> Client:
    root = tmp_path / "client"
    root.mkdir()
    return Client(root)


@pytest.mark.parametrize("codename", ["bookworm", "trixie"])
def test_the_index_names_origin_suite_and_codename(repository: Repository, tmp_path: Path, codename: str) -> None:
    """unattended-upgrades decides by them."""
    repository.publish("--key", repository.signer.new_key(), str(made(tmp_path, "decnet", "1.0-1+deb12")))
    lines = (repository.folder / f"dists/{codename}/InRelease").read_text().splitlines()
    wanted = {"Origin: DECNET", "Label: DECNET", "Suite: stable", f"Codename: {codename}"}
    assert wanted <= set(lines)
    assert any(line.startswith("Valid-Until: ") for line in lines)


def test_a_client_with_the_keyring_package_takes_the_index(repository: Repository, client: Client, tmp_path: Path) -> None:
    key = repository.signer.new_key()
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.0-1+deb12")))
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.1-1+deb12")), str(made(tmp_path, "decnet", "1.1-1+deb13")))
    client.install_keyring(repository)
    assert client.update()
    for version in ("1.0-1+deb12", "1.1-1+deb12"):
        assert client.apt("--print-uris", "install", f"decnet={version}").returncode == 0
    assert client.apt("--print-uris", "install", "decnet=1.1-1+deb13").returncode != 0
    shown = client.apt("--print-uris", "install", "decnet").stdout
    assert "decnet_1.1-1+deb12_all.deb" in shown


def test_an_index_that_was_changed_or_is_unsigned_is_refused(repository: Repository, client: Client, tmp_path: Path) -> None:
    repository.publish("--key", repository.signer.new_key(), str(made(tmp_path, "decnet", "1.0-1+deb12")))
    client.install_keyring(repository)
    index = repository.folder / f"dists/{CODENAME}/InRelease"
    whole = index.read_text()
    index.write_text(whole.replace("Label: DECNET", "Label: SOMEBODY"))
    assert not client.update()
    index.unlink()
    (index.parent / "Release.gpg").unlink()
    assert not client.update()
    index.write_text(whole)
    assert client.update()


def test_a_stranger_s_key_is_not_taken(repository: Repository, client: Client, tmp_path: Path) -> None:
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    repository.publish("--key", repository.signer.new_key(), package)
    client.install_keyring(repository)
    repository.publish("--key", repository.signer.new_key(), package)
    assert not client.update()


def test_a_key_is_replaced_without_losing_a_client(repository: Repository, client: Client, tmp_path: Path) -> None:
    """The old key alone, then both, the keyring package in between, then the new one alone."""
    old, new = repository.signer.new_key(), repository.signer.new_key()
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    repository.publish("--key", old, package)
    client.install_keyring(repository)
    repository.publish("--key", old, "--also-key", new, package)
    assert client.update()
    client.install_keyring(repository)
    repository.publish("--key", new, package)
    assert client.update()


def test_a_keyring_package_changes_its_version_when_its_keys_change_and_only_then(
    repository: Repository, tmp_path: Path
) -> None:
    old, new = repository.signer.new_key(), repository.signer.new_key()
    package = str(made(tmp_path, "decnet", "1.0-1+deb12"))
    for keys in ((old,), (old,), (old, "--also-key", new)):
        repository.publish("--key", *keys, package)
    names = sorted(path.name for path in (repository.folder / f"pool/{CODENAME}").glob("decnet-archive-keyring_*"))
    assert names == [f"decnet-archive-keyring_{number}+deb12_all.deb" for number in (1, 2)]


def test_a_key_that_gpg_does_not_have_is_named(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match='gpg has no secret key "ABCD"'):
        repository.publish("--key", "ABCD", str(made(tmp_path, "decnet", "1.0-1+deb12")))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_agent_of_gpg_outlives_who_signs(tmp_path: Path, number: signal.Signals) -> None:
    argv = [sys.executable, "-c", ENDED, str(tmp_path / "keys"), f"{number:d}"]
    ended = subprocess.run(argv, check=False, stdout=subprocess.PIPE, text=True, cwd=ROOT, timeout=60)
    assert ended.returncode == -number
    try:
        agent = os.pidfd_open(int(ended.stdout))
    except ProcessLookupError:
        return
    assert select.select([agent], [], [], 30)[0]
    os.close(agent)


def test_an_index_that_expired_is_signed_again_without_packages(repository: Repository, client: Client, tmp_path: Path) -> None:
    """By a timer, that is: nothing but the key is named, what lies in dist/ stays there, and clients trust what they did."""
    key, uri = repository.signer.new_key(), f"copy:{repository.folder}"
    repository.publish("--key", key, "--uri", uri, str(made(tmp_path, "decnet", "1.0-1+deb12")))
    client.install_keyring(repository)
    folder = repository.folder / f"dists/{CODENAME}"
    release = re.sub(
        "^(Date|Valid-Until): .*$", r"\1: Sat, 01 Jan 2022 00:00:00 UTC", (folder / "Release").read_text(), flags=re.MULTILINE
    )
    (folder / "Release").write_text(release)
    sign = ("gpg", "--batch", "--yes", "--local-user", key, "--clear-sign", "--output", f"{folder}/InRelease")
    output(*sign, f"{folder}/Release", environment=repository.signer.environment)
    assert "is expired" in client.apt("update", "--error-on=any").stderr
    before = {path.name for path in repository.folder.glob("pool/*/*")}
    repository.publish("--key", key)
    assert client.update()
    assert {path.name for path in repository.folder.glob("pool/*/*")} == before


def test_nothing_is_published_where_nothing_was_named(repository: Repository) -> None:
    with pytest.raises(AssertionError, match=r"There is no package in .*/repository\. Name those to add: .* dist/\*\.deb"):
        repository.publish("--key", repository.signer.new_key())
    assert not (repository.folder / "dists").exists()


def test_what_was_published_never_changes(repository: Repository, tmp_path: Path) -> None:
    """Clients have read its sum; one that fetches it meanwhile would get another file."""
    key, package = repository.signer.new_key(), made(tmp_path, "decnet", "1.0-1+deb12")
    repository.publish("--key", key, str(package))
    package.write_bytes(made(tmp_path / "other", "decnet", "1.0-1").read_bytes())
    output("dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tmp_path / "decnet-1.0-1+deb12"), str(package))
    index = (repository.folder / f"dists/{CODENAME}/InRelease").read_bytes()
    with pytest.raises(AssertionError, match=r"was published and is another file than .* Build that with another version\."):
        repository.publish("--key", key, str(package))
    assert (repository.folder / f"dists/{CODENAME}/InRelease").read_bytes() == index


def test_no_moment_of_a_publication_gives_a_client_what_does_not_fit(
    repository: Repository, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client reads everything before and after every program that changes a file, however unfinished it is then."""
    key = repository.signer.new_key()
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.0-1+deb12")))
    client.install_keyring(repository)
    log = tmp_path / "log"
    for name in ("mv", "cp", "apt-ftparchive", "gzip"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        update = shlex.join(client.command("update", "--error-on=any"))
        lists = shlex.quote(f"{client.root}/state/lists")
        program.write_text(LOOKED.format(lists=lists, update=update, log=shlex.quote(str(log)), program=shutil.which(name)))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.1-1+deb12")))
    looked = log.read_text().splitlines()
    assert len(looked) > 20
    expect_none([line for line in looked if not line.startswith("0 ")])
    client.forget()
    assert client.update()
    assert client.versions("decnet") == ["1.1-1+deb12", "1.0-1+deb12"]


class _Server(HTTPServer):
    """Serves a folder, one request after the other; once an InRelease was sent it calls ``meanwhile`` before the next one."""

    def __init__(self, folder: Path, meanwhile: list[Callable[[], object]]) -> None:
        self.folder = str(folder)
        self.meanwhile = meanwhile
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(SimpleHTTPRequestHandler):
    """One request."""

    def __init__(self, request: socket, address: tuple[str, int], server: _Server) -> None:
        self.ours = server
        super().__init__(request, address, server, directory=server.folder)

    def do_GET(self) -> None:
        """Answer, then let happen what happens in between."""
        self.ours.asked.append(self.path)
        super().do_GET()
        self.wfile.flush()
        if self.path.endswith("/InRelease") and self.ours.meanwhile:
            self.ours.meanwhile.pop()()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_client_that_has_begun_gets_the_index_it_began_with(repository: Repository, client: Client, tmp_path: Path) -> None:
    """Between the signature that it has read and the lists that it asks for next, the whole repository is made anew."""
    key, meanwhile = repository.signer.new_key(), list[Callable[[], object]]()
    server = _Server(repository.folder, meanwhile)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        uri = f"http://127.0.0.1:{server.server_port}/"
        repository.publish("--key", key, "--uri", uri, str(made(tmp_path, "decnet", "1.0-1+deb12")))
        client.install_keyring(repository)
        newer = str(made(tmp_path, "decnet", "1.1-1+deb12"))
        meanwhile.append(lambda: repository.publish("--key", key, newer))
        finished = client.apt("update", "--error-on=any")
        assert finished.returncode == 0, finished.stderr
        assert not meanwhile
        assert client.versions("decnet") == ["1.0-1+deb12"]
        assert [path for path in server.asked if "/by-hash/SHA256/" in path]
        # both were made in one second, perhaps, and HTTP knows no shorter time
        client.forget()
        assert client.update()
        assert client.versions("decnet") == ["1.1-1+deb12", "1.0-1+deb12"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_index_that_was_replaced_long_ago_is_deleted(repository: Repository, tmp_path: Path) -> None:
    """A week after it was replaced, however long it was in use before."""
    key = repository.signer.new_key()
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.0-1+deb12")))
    folder = repository.folder / f"dists/{CODENAME}/main/binary-amd64/by-hash/SHA256"
    first = set(folder.iterdir())
    for path in first:
        os.utime(path, (0, 0))
    repository.publish("--key", key, str(made(tmp_path, "decnet", "1.1-1+deb12")))
    assert first < set(folder.iterdir())
    for path in first:
        os.utime(path, (0, 0))
    repository.publish("--key", key)
    assert not first & set(folder.iterdir())
    assert len(list(folder.iterdir())) == len(("Packages", "Packages.gz"))
