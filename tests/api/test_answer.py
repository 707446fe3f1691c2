# SPDX-License-Identifier: MIT
"""Answers are JSON that nobody keeps and nobody guesses to be something else."""

from datetime import UTC, datetime

from decnet.api.answer import Json, Nothing


def test_answer_is_json_with_times_in_utc_and_stays_nowhere() -> None:
    answer = Json({"at": datetime(2026, 1, 2, 3, 4, 5, 6, UTC), "text": "\x00\u202e\uef80"})
    assert answer.body == b'{"at":"2026-01-02T03:04:05.000006Z","text":"\\u0000\xe2\x80\xae\xee\xbe\x80"}'
    for found in (answer, Nothing()):
        assert found.headers["cache-control"] == "no-store"
        assert found.headers["x-content-type-options"] == "nosniff"
    assert Nothing().body == b""
