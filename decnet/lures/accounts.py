# SPDX-License-Identifier: MIT
"""Which user names and passwords a decoy lets in, the same at every lure that one logs in to."""

from typing import Protocol

from decnet.domain.persona import Decoy

_ROOT = (
    "123456",
    "password",
    "root",
    "toor",
    "12345678",
    "qwerty",
    "1234",
    "admin123",
    "P@ssw0rd",
    "111111",
    "changeme",
    "root123",
)
_OTHERS = (
    ("admin", "admin"),
    ("test", "test"),
    ("user", "user"),
    ("oracle", "oracle"),
    ("postgres", "postgres"),
    ("ubuntu", "ubuntu"),
    ("deploy", "deploy123"),
    ("backup", "backup"),
    ("guest", "guest"),
    ("support", "support"),
    ("git", "git123"),
    ("ftpuser", "ftpuser"),
)


class Planted(Protocol):
    """The options of a lure that has accounts: user:password pairs, or none."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """The pairs that the fleet file sets."""


def accounts(decoy: Decoy, options: Planted) -> dict[str, str]:
    """
    Return the passwords by user name, the first one the easiest to guess.

    Without ``options.accounts`` they are weak ones that attackers try in their first minutes: root's and one or two others,
    always the same for a decoy. A pair without a colon has an empty password.
    """
    if options.accounts:
        return {user: password for user, _, password in (pair.partition(":") for pair in options.accounts)}
    persona = decoy.persona
    others = [":".join(pair) for pair in _OTHERS]
    planted = {"root": persona.choose("ssh password of root", _ROOT)}
    for number in range(persona.between("ssh accounts", 1, 2)):
        user, _, password = persona.choose(f"ssh account {number}", tuple(others)).partition(":")
        planted[user] = password
    return planted
