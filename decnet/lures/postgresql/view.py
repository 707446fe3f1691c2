# SPDX-License-Identifier: MIT
"""What system tables may ask of the connection that reads them."""

from collections.abc import Iterable
from typing import Protocol

from decnet.lures.postgresql.cluster import Cluster, DatabaseEntry, Role
from decnet.lures.postgresql.state import Backend
from decnet.lures.sql.value import Type
from decnet.lures.sql.world import World


class View(Protocol):
    """One connection's place in its cluster, as far as the catalogue needs it."""

    cluster: Cluster
    backend: Backend

    @property
    def database(self) -> DatabaseEntry:
        """The database of the connection."""

    @property
    def world(self) -> World:
        """The schemas of the database."""

    @property
    def role(self) -> Role:
        """The role whose rights count."""

    @property
    def is_superuser(self) -> bool:
        """Whether the role may do everything."""

    def oid_of(self, schema: str, name: str) -> int:
        """Return the number of something in the database."""

    def function_types(self) -> Iterable[tuple[str, Type | int]]:
        """Return the functions of the server with the types of what they return, by name."""

    def demand_superuser(self, function: str) -> None:
        """Refuse who is no superuser."""
