# SPDX-License-Identifier: MIT
"""The files that a page names: read once, named by their content, so that a browser may keep them for good."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from decnet.errors import ConfigError
from decnet.web.protection import RefusedError

STATIC: Final = Path(__file__).parent / "static"
TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
OF_OTHERS: Final = ("htmx.min.js", "hx-sse.min.js", "uPlot.iife.min.js", "uPlot.min.css")
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file; ``url`` changes with its content."""

    content: bytes
    type: str
    url: str


class Assets:
    """All files of the dashboard; a name that is not among them is no file, whatever it says."""

    def __init__(self, folder: Path = STATIC) -> None:
        files = [path for path in (*folder.glob("*"), *folder.glob("vendor/*")) if path.suffix in TYPES]
        self._files = {path.name: _asset(path) for path in files}
        missing = [name for name in OF_OTHERS if name not in self._files]
        if missing:
            raise ConfigError(f"the dashboard lacks {', '.join(missing)} in {folder / 'vendor'}", remedy="scripts/assets")

    def url(self, name: str) -> str:
        """Return where a page finds a file."""
        return self._files[name].url

    async def serve(self, request: Request) -> Response:
        """Answer with a file."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise RefusedError(404, "There is no such file.")
        return Response(file.content, media_type=file.type, headers={"cache-control": _FOR_GOOD})


def _asset(path: Path) -> Asset:
    """Read one file."""
    content = path.read_bytes()
    return Asset(content, TYPES[path.suffix], f"/static/{path.name}?{hashlib.sha256(content).hexdigest()[:12]}")
