# SPDX-License-Identifier: MIT
"""
Commands about software: dpkg, apt, editors, interpreters, databases.

Interpreters of other languages only know their version: what they would print cannot be invented, so a program given to them
ends silently, as most of what attackers run there does.
"""

from decnet.lures.shell.commands.shells import ask_secret
from decnet.lures.shell.invocation import Invocation
from decnet.lures.shell.pattern import matches
from decnet.lures.shell.text.packages import packages as packages_of

_MIRROR_SECONDS = 4


async def packages(call: Invocation) -> int:
    """``dpkg`` and ``dpkg-query``."""
    words = [word for word in call.arguments if not word.startswith("-")]
    flags = [word for word in call.arguments if word.startswith("-")]
    if "--print-architecture" in flags:
        call.line(call.machine.package_architecture)
        return 0
    if not {"-l", "--list", "-s", "-W", "--get-selections"} & set(flags):
        if flags and call.shell.account.uid:
            call.error("dpkg: error: requested operation requires superuser privilege")
            return 2
        call.error(
            "dpkg: error: need an action option"
            if not flags
            else f"dpkg: error: cannot access archive '{''.join(words[:1])}': No such file or directory"
        )
        return 2
    found = [row for row in packages_of(call.machine.persona) if not words or any(matches(word, row[0]) for word in words)]
    if not found:
        call.error(f"dpkg-query: no packages found matching {words[0]}")
        return 1
    if "-l" in flags or "--list" in flags:
        call.line(
            "Desired=Unknown/Install/Remove/Purge/Hold\n"
            "| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend"
        )
        call.line("|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)")
        call.line(f"||/ {'Name':<22} {'Version':<34} {'Architecture':<12} Description")
        call.line(f"+++-{'=' * 22}-{'=' * 34}-{'=' * 12}-{'=' * 60}")
    architecture = call.machine.package_architecture
    for name, version, summary in found:
        call.line(f"ii  {name:<22} {version:<34} {architecture:<12} {summary}" if "-l" in flags else f"{name}\t{version}")
    return 0


async def package_manager(call: Invocation) -> int:
    """``apt`` and ``apt-get``: the mirrors do not answer."""
    words = [word for word in call.arguments if not word.startswith("-")]
    verb = words[0] if words else ""
    if "--version" in call.arguments or not verb:
        call.line(f"apt {call.machine.release.apt} ({call.machine.package_architecture})")
        return 0
    if verb in ("list", "search", "show", "policy"):
        for name, version, _ in packages_of(call.machine.persona) if verb == "list" else ():
            if len(words) == 1 or name in words:
                call.line(
                    f"{name}/{call.machine.persona.codename},now {version} {call.machine.package_architecture} [installed]"
                )
        return 0
    if call.shell.account.uid:
        lock = "/var/lib/apt/lists/lock" if verb == "update" else "/var/lib/dpkg/lock-frontend"
        call.error(f"E: Could not open lock file {lock} - open (13: Permission denied)")
        call.error("E: Unable to acquire the lock, are you root?")
        return 100
    if verb == "update":
        await _update(call)
        return 0
    return _install(call, words[1:] if verb in ("install", "remove", "purge") else [])


async def _update(call: Invocation) -> None:
    persona = call.machine.persona
    mirror = f"mirror.{persona.domain}"
    for number, name in enumerate((persona.codename, f"{persona.codename}-security", f"{persona.codename}-updates"), 1):
        call.line(f"Err:{number} http://{mirror}/{persona.os_id} {name} InRelease")
        await call.shell.pause(_MIRROR_SECONDS)
        call.line(f"  Temporary failure resolving '{mirror}'")
    call.line("Reading package lists... Done")
    call.line("W: Some index files failed to download. They have been ignored, or old ones used instead.")


def _install(call: Invocation, names: list[str]) -> int:
    call.line("Reading package lists... Done\nBuilding dependency tree... Done\nReading state information... Done")
    installed = {row[0]: row[1] for row in packages_of(call.machine.persona)}
    for name in names:
        if name not in installed:
            call.error(f"E: Unable to locate package {name}")
            return 100
        call.line(f"{name} is already the newest version ({installed[name]}).")
    call.line("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.")
    return 0


async def editor(call: Invocation) -> int:
    """``vi`` and ``nano``: a screen with the file; what is typed is lost when the client leaves with :q or ^X."""
    session = call.shell.session
    operands = [word for word in call.arguments if not word.startswith(("-", "+"))]
    path = call.absolute(operands[0]) if operands else ""
    text = call.read(path).decode("utf-8", "replace") if path and call.filesystem.exists(path) else ""
    if session.terminal is None or not call.stdin.is_terminal:
        call.error("Vim: Warning: Output is not to a terminal" if "vi" in call.name else "Too many errors from stdin")
        return 1
    rows = max(4, session.terminal.rows)
    shown = text.split("\n")[: rows - 2]
    call.out(
        "\x1b[H\x1b[2J"
        + "\n".join(shown + ["~"] * (rows - 2 - len(shown)))
        + f'\n"{operands[0] if operands else "[No Name]"}"\n'
    )
    typed: list[str] = []
    for _ in range(2000):
        line = await call.stdin.line()
        entry = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
        if not line or entry.lstrip("\x1b").strip() in (":q", ":q!", ":wq", ":x", ":wq!", "ZZ", "\x18"):
            if ":w" in entry or ":x" in entry or "ZZ" in entry:
                call.filesystem.write(
                    path or call.absolute("noname"), (text + "".join(typed)).encode("utf-8", "surrogateescape")
                )
            break
        typed.append(entry + "\n")
    call.out("\x1b[H\x1b[2J")
    return 0


def _perl(call: Invocation) -> str:
    version, _, subversion = call.machine.release.perl.partition(".")
    return (
        f"\nThis is perl 5, version {version}, subversion {subversion} (v5.{version}.{subversion}) "
        f"built for {call.machine.triplet}-thread-multi\n"
    )


async def interpreter(call: Invocation) -> int:
    """``python3``, ``perl``: the version; a program ends silently."""
    name = call.name.rsplit("/", 1)[-1]
    if {"--version", "-V", "-v"} & set(call.arguments):
        texts = {"perl": _perl(call)}
        call.line(texts.get(name, f"Python {call.machine.release.python}"))
        return 0
    files = [word for word in call.arguments if not word.startswith("-")]
    if files and not {"-c", "-e", "-m"} & set(call.arguments) and not call.filesystem.exists(call.absolute(files[0])):
        prefix = (
            f"{call.name}: can't open file '{files[0]}': [Errno 2] "
            if "python" in name
            else f'Can\'t open perl script "{files[0]}": '
        )
        call.error(prefix + "No such file or directory")
        return 2
    if not call.arguments and not call.stdin.is_terminal:
        await call.stdin.all()
    return 0


async def database(call: Invocation) -> int:
    """``mysql`` and ``psql``: ask for the password and refuse it."""
    words = call.arguments
    user = next((word[2:] for word in words if word.startswith("-u") and len(word) > 2), call.shell.account.name)
    inline = next((word[2:] for word in words if word.startswith("-p") and len(word) > 2), "")
    if inline:
        call.shell.session.secret("mysql", user, inline.encode("utf-8", "surrogateescape"))
    elif "-p" in words or "--password" in words:
        await ask_secret(call, "Enter password: ", "mysql", user)
    call.error(
        f"ERROR 1045 (28000): Access denied for user '{user}'@'localhost' (using password: "
        f"{'YES' if '-p' in ' '.join(words) else 'NO'})"
    )
    return 1


async def which(call: Invocation) -> int:
    """``which``, ``whereis``."""
    code = 0
    for name in call.arguments:
        if name.startswith("-"):
            continue
        path = call.shell.find(name)
        is_found = path is not None and call.filesystem.exists(path)
        if call.name.endswith("whereis"):
            call.line(f"{name}:" + (f" {path}" if is_found else ""))
        elif is_found:
            call.line(str(path))
        else:
            code = 1
    return code


async def openssl(call: Invocation) -> int:
    """``openssl``: its version, and random bytes."""
    words = call.arguments
    if words[:1] == ["rand"]:
        size = next((int(word[:5]) for word in words if word.isdecimal()), 16)
        data = call.shell.random.randbytes(min(size, 65536))
        call.line(data.hex())
    elif words[:1] == ["passwd"] and len(words) > 1:
        call.shell.session.secret("openssl", call.shell.account.name, words[-1].encode("utf-8", "surrogateescape"))
        call.line("$1$" + call.shell.random.randbytes(4).hex() + "$" + call.shell.random.randbytes(11).hex())
    else:
        call.line("OpenSSL 1.1.1w  11 Sep 2023")
    return 0


PROGRAMS = {
    "dpkg": packages, "dpkg-query": packages, "apt": package_manager, "apt-get": package_manager, "apt-cache": package_manager,
    "vim.tiny": editor, "nano": editor, "python3": interpreter, "perl": interpreter, "which": which, "whereis": which,
    "openssl": openssl, "mysql": database, "psql": database,
}  # fmt: skip
