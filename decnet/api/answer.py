# SPDX-License-Identifier: MIT
"""What an answer is made of: JSON by orjson, and headers that keep it to whoever asked."""

from typing import Any, Final

import orjson
from fastapi import Response

_OPTIONS: Final = orjson.OPT_UTC_Z
NO_STORE: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""What is in every answer: evidence belongs into no cache, and captured bytes are never guessed to be a page."""


class Json(Response):
    """An answer of dataclasses, lists and texts; attackers' text is in the form of ``decnet.domain.captured``."""

    media_type = "application/json"

    def __init__(self, content: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(content, status_code, NO_STORE | (headers or {}))

    def render(self, content: Any) -> bytes:
        """Return the bytes of the body."""
        return orjson.dumps(content, option=_OPTIONS)


class Nothing(Response):
    """An answer without a body."""

    def __init__(self) -> None:
        super().__init__(status_code=204, headers=NO_STORE)
