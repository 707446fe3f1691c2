# SPDX-License-Identifier: MIT
"""Names and secrets are found in bodies of every type, and no secret stays in the text."""

import pytest

from decnet.lures.http.form import search

MULTIPART = (
    b'--B\r\nContent-Disposition: form-data; name="user"\r\n\r\nroot\r\n'
    b'--B\r\nContent-Disposition: form-data; name="password"\r\n\r\nhunter2\r\n'
    b'--B\r\nContent-Disposition: form-data; name="f"; filename="x.php"\r\n\r\n<?php ?>\r\n--B--\r\n'
)
XML = (
    b"<methodCall><methodName>wp.getUsersBlogs</methodName><params><param><value><string>root</string></value></param>"
    b"<param><value><string>hunter2</string></value></param></params></methodCall>"
)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (b"application/x-www-form-urlencoded", b"username=root&password=hunter2&x=1"),
        (b"text/plain", b"user=root;passwd=hunter2"),
        (b"application/json", b'{"a": {"username": "root", "password": "hunter2"}'),
        (b"multipart/form-data; boundary=B", MULTIPART),
        (b"text/xml", XML),
    ],
)
def test_login_is_found_and_its_secret_taken_out(content_type: bytes, body: bytes) -> None:
    found = search(content_type, body)
    assert (found.names, found.secrets) == ([b"root"], [b"hunter2"])
    assert b"hunter2" not in found.redacted


def test_uploads_of_a_form_are_found_whole() -> None:
    (upload,) = search(b"multipart/form-data; boundary=B", MULTIPART).uploads
    assert (upload.filename, upload.data) == (b"x.php", b"<?php ?>")


def test_encoded_secret_is_decoded() -> None:
    assert search(b"", b"password=a%20b%26c+d").secrets == [b"a b&c d"]
