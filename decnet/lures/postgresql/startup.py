# SPDX-License-Identifier: MIT
"""What a client says first: which protocol, who it is, which database it wants."""

from dataclasses import dataclass, field

from decnet.lures.postgresql.report import Report, fatal
from decnet.lures.postgresql.wire import PROTOCOL

MAX_PACKET = 10_000
MAX_NAME = 63
"""Bytes of a name (NAMEDATALEN - 1)."""
_REPLICATION = {
    "database": True, "true": True, "on": True, "yes": True, "1": True,
    "false": False, "off": False, "no": False, "0": False,
}  # fmt: skip
_RESERVED = ("database", "user", "options", "replication")


@dataclass(frozen=True, kw_only=True)
class Startup:
    """
    A client's wishes; texts hide bytes that are no UTF-8 as surrogates.

    ``settings`` are in the client's order; ``unknown`` are the protocol's options that no server of this version knows.
    """

    user: str
    database: str
    version: tuple[int, int]
    replication: bool = False
    options: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    unknown: tuple[bytes, ...] = ()

    @property
    def negotiates(self) -> bool:
        """Whether the client wants more than protocol 3.0 has."""
        return self.version[1] > 0 or bool(self.unknown)


def parse(code: int, body: bytes, major: int) -> Startup:
    """Return what the packet behind the version ``code`` says; raises ``Report`` as a server of release ``major`` ends."""
    version = code >> 16 & 0xFFFF, code & 0xFFFF
    lowest = 3 if major >= 14 else 2
    if not lowest <= version[0] <= PROTOCOL >> 16:
        words = f"unsupported frontend protocol {version[0]}.{version[1]}: server supports {lowest}.0 to 3.0"
        raise fatal(words, "0A000", "ProcessStartupPacket")
    pairs, is_whole = _pairs(body)
    if not is_whole:
        words = "invalid startup packet layout: expected terminator as last byte"
        raise fatal(words, "08P01", "ProcessStartupPacket")
    values = {name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape") for name, value in pairs}
    user = _cut(values.get("user", ""))
    replication = _replication(values.get("replication", "false"))
    if not user:
        raise fatal("no PostgreSQL user name specified in startup packet", "28000", "ProcessStartupPacket")
    return Startup(
        user=user,
        database=_cut(values.get("database", "")) or user,
        version=version,
        replication=replication,
        options=values.get("options", ""),
        settings={name: value for name, value in values.items() if name not in _RESERVED and not name.startswith("_pq_.")},
        unknown=tuple(name for name, _ in pairs if name.startswith(b"_pq_.")),
    )


def _pairs(body: bytes) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Return the names and values of a packet, and whether it ends where it should."""
    pairs = []
    position = 0
    while position < len(body):
        end = body.find(0, position)
        if end == position or end < 0 or end + 1 >= len(body):
            break
        value_end = body.find(0, end + 1)
        value_end = len(body) if value_end < 0 else value_end
        pairs.append((body[position:end], body[end + 1 : value_end]))
        position = value_end + 1
    return pairs, position == len(body) - 1


def _cut(name: str) -> str:
    """Return a name as it is kept: the server cuts those that are too long."""
    return name.encode("utf-8", "surrogateescape")[:MAX_NAME].decode("utf-8", "surrogateescape")


def _replication(value: str) -> bool:
    """Return whether a connection is for replication."""
    found = _REPLICATION.get(value.lower())
    if found is None:
        hint = 'Valid values are: "false", 0, "true", 1, "database".'
        raise fatal(f'invalid value for parameter "replication": "{value}"', "22023", "ProcessStartupPacket", hint=hint)
    return found


def option_settings(options: str) -> list[tuple[str, str]]:
    """Return the settings of a command line such as ``-c geqo=off --work_mem=4MB``; raises ``Report``."""
    words = _words(options)
    found = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word == "-c" and index < len(words):
            word = "--" + words[index]
            index += 1
        elif word.startswith("-c") and word != "-c":
            word = "--" + word[2:]
        if not word.startswith("--") or word == "--":
            raise _wrong_switch(word)
        name, equals, value = word[2:].partition("=")
        if not equals:
            raise fatal(f"{word} requires a value" if word.startswith("--") else word, "42601", "process_postgres_switches")
        found.append((name.replace("-", "_"), value))
    return found


def _wrong_switch(word: str) -> Report:
    """Return the refusal of a switch that no client may give."""
    hint = 'Try "postgres --help" for more information.'
    return fatal(f"invalid command-line argument for server process: {word}", "42601", "process_postgres_switches", hint=hint)


def _words(options: str) -> list[str]:
    """Cut a command line at its spaces; a backslash keeps the character behind it."""
    words: list[str] = []
    word: list[str] = []
    characters = iter(options)
    for character in characters:
        if character.isspace():
            words.extend(["".join(word)] if word else [])
            word = []
        else:
            word.append(next(characters, "") if character == "\\" else character)
    return [*words, "".join(word)] if word else words
