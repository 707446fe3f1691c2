# SPDX-License-Identifier: MIT
"""The server of one decoy, what one attacker sees of it, and one connection of his."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from decnet.domain.evidence import Body
from decnet.domain.persona import Decoy
from decnet.lures.mysql.accounts import Account, accounts_of
from decnet.lures.mysql.options import MysqlOptions
from decnet.lures.mysql.product import Product
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.machine import machine_of
from decnet.lures.shell.visits import Visits
from decnet.lures.sql.context import Context
from decnet.lures.sql.dataset import dataset_of
from decnet.lures.sql.world import World


class Instance:
    """What is the same for everybody who comes."""

    def __init__(self, decoy: Decoy, options: MysqlOptions) -> None:
        self.decoy = decoy
        self.persona = decoy.persona
        self.options = options
        self.product = Product.of(decoy.persona)
        self.dataset = dataset_of(decoy)
        self.machine = machine_of(decoy)
        self.started_at = self.machine.daemon("mysql").started_at
        self.next_connection = decoy.persona.between("mysql connections", 30, 7000)
        self.accounts: list[Account] = accounts_of(decoy, options, self.dataset)
        drawn = "open" if options.accounts else decoy.persona.choose("mysql access", ("open", "open", "closed"))
        self.access = drawn if options.access == "drawn" else options.access
        self.visits = Visits(self.machine)

    @property
    def is_open(self) -> bool:
        """Whether somebody with the right password gets in."""
        return self.access == "open"

    def uptime(self) -> int:
        """Return for how many seconds the server runs."""
        return max(int(time.time() - self.started_at), 1)

    def counter(self, purpose: str, per_hour: int) -> int:
        """Return a number that grows with time."""
        rate = self.persona.between(f"mysql counter {purpose}", per_hour // 2 + 1, per_hour * 2)
        return self.uptime() * rate // 3600 + self.persona.between(f"mysql counter base {purpose}", 1, 40)


@dataclass
class AttackerWorld:
    """What one attacker sees: databases, functions that he brought, settings that he changed."""

    world: World
    functions: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    connections: dict[int, "Visit"] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)


@dataclass
class Visit:
    """
    One connection: the ``lure`` of its ``Context``.

    ``record`` and ``capture`` write evidence. ``account`` is the row that let the client in.
    """

    instance: Instance
    attacker: AttackerWorld
    id: int
    user: str
    host: str
    record: Callable[[Body, bytes | None], None]
    capture: Callable[[bytes, str], None]
    account: Account
    settings: dict[str, str] = field(default_factory=dict)
    connected_at: float = field(default_factory=time.time)
    statement: str = ""
    warnings: list[tuple[str, int, str]] = field(default_factory=list)
    autocommit: bool = True
    is_killed: bool = False
    logged: int = 0
    context: Context | None = None

    @property
    def product(self) -> Product:
        """The product."""
        return self.instance.product

    @property
    def filesystem(self) -> Filesystem:
        """The files of the machine as root sees them, with what this attacker changed."""
        return self.instance.visits.filesystem(self.host)


def visit_of(context: Context) -> Visit:
    """Return the connection that a context belongs to."""
    visit: Visit = context.lure
    return visit
