# SPDX-License-Identifier: MIT
"""Captured files."""

import asyncio
from collections.abc import AsyncIterator
from io import BufferedReader
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import StreamingResponse

from decnet.api.answer import NO_STORE
from decnet.api.deps import DeskOf, Operator
from decnet.api.errors import documented
from decnet.store import blobs

router = APIRouter(prefix="/blobs", tags=["blobs"])
BYTES = "application/octet-stream"
_CHUNK = 1 << 17


class Attachment(StreamingResponse):
    """A file as it is sent: to be kept, never to be shown."""

    media_type = BYTES


@router.get(
    "/{sha256}",
    response_class=Attachment,
    responses={
        200: {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}},
        **documented(400, 401, 403, 404, 422, 503),
    },
)
async def fetch_blob(sha256: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], visitor: Operator, desk: DeskOf) -> Attachment:
    """Send a captured file, which may be hostile; the audit log remembers who fetched it."""
    folder, name, loop = desk.config.paths.blobs, desk.box.blob_name(sha256), asyncio.get_running_loop()
    content, size = await loop.run_in_executor(desk.files, blobs.open_measured, folder, name, desk.keys)
    await desk.pool.write(lambda connection: visitor.note(connection, "file fetched", sha256))
    headers = {"content-length": str(size), "content-disposition": f'attachment; filename="{sha256}.bin"'}
    return Attachment(_sent(desk, content), headers=NO_STORE | headers)


async def _sent(desk: DeskOf, content: BufferedReader) -> AsyncIterator[bytes]:
    """Yield the file in portions."""
    loop = asyncio.get_running_loop()
    try:
        while portion := await loop.run_in_executor(desk.files, content.read, _CHUNK):
            yield portion
    finally:
        content.close()
