# SPDX-License-Identifier: MIT
"""Errors as the API tells them: problem details (RFC 9457), each kind with a name of its own."""

import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from decnet.api.answer import Json
from decnet.domain.captured import harmless
from decnet.errors import (
    DamagedError,
    DecnetError,
    DiskFullError,
    HostError,
    InUseError,
    NotFoundError,
    NotRunningError,
    PlanError,
)

log = logging.getLogger(__name__)

_PREFIX: Final = "urn:decnet:problem:"
_LONGEST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """Something that is wrong with a request: where (``query.limit``, ``body.role``), and what."""

    where: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error; ``remedy`` says what to do next and may be empty, ``errors`` is filled where a request is not valid."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str = ""
    errors: list[Mistake] = field(default_factory=list)


class ProblemJson(Json):
    """An answer that is a problem."""

    media_type: ClassVar[str] = "application/problem+json"  # type: ignore[misc]  # the base has one for each answer


class Refusal(Exception):  # noqa: N818 - a request is refused, nothing went wrong here
    """Ends a request with a problem."""

    def __init__(
        self, kind: str, status: int, detail: str, *, remedy: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.headers = dict(headers or {})
        self.problem = Problem(
            type=_PREFIX + kind, title=kind.replace("-", " ").capitalize(), status=status, detail=detail, remedy=remedy
        )


_OF_STATUS: Final = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "not-valid",
    500: "internal",
}
_OF_ERROR: Final = (
    (NotFoundError, "not-found", 404),
    (PlanError, "not-valid", 422),
    (InUseError, "conflict", 409),
    (NotRunningError, "unavailable", 503),
    (DiskFullError, "unavailable", 503),
    (HostError, "unavailable", 503),
    (DamagedError, "damaged", 503),
)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how these statuses are described in the OpenAPI document."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {ProblemJson.media_type: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> ProblemJson:
    """Return a problem as an answer."""
    return ProblemJson(problem, problem.status, dict(headers or {}))


def refusal_of(error: DecnetError) -> Refusal:
    """Return what the API says of an error of ours; that another process holds the store is no conflict with who asks."""
    is_held = isinstance(error, InUseError) and isinstance(error.__cause__, sqlite3.Error)
    kinds = ((kind, status) for type_, kind, status in _OF_ERROR if isinstance(error, type_) and not is_held)
    kind, status = next(kinds, ("unavailable", 503))
    return Refusal(kind, status, error.message, remedy=error.remedy)


def register(app: FastAPI) -> None:
    """Have every error of ``app`` told as a problem."""
    app.add_exception_handler(Refusal, _tell_refusal)
    app.add_exception_handler(DecnetError, _tell_error)
    app.add_exception_handler(RequestValidationError, _tell_mistakes)
    app.add_exception_handler(HTTPException, _tell_status)
    app.add_exception_handler(Exception, _tell_failure)


async def _tell_refusal(_: Request, error: Exception) -> ProblemJson:
    """Tell why a request was refused."""
    assert isinstance(error, Refusal)  # noqa: S101 - registered for it; tells mypy
    return answer(error.problem, error.headers)


async def _tell_error(request: Request, error: Exception) -> ProblemJson:
    """Tell an error of ours; what is the host's fault is in the log, too."""
    assert isinstance(error, DecnetError)  # noqa: S101 - registered for it; tells mypy
    refusal = refusal_of(error)
    if refusal.problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s cannot be answered: %s", _route_of(request), harmless(error.message))
    return answer(refusal.problem)


async def _tell_mistakes(_: Request, error: Exception) -> ProblemJson:
    """Tell what is wrong with a request, but not what it said: that may have been a password."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it; tells mypy
    found = [
        Mistake(where=".".join(str(part) for part in mistake["loc"])[:_LONGEST], message=str(mistake["msg"])[:_LONGEST])
        for mistake in error.errors()
    ]
    detail = "; ".join(f"{mistake.where}: {mistake.message}" for mistake in found)
    return answer(Problem(type=_PREFIX + "not-valid", title="Not valid", status=422, detail=detail, errors=found))


async def _tell_status(_: Request, error: Exception) -> ProblemJson:
    """Tell what the framework refuses: there is no such route, or no such method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it; tells mypy
    refusal = Refusal(_OF_STATUS.get(error.status_code, "bad-request"), error.status_code, str(error.detail))
    return answer(refusal.problem, error.headers)


async def _tell_failure(request: Request, error: Exception) -> ProblemJson:
    """Tell that something is wrong with us, and nothing more; the log says the rest."""
    log.error("%s failed", _route_of(request), exc_info=error)
    return answer(Refusal("internal", 500, "something is wrong here", remedy="look into the log of api").problem)


def _route_of(request: Request) -> str:
    """Return which route a request is for; its path may hold anything."""
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', '?')}"
