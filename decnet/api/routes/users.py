# SPDX-License-Identifier: MIT
"""The accounts of people."""

import sqlite3
from typing import Annotated

from fastapi import APIRouter, Path

from decnet.api.answer import Json, Nothing
from decnet.api.deps import Admin, DeskOf
from decnet.api.errors import documented
from decnet.api.schemas import GeneratedPassword, Items, NewUser, User, UserChange, UserWithPassword, user_of
from decnet.store import accounts
from decnet.store.accounts import Account

router = APIRouter(prefix="/users", tags=["users"])
CHANGES = documented(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
Name = Annotated[str, Path(max_length=256)]


@router.get("", response_model=Items[User], responses=documented(400, 401, 403, 503))
async def list_users(_: Admin, desk: DeskOf) -> Json:
    """List the accounts."""
    return Json(Items(items=[user_of(account) for account in await desk.pool.read(accounts.listed)]))


@router.post("", status_code=201, response_model=UserWithPassword, responses=CHANGES)
async def make_user(new: NewUser, visitor: Admin, desk: DeskOf) -> Json:
    """Make an account; its password is shown here, and has to be changed at the first login."""
    password, hashed = await desk.door.new_password()

    def work(connection: sqlite3.Connection) -> Account:
        accounts.add(connection, desk.box, new.name, new.role, generated=password, password=hashed)
        visitor.note(connection, "account made", new.name, new.role)
        return accounts.get(connection, new.name)

    made = user_of(await desk.pool.write(work))
    fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
    return Json(UserWithPassword(**fields, password=password), 201)


@router.patch("/{name}", response_model=User, responses=CHANGES)
async def change_user(name: Name, change: UserChange, visitor: Admin, desk: DeskOf) -> Json:
    """Change what an account may do; one that is disabled is logged out."""

    def work(connection: sqlite3.Connection) -> Account:
        before = accounts.get(connection, name)
        role = before.role if change.role is None else change.role
        is_disabled = before.is_disabled if change.is_disabled is None else change.is_disabled
        after = accounts.change(connection, name, role=role, is_disabled=is_disabled)
        visitor.note(connection, "account changed", name, f"{before.role}{_disabled(before)} -> {after.role}{_disabled(after)}")
        return after

    return Json(user_of(await desk.pool.write(work)))


@router.post("/{name}/password", response_model=GeneratedPassword, responses=CHANGES)
async def reset_password(name: Name, visitor: Admin, desk: DeskOf) -> Json:
    """Give an account a generated password, which has to be changed; it is logged out everywhere."""
    password, hashed = await desk.door.new_password()

    def work(connection: sqlite3.Connection) -> None:
        accounts.reset_password(connection, desk.box, name, generated=password, password=hashed)
        visitor.note(connection, "password reset", name)

    await desk.pool.write(work)
    return Json(GeneratedPassword(password=password))


@router.delete("/{name}", status_code=204, response_class=Nothing, responses=CHANGES)
async def delete_user(name: Name, visitor: Admin, desk: DeskOf) -> Nothing:
    """Delete an account, and log it out."""

    def work(connection: sqlite3.Connection) -> None:
        accounts.delete(connection, name)
        visitor.note(connection, "account deleted", name)

    await desk.pool.write(work)
    return Nothing()


def _disabled(account: Account) -> str:
    """Return what the audit log adds where an account is disabled."""
    return ", disabled" if account.is_disabled else ""
