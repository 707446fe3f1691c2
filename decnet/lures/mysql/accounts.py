# SPDX-License-Identifier: MIT
"""Who may log in: weak passwords that attackers try first, and the application's own account."""

from dataclasses import dataclass

from decnet.domain.persona import Decoy
from decnet.lures.mysql.functions import native_hash
from decnet.lures.mysql.options import MysqlOptions
from decnet.lures.sql.planted import Dataset

_ROOT = (
    "root",
    "123456",
    "password",
    "toor",
    "mysql",
    "admin",
    "root123",
    "12345678",
    "P@ssw0rd",
    "qwerty",
    "1234",
    "changeme",
)
_OTHERS = (("admin", "admin"), ("test", "test"), ("mysql", "mysql"), ("backup", "backup"), ("dbadmin", "dbadmin"), ("web",
           "web123"),
           ("user", "user"), ("phpmyadmin", "phpmyadmin"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """
    A row of mysql.user.

    ``password`` is None where nobody can log in from outside (``unix_socket``, or locked). ``database`` is the only one
    that the account may use; empty: all rights.
    """

    user: str
    host: str
    password: str | None
    database: str = ""

    @property
    def is_super(self) -> bool:
        """Whether the account may do everything."""
        return not self.database

    @property
    def hashed(self) -> str:
        """The password as the server keeps it."""
        return "" if not self.password else native_hash(self.password.encode("utf-8", "surrogateescape"))

    @property
    def name(self) -> str:
        """The account as CURRENT_USER() shows it."""
        return f"{self.user}@{self.host}"


def accounts_of(decoy: Decoy, options: MysqlOptions, dataset: Dataset) -> list[Account]:
    """Return the accounts that the server knows, those first that can log in from anywhere."""
    known = [Account(user, "%", password) for user, password in planted(decoy, options).items()]
    if not any(account.user == dataset.account for account in known):
        known.append(Account(dataset.account, "%", dataset.password, dataset.name))
    return known


def _weak(decoy: Decoy) -> list[str]:
    """Return weak accounts that are always the same for a decoy."""
    persona = decoy.persona
    root = f"root:{persona.choose('mysql password of root', _ROOT)}"
    return [root, persona.choose("mysql account", tuple(":".join(pair) for pair in _OTHERS))]


def planted(decoy: Decoy, options: MysqlOptions) -> dict[str, str]:
    """Return the planted passwords by user name; those of the application stand in its database's account."""
    pairs = list(options.accounts) or _weak(decoy)
    return {user: password for user, _, password in (pair.partition(":") for pair in pairs)}
