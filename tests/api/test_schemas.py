# SPDX-License-Identifier: MIT
"""What the API says is what the store has."""

from dataclasses import fields
from pathlib import Path

from decnet.api import schemas
from decnet.domain.evidence import Credential
from decnet.store import evidence
from tests.support.stores import stored


def test_record_in_a_list_has_no_body_and_no_secret(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.write(Credential(mechanism="password", username="root", accepted=True), secret=b"toor")
        store.bring()
        (found,) = evidence.newest(store.ingest.connection, store.box, limit=1)
        listed, shown = schemas.evidence_of(found), schemas.detail_of(found)
    assert listed.summary == "accepted password of 'root'"
    assert listed.has_secret
    assert shown.body == {"mechanism": "password", "username": "root", "accepted": True, "detail": {}}
    assert "toor" not in repr(shown)
    assert {field.name for field in fields(listed)} < {field.name for field in fields(shown)}
