# SPDX-License-Identifier: MIT
"""``decnet admin``: accounts of people, tokens of programs, for whoever administers this host."""

import sqlite3
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from typing import Any

from decnet.cli.asker import asker, note
from decnet.cli.command import EXIT_OK, Command, count
from decnet.cli.output import add_format, show
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.domain import passwords
from decnet.domain.access import Access
from decnet.errors import NotFoundError
from decnet.store import accounts, secrets, tokens
from decnet.store.accounts import FIRST, Account
from decnet.store.database import connect, transaction
from decnet.store.keys import Box, load
from decnet.store.tokens import Token

_USERS = ("name", "role", "state", "created_at", "last_login_at")
_TOKENS = ("name", "role", "created_by", "created_at", "ends_at", "last_at")
_DAYS = 90

Work = Callable[[sqlite3.Connection, Box], Any]


def _arguments(parser: ArgumentParser) -> None:
    """Declare the actions, and note who asks: what follows may be done as the account that owns the store."""
    parser.set_defaults(actor=asker(environment()))
    actions = parser.add_subparsers(dest="action", required=True)
    password = actions.add_parser("password", help="show a generated password that nobody has changed yet, or make a new one")
    password.add_argument("user", nargs="?", default=FIRST, metavar="USER", help=f"the account ({FIRST})")
    password.add_argument("--reset", action="store_true", help="make a new password; the account is logged out everywhere")
    _user_arguments(actions.add_parser("user", help="list, make, change and delete accounts"))
    _token_arguments(actions.add_parser("token", help="make, list and revoke tokens of programs"))


def _user_arguments(parser: ArgumentParser) -> None:
    """Declare what can be done with accounts."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    add_format(verbs.add_parser("list", help="all accounts"))
    made = verbs.add_parser("create", help="make an account; its password is shown")
    changed = verbs.add_parser("change", help="change what an account may do")
    for verb in (made, changed, verbs.add_parser("delete", help="delete an account")):
        verb.add_argument("user", metavar="USER", help="the account")
    made.add_argument("--role", choices=tuple(Access), required=True, help="what it may do")
    changed.add_argument("--role", choices=tuple(Access), help="what it may do")
    state = changed.add_mutually_exclusive_group()
    state.add_argument("--disable", action="store_true", help="let it log in no more")
    state.add_argument("--enable", action="store_true", help="let it log in again")


def _token_arguments(parser: ArgumentParser) -> None:
    """Declare what can be done with tokens."""
    verbs = parser.add_subparsers(dest="verb", required=True)
    made = verbs.add_parser("create", help="make a token; what the program shows is printed once")
    made.add_argument("name", metavar="NAME", help="what it is called in listings and in the audit log")
    made.add_argument("--role", choices=tuple(Access), default=Access.VIEWER.value, help="what it may do (viewer)")
    made.add_argument("--days", type=count, default=_DAYS, help=f"how long it is good for ({_DAYS})")
    add_format(verbs.add_parser("list", help="all tokens"))
    verbs.add_parser("revoke", help="make a token worth nothing").add_argument("name", metavar="NAME", help="the token")


def _run(options: Namespace, config: Config) -> int:
    """Do what was asked."""
    if options.action == "password":
        return _password(options, config)
    return _VERBS[options.action, options.verb](options, config)


def _password(options: Namespace, config: Config) -> int:
    """Show a generated password, or make one."""
    new = passwords.generated()
    hashed = passwords.hashed(new) if options.reset else ""

    def work(connection: sqlite3.Connection, box: Box) -> str:
        if accounts.is_empty(connection):
            _make_first(connection, box, options)
        if options.reset:
            accounts.reset_password(connection, box, options.user, generated=new, password=hashed)
            note(connection, options.actor, "password reset", options.user)
            return new
        shown = accounts.reveal(accounts.get(connection, options.user), box)
        if shown is None:
            raise NotFoundError(
                f"{options.user} has chosen a password, which nobody can show",
                remedy=f"make a new one: decnet admin password --reset {options.user}",
            )
        return shown

    print(_do(config, work))
    return EXIT_OK


def _make_first(connection: sqlite3.Connection, box: Box, options: Namespace) -> None:
    """Make the first account, as the api does when it starts."""
    password = passwords.generated()
    accounts.add(connection, box, FIRST, Access.ADMIN, generated=password, password=passwords.hashed(password))
    note(connection, options.actor, "account made", FIRST)


def _list_users(options: Namespace, config: Config) -> int:
    """Show a row for each account."""
    rows = _do(config, lambda connection, _: [_user_row(account) for account in accounts.listed(connection)])
    show(rows, _USERS, format_=options.format)
    return EXIT_OK


def _user_row(account: Account) -> dict[str, Any]:
    """Return an account as a row, in the words of JSON."""
    state = "disabled" if account.is_disabled else "has to change its password" if account.must_change_password else "ok"
    last = account.last_login_at
    return {
        "name": account.name,
        "role": account.role.value,
        "state": state,
        "created_at": account.created_at.isoformat(timespec="seconds"),
        "last_login_at": last.isoformat(timespec="seconds") if last else None,
    }


def _create_user(options: Namespace, config: Config) -> int:
    """Make an account and print its password."""
    password = passwords.generated()
    hashed = passwords.hashed(password)

    def work(connection: sqlite3.Connection, box: Box) -> None:
        accounts.add(connection, box, options.user, Access(options.role), generated=password, password=hashed)
        note(connection, options.actor, "account made", options.user, options.role)

    _do(config, work)
    print(password)
    return EXIT_OK


def _change_user(options: Namespace, config: Config) -> int:
    """Change what an account may do, and show it."""

    def work(connection: sqlite3.Connection, _: Box) -> dict[str, Any]:
        before = accounts.get(connection, options.user)
        is_disabled = options.disable or (before.is_disabled and not options.enable)
        role = Access(options.role) if options.role else before.role
        after = accounts.change(connection, options.user, role=role, is_disabled=is_disabled)
        note(connection, options.actor, "account changed", options.user, after.role + (", disabled" if is_disabled else ""))
        return _user_row(after)

    show([_do(config, work)], _USERS, format_="text")
    return EXIT_OK


def _delete_user(options: Namespace, config: Config) -> int:
    """Delete an account."""

    def work(connection: sqlite3.Connection, _: Box) -> None:
        accounts.delete(connection, options.user)
        note(connection, options.actor, "account deleted", options.user)

    _do(config, work)
    return EXIT_OK


def _create_token(options: Namespace, config: Config) -> int:
    """Make a token and print what the program has to show."""
    ticket = passwords.new_ticket(passwords.TOKEN_PREFIX)

    def work(connection: sqlite3.Connection, _: Box) -> None:
        digest, role = passwords.digest(ticket), Access(options.role)
        tokens.add(connection, digest, options.name, role, days=options.days, created_by=options.actor)
        note(connection, options.actor, "token made", options.name, f"{role}, {options.days} days")

    _do(config, work)
    print(ticket)
    return EXIT_OK


def _list_tokens(options: Namespace, config: Config) -> int:
    """Show a row for each token."""
    rows = _do(config, lambda connection, _: [_token_row(token) for token in tokens.listed(connection)])
    show(rows, _TOKENS, format_=options.format)
    return EXIT_OK


def _token_row(token: Token) -> dict[str, Any]:
    """Return a token as a row, in the words of JSON."""
    row = asdict(token) | {"role": token.role.value}
    return row | {
        name: row[name].isoformat(timespec="seconds") if row[name] else None for name in ("created_at", "ends_at", "last_at")
    }


def _revoke_token(options: Namespace, config: Config) -> int:
    """Revoke a token."""

    def work(connection: sqlite3.Connection, _: Box) -> None:
        tokens.revoke(connection, tokens.named(connection, options.name).id)
        note(connection, options.actor, "token revoked", options.name)

    _do(config, work)
    return EXIT_OK


def _do(config: Config, work: Work) -> Any:
    """Do work in one transaction, and return what it returns."""
    box = Box(load(config.paths.secrets))
    with closing(connect(config.paths.store)) as connection, transaction(connection, config.paths.store):
        secrets.confirm(connection, box)
        return work(connection, box)


_VERBS: dict[tuple[str, str], Callable[[Namespace, Config], int]] = {
    ("user", "list"): _list_users,
    ("user", "create"): _create_user,
    ("user", "change"): _change_user,
    ("user", "delete"): _delete_user,
    ("token", "create"): _create_token,
    ("token", "list"): _list_tokens,
    ("token", "revoke"): _revoke_token,
}

COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True, uses_store=True)
