# SPDX-License-Identifier: MIT
"""The access of programs."""

import sqlite3
from typing import Annotated

from fastapi import APIRouter, Path

from decnet.api.answer import Json, Nothing
from decnet.api.deps import Admin, DeskOf
from decnet.api.errors import documented
from decnet.api.schemas import Items, NewToken, Token, TokenWithText, token_of
from decnet.domain import passwords
from decnet.store import tokens

router = APIRouter(prefix="/tokens", tags=["tokens"])
CHANGES = documented(400, 401, 403, 404, 409, 413, 415, 422, 503)


@router.get("", response_model=Items[Token], responses=documented(400, 401, 403, 503))
async def list_tokens(_: Admin, desk: DeskOf) -> Json:
    """List the tokens, without what programs have to show."""
    return Json(Items(items=[token_of(found) for found in await desk.pool.read(tokens.listed)]))


@router.post("", status_code=201, response_model=TokenWithText, responses=CHANGES)
async def make_token(new: NewToken, visitor: Admin, desk: DeskOf) -> Json:
    """Make a token; what the program has to show is shown here, once."""
    ticket = passwords.new_ticket(passwords.TOKEN_PREFIX)

    def work(connection: sqlite3.Connection) -> tokens.Token:
        made = tokens.add(connection, passwords.digest(ticket), new.name, new.role, days=new.days, created_by=visitor.actor)
        visitor.note(connection, "token made", made.name, f"{made.role}, {new.days} days")
        return made

    made = token_of(await desk.pool.write(work))
    fields = {name: getattr(made, name) for name in made.__dataclass_fields__}
    return Json(TokenWithText(**fields, token=ticket), 201)


@router.delete("/{id}", status_code=204, response_class=Nothing, responses=CHANGES)
async def revoke_token(
    id: Annotated[int, Path(ge=1, lt=1 << 62)],  # noqa: A002 - the name in the path
    visitor: Admin,
    desk: DeskOf,
) -> Nothing:
    """Revoke a token: the program that shows it is nobody from now on."""

    def work(connection: sqlite3.Connection) -> None:
        gone = tokens.revoke(connection, id)
        visitor.note(connection, "token revoked", gone.name)

    await desk.pool.write(work)
    return Nothing()
