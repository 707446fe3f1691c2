# SPDX-License-Identifier: MIT
"""Captured files leave as attachments, whole, and whoever fetched one is remembered."""

import hashlib

from decnet.domain.evidence import File
from decnet.store import blobs
from tests.support.apis import Served, problem_of
from tests.support.spools import origin


def capture(served: Served, content: bytes) -> str:
    """Store a captured file and return its sha256."""
    writer = served.store.spooled().open()
    captured = writer.capture()
    captured.write(content)
    blob = captured.finish()
    writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=blob.sha256, size=blob.size))
    writer.close()
    served.store.bring()
    return blob.sha256


async def test_file_is_sent_as_it_was_captured(served: Served) -> None:
    content = bytes(range(256)) * 3000
    sha256 = capture(served, content)
    response = await (await served.operator()).get(f"/blobs/{sha256}")
    assert hashlib.sha256(response.content).hexdigest() == sha256
    assert response.headers["content-length"] == str(len(content))
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"] == f'attachment; filename="{sha256}.bin"'
    assert response.headers["x-content-type-options"] == "nosniff"
    entries = (await (await served.admin()).get("/audit")).json()["items"]
    assert ("file fetched", sha256) in [(entry["action"], entry["subject"]) for entry in entries]


async def test_file_that_is_gone_changed_or_none_is_not_sent(served: Served) -> None:
    sha256 = capture(served, b"captured")
    path = blobs.path_of(served.store.config.paths.blobs, served.store.box.blob_name(sha256))
    client = await served.operator()
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert problem_of(await client.get(f"/blobs/{sha256}"), 503) == "damaged"
    path.unlink()
    assert problem_of(await client.get(f"/blobs/{sha256}"), 404) == "not-found"
    assert problem_of(await client.get("/blobs/..%2f..%2fetc%2fpasswd"), 404) == "not-found"
    assert problem_of(await client.get("/blobs/XYZ"), 422) == "not-valid"
