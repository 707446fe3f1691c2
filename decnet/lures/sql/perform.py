# SPDX-License-Identifier: MIT
"""Runs a statement that was read, whatever it is."""

from collections.abc import Callable, Generator
from typing import Any

from decnet.lures.sql import node
from decnet.lures.sql.change import delete, insert, truncate, update
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Done, Outcome, Rows
from decnet.lures.sql.plan import QueryPlan
from decnet.lures.sql.structure import alter_table, create_database, create_index, create_table, create_view, drop

Performing = Generator[None, None, Outcome]


def perform(context: Context, statement: node.Statement) -> Performing:
    """
    Run a statement; call ``context.begin`` before.

    It yields when others should run, and returns the outcome; raises ``SqlError``, and then nothing was changed but what
    a real server would have changed, too.
    """
    return (yield from _RUNNERS[type(statement)](context, statement))


def _query(context: Context, query: node.Query) -> Performing:
    """Run a query."""
    plan = QueryPlan(context, query, None)
    rows = yield from plan.run(None)
    if query.into is not None:
        context.dialect.into(context, query.into, plan.columns, rows)
        return Done("select into", affected=len(rows), matched=len(rows))
    return Rows(plan.columns, rows)


def _transaction(context: Context, statement: node.Transaction) -> Performing:
    """Begin or end a transaction, in words."""
    yield
    return context.dialect.transaction(context, statement)


def _explain(context: Context, statement: node.Explain) -> Performing:
    """Say how a statement would be run."""
    yield
    return context.dialect.explained(context, statement)


def _own(context: Context, statement: node.Own) -> Performing:
    """Run a statement that only the dialect knows."""
    outcome: Outcome = yield from statement.run(context)
    return outcome


_RUNNERS: dict[type, Callable[[Context, Any], Performing]] = {
    node.Query: _query, node.Insert: insert, node.Update: update, node.Delete: delete, node.Truncate: truncate,
    node.CreateTable: create_table, node.CreateView: create_view, node.CreateDatabase: create_database,
    node.CreateIndex: create_index, node.Drop: drop, node.AlterTable: alter_table, node.Transaction: _transaction,
    node.Explain: _explain, node.Own: _own,
}  # fmt: skip
