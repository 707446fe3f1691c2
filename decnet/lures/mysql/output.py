# SPDX-License-Identifier: MIT
"""What a connection sends: results, ends, errors."""

from decnet.lures.mysql import handshake, packets, results
from decnet.lures.mysql.handshake import DEPRECATE_EOF, Response
from decnet.lures.mysql.instance import Visit
from decnet.lures.mysql.packets import Packets
from decnet.lures.mysql.results import Encoding
from decnet.lures.mysql.wording import Wording, worded
from decnet.lures.sql.context import Column, Context, Rows
from decnet.lures.sql.problem import SqlError


class Output:
    """The answers of one connection."""

    def __init__(self, packets_: Packets, visit: Visit, context: Context) -> None:
        self.context = context
        self._packets = packets_
        self._visit = visit
        self._response = Response(0)
        self._collation = 45

    @property
    def _encoding(self) -> Encoding:
        """How texts are written for this client now."""
        return Encoding(self._visit.settings.get("character_set_results", "utf8mb4"))

    async def _show_rows(self, outcome: Rows, status: int, *, is_binary: bool) -> bool:
        """Send a result."""
        encoding = self._encoding
        await self._put_columns(outcome.columns, status, always_ends=False)
        for row in outcome.rows:
            packet = results.binary_row(row, outcome.columns, encoding) if is_binary else results.text_row(row, encoding)
            if not await self._packets.put_much(packet):
                return False
            await self._packets.stream.give_way()
        self._packets.put(self._end(status))
        return await self._packets.flush()

    async def _put_columns(self, columns: list[Column], status: int, *, always_ends: bool) -> None:
        """Add the definitions of the columns of a result."""
        self._packets.put(packets.number(len(columns)))
        for column in columns:
            self._packets.put(self._definition(column))
        if always_ends or not self._response.has(DEPRECATE_EOF):
            self._packets.put(results.eof(status))

    def _definition(self, column: Column, default: bytes | None = None) -> bytes:
        """Return the definition of a column."""
        extended = self._visit.product.is_mariadb and bool(self._response.extended_flags & handshake.MARIADB_EXTENDED_METADATA)
        return results.definition(column, self._collation, self._encoding, extended=extended, default=default)

    def _end(self, status: int) -> bytes:
        """Return what ends a result."""
        if self._response.has(DEPRECATE_EOF):
            return results.ok(status=status, header=0xFE)
        return results.eof(status)

    def _status(self) -> int:
        """Return the state of the connection."""
        found = results.AUTOCOMMIT if self._visit.autocommit else 0
        return found | (results.IN_TRANSACTION if self._visit.settings.get("in_transaction") == "1" else 0)

    def _worded(self, error: SqlError) -> Wording:
        """Return an error in the words of the product, and keep it for SHOW WARNINGS."""
        wording = worded(error, self._visit.product, self.context.database)
        self._visit.warnings = [("Error", wording.code, wording.message)]
        return wording

    async def _fail(self, wording: Wording) -> None:
        """Send an error."""
        await self._packets.send(results.failure(wording))
