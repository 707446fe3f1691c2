# SPDX-License-Identifier: MIT
"""
Commands that fetch from or connect to elsewhere: wget, curl, tftp, ftpget, ssh, scp, nc.

Nothing leaves the machine. A web download pretends to succeed, so that "wget x; chmod +x x; ./x" goes on and the rest of the
chain is seen: the file is made from the URL (a script, an archive, a page, else a program for this machine). What asks for an
interactive login elsewhere, or uses another protocol, runs into a timeout.
"""

import gzip
import hashlib
import io
import re
import tarfile
import time
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from decnet.lures.shell.commands.network import resolved
from decnet.lures.shell.invocation import Invocation, curly, reason
from decnet.lures.shell.programs import image

CONNECT_SECONDS = 0.35
TIMEOUT_SECONDS = 12
_PAGES = (".html", ".htm", ".php", ".asp", ".aspx", ".txt", ".css", ".js", ".xml", ".json")
_SCRIPTS = {".sh": "#!/bin/sh\n", ".bash": "#!/bin/bash\n", ".pl": "#!/usr/bin/perl\n", ".py": "#!/usr/bin/python3\n"}
_ECHOES = (
    "ifconfig.me",
    "icanhazip.com",
    "ipinfo.io",
    "api.ipify.org",
    "ip.sb",
    "checkip.amazonaws.com",
    "ident.me",
    "ifconfig.co",
)
_URL = re.compile(r"(?:([a-z]{2,8})://)?([^\s/]+)(/.*)?", re.IGNORECASE)


class Remote:
    """A pretended answer of a server."""

    def __init__(self, call: Invocation, url: str) -> None:
        if "://" not in url:
            url = "http://" + url
        self.url = url
        try:
            parts = urlsplit(url)
            self.host, self.port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            self.host, self.port, parts = "", 80, urlsplit("http://")
        self.scheme, self.path = parts.scheme, parts.path or "/"
        self.name = unquote(self.path.rsplit("/", 1)[-1]).replace("/", "_") or "index.html"
        seed = hashlib.sha256(url.encode("utf-8", "surrogateescape")).digest()
        self.address = self.host if re.fullmatch(r"[0-9.]+", self.host) else f"203.0.113.{seed[0] % 250 + 1}"
        self.body = self._body(call, seed)

    def _body(self, call: Invocation, seed: bytes) -> bytes:
        if self.host in _ECHOES:
            return f"203.0.113.{call.machine.persona.between('public', 2, 250)}\n".encode()
        lowered = self.name.lower()
        suffix = "." + lowered.rsplit(".", 1)[-1] if "." in lowered else ""
        if suffix in _SCRIPTS:
            return _SCRIPTS[suffix].encode()
        if lowered.endswith((".tar.gz", ".tgz")):
            return _tarball(call, seed)
        if suffix == ".gz":
            return gzip.compress(image("", call.machine.persona.architecture, 24_000 + seed[1] * 64, seed[:20]), mtime=0)
        if suffix in _PAGES or self.path.endswith("/"):
            return f"<html>\n<head><title>{self.host}</title></head>\n<body></body>\n</html>\n".encode("utf-8", "replace")
        return image("", call.machine.persona.architecture, 24_000 + seed[1] * 257, seed[:20])

    @property
    def kind(self) -> str:
        """The content type."""
        return (
            "text/html" if self.body.startswith(b"<") else "text/plain" if self.body.isascii() else "application/octet-stream"
        )


def _tarball(call: Invocation, seed: bytes) -> bytes:
    buffer = io.BytesIO()
    data = image("", call.machine.persona.architecture, 30_000 + seed[1] * 64, seed[:20])
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        member = tarfile.TarInfo("run")
        member.size, member.mode, member.mtime = len(data), 0o755, 1_690_000_000
        packed.addfile(member, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


async def wget(call: Invocation) -> int:
    """``wget``."""
    long = {
        "output-document": "O", "quiet": "q", "no-check-certificate": "=n", "directory-prefix": "P", "tries": "t",
        "timeout": "T",
        "user-agent": "U", "no-verbose": "=v", "continue": "c", "spider": "=s", "help": "h", "post-data": "=d", "header": "=h",
        "user": "=u", "password": "=p", "limit-rate": "=l", "show-progress": "=g", "no-cache": "=k",
    }  # fmt: skip
    options = call.options("O:qP:t:T:U:cbdhSi:o:a:nrNxl:kpme:V", long)
    if not options.operands:
        call.error("wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.")
        return 1
    if "=p" in options.given:
        call.shell.session.secret(
            "wget", options.given.get("=u", [""])[-1], options.given["=p"][-1].encode("utf-8", "surrogateescape")
        )
    code = 0
    for url in options.operands[:50]:
        call.shell.session.download(url, "wget")
        remote = Remote(call, url)
        target = options.get("O") or remote.name
        if "P" in options and "O" not in options:
            target = f"{options.get('P').rstrip('/')}/{target}"
        code = await _wget_one(call, remote, target, is_quiet="q" in options or "=v" in options.given) or code
    return code


async def _wget_one(call: Invocation, remote: Remote, target: str, *, is_quiet: bool) -> int:
    def say(text: str) -> None:
        if not is_quiet:
            call.stderr.write(text.encode("utf-8", "surrogateescape"))

    say(f"--{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(call.machine.now()))}--  {remote.url}\n")
    if remote.scheme not in ("http", "https", "ftp") or not remote.host:
        call.error(f"{remote.url}: Unsupported scheme {curly(remote.scheme)}.")
        return 1
    if not resolved(remote.host):
        say(f"Resolving {remote.host} ({remote.host})... failed: Name or service not known.\n")
        call.error(f"wget: unable to resolve host address {curly(remote.host)}")
        return 4
    if remote.host != remote.address:
        say(f"Resolving {remote.host} ({remote.host})... {remote.address}\n")
    say(f"Connecting to {remote.host} ({remote.host})|{remote.address}|:{remote.port}... ")
    await call.shell.pause(CONNECT_SECONDS)
    size = len(remote.body)
    say(f"connected.\nHTTP request sent, awaiting response... 200 OK\nLength: {size} ({size / 1024:.0f}K) [{remote.kind}]\n")
    return _keep(call, remote, target, say)


def _keep(call: Invocation, remote: Remote, target: str, say: Callable[[str], None]) -> int:
    """Write what wget got to where it was told to."""
    shown = "STDOUT" if target == "-" else target
    say(f"Saving to: {curly(shown)}\n\n")
    try:
        if target == "-":
            call.stdout.write(remote.body)
        elif call.absolute(target) != "/dev/null":
            call.filesystem.write(call.absolute(target), remote.body)
    except OSError as error:
        call.error(f"{target}: {reason(error)}\n\nCannot write to {curly(target)} ({reason(error)}).")
        return 3
    size = len(remote.body)
    say(f"{shown[:19]:<19} 100%[===================>] {size / 1024:>7.2f}K  --.-KB/s    in 0.04s   \n\n")
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(call.machine.now()))
    say(f"{stamp} ({size / 1024 / 40:.2f} MB/s) - {curly(shown)} saved [{size}/{size}]\n\n")
    return 0


async def curl(call: Invocation) -> int:
    """``curl``."""
    long = {
        "output": "o", "remote-name": "O", "silent": "s", "location": "L", "insecure": "k", "fail": "f", "head": "I",
        "user": "u",
        "user-agent": "A", "header": "H", "data": "d", "request": "X", "max-time": "m", "connect-timeout": "=t", "verbose": "v",
        "show-error": "S", "version": "V", "data-binary": "d", "upload-file": "T", "retry": "=r", "compressed": "=c",
        "proxy": "x",
    }  # fmt: skip
    options = call.options("o:OsSLkfIu:A:H:d:X:m:vVT:F:x:e:b:c:#4610C:gGjJnNqr:w:", long)
    if "V" in options:
        call.line(f"curl {call.machine.release.curl} ({call.machine.triplet}) libcurl/{call.machine.release.curl} OpenSSL zlib")
        return 0
    if not options.operands:
        call.error("curl: try 'curl --help' or 'curl --manual' for more information")
        return 2
    if ":" in options.get("u"):
        user, _, password = options.get("u").partition(":")
        call.shell.session.secret("curl", user, password.encode("utf-8", "surrogateescape"))
    code = 0
    for index, url in enumerate(options.operands[:50]):
        call.shell.session.download(url, "curl")
        remote = Remote(call, url)
        if remote.scheme not in ("http", "https", "ftp") or not remote.host:
            code = call.fail(f'(1) Protocol "{remote.scheme}" not supported or disabled in libcurl', 1)
            continue
        if not resolved(remote.host):
            code = call.fail(f"(6) Could not resolve host: {remote.host}", 6)
            continue
        await call.shell.pause(CONNECT_SECONDS)
        targets = options.every("o")
        target = targets[index] if index < len(targets) else remote.name if "O" in options else ""
        _curl_output(call, remote, target, is_silent="s" in options, is_head="I" in options)
    return code


def _curl_output(call: Invocation, remote: Remote, target: str, *, is_silent: bool, is_head: bool) -> None:
    size = len(remote.body)
    if is_head:
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(call.machine.now()))
        call.out(
            f"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: {date}\r\nContent-Type: {remote.kind}\r\nContent-Length: {size}\r\n\r\n"
        )
        return
    if not target:
        if b"\0" in remote.body and call.stdout.is_terminal:
            call.error(
                'Warning: Binary output can mess up your terminal. Use "--output -" to tell \n'
                "Warning: curl to output it to your terminal anyway."
            )
            return
        call.stdout.write(remote.body)
        return
    if not is_silent:
        call.error("  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current")
        call.error("                                 Dload  Upload   Total   Spent    Left  Speed")
        call.error(f"100 {size:>5}  100 {size:>5}    0     0  {size * 2:>5}      0 --:--:-- --:--:-- --:--:-- {size * 2:>5}")
    if call.absolute(target) != "/dev/null":
        call.filesystem.write(call.absolute(target), remote.body)


async def transfer(call: Invocation) -> int:
    """``tftp``, ``ftpget``, ``ftp``, ``rsync``, ``git``: recorded, then a timeout."""
    name = call.name.rsplit("/", 1)[-1]
    call.shell.session.download(" ".join(call.arguments)[:2000], name)
    await call.shell.pause(TIMEOUT_SECONDS)
    if name == "tftp":
        call.error("tftp: timeout")
    else:
        host = next((word for word in call.arguments if not word.startswith("-")), "")
        call.error(f"{name}: can't connect to remote host ({host}): Connection timed out")
    return 1


async def connect_shell(call: Invocation) -> int:
    """``ssh``, ``scp``, ``sftp``, ``telnet``, ``nc``: recorded, then a timeout."""
    name = call.name.rsplit("/", 1)[-1]
    if call.arguments[:1] == ["-V"]:
        call.error(call.machine.persona.software.get("ssh", "OpenSSH_8.4p1") + ", OpenSSL 1.1.1w  11 Sep 2023")
        return 0
    words = [word for word in call.arguments if not word.startswith("-")]
    if not words:
        call.error(f"usage: {name} [options] destination")
        return 255 if name == "ssh" else 1
    call.shell.session.download(" ".join(call.arguments)[:2000], name)
    target = (
        words[-1]
        if name == "scp" and ":" in words[-1]
        else next((word for word in words if "@" in word or "." in word), words[0])
    )
    host = target.rsplit("@", 1)[-1].split(":")[0]
    if not resolved(host) and host != "localhost":
        call.error(f"ssh: Could not resolve hostname {host}: Name or service not known")
        return 255
    await call.shell.pause(TIMEOUT_SECONDS)
    if name in ("nc", "telnet"):
        call.error(f"{name}: connect to {host}: Connection timed out")
        return 1
    call.error(f"ssh: connect to host {host} port 22: Connection timed out" + ("\nlost connection" if name == "scp" else ""))
    return 255 if name == "ssh" else 1


PROGRAMS = {
    "wget": wget, "curl": curl, "tftp": transfer, "ftpget": transfer, "ftpput": transfer, "rsync": transfer,
    "ssh": connect_shell,
    "scp": connect_shell, "sftp": connect_shell, "telnet": connect_shell, "nc": connect_shell, "ssh-copy-id": connect_shell,
    "ssh-keyscan": connect_shell, "traceroute": transfer,
}  # fmt: skip
