# SPDX-License-Identifier: MIT
"""The application: all routes below ``/api/v1``, and the document that describes them."""

from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from decnet.api import errors
from decnet.api.answer import Json
from decnet.api.deps import COOKIE, Viewer
from decnet.api.desk import Desk
from decnet.api.errors import Problem, documented
from decnet.api.gate import Gate
from decnet.api.routes import (
    attackers,
    audit,
    blobs,
    decoys,
    events,
    evidence,
    health,
    me,
    services,
    sessions,
    tokens,
    touches,
    users,
)
from decnet.version import VERSION

PREFIX: Final = "/api/v1"
ROUTERS: Final = (
    health.router,
    me.router,
    evidence.router,
    sessions.router,
    blobs.router,
    attackers.router,
    touches.router,
    decoys.router,
    services.router,
    users.router,
    tokens.router,
    audit.router,
    events.router,
)
_OPEN: Final = frozenset({"/health", "/login"})
_QUIET: Final = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False}


def make_app(desk: Desk | None = None) -> FastAPI:
    """Return the application; without a desk only its document can be had."""
    app = FastAPI(
        title="decnet",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_QUIET,  # type: ignore[arg-type]  # a TypedDict whose module is not public
    )
    app.state.desk = desk
    for router in (*ROUTERS, _document(app)):
        app.include_router(router, prefix=PREFIX)
    errors.register(app)
    app.add_middleware(Gate)
    return app


def document_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document."""
    found = get_openapi(
        title="decnet",
        version=VERSION,
        routes=app.routes,
        description="What decnet knows, and what it can be told to do. Errors are problem details (RFC 9457).",
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = TypeAdapter(Problem).json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}), Problem=problem)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "token": {"type": "http", "scheme": "bearer"},
    }
    for path, methods in found["paths"].items():
        for operation in methods.values():
            _complete(operation, is_open=path.removeprefix(PREFIX) in _OPEN)
    return found


def _complete(operation: dict[str, Any], *, is_open: bool) -> None:
    """Say of an operation what the framework does not know: who may use it, and that its mistakes are problems as well."""
    if not is_open:
        operation["security"] = [{"cookie": []}, {"token": []}]
    if "422" in operation["responses"]:
        operation["responses"] |= {"422": documented(422)[422]}


def _document(app: FastAPI) -> APIRouter:
    """Return the route of the document."""
    router = APIRouter(tags=["health"])

    @router.get("/openapi.json", responses=documented(400, 401, 403, 503))
    async def openapi(_: Viewer) -> dict[str, Any]:
        """Return the OpenAPI document of this version."""
        return Json(document_of(app))  # type: ignore[return-value]  # an answer is sent as it is

    return router
