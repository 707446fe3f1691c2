# SPDX-License-Identifier: MIT
"""The login of a WordPress that Apache serves beside its default page: the door that everybody tries."""

from html import escape

from decnet.domain.persona import Persona
from decnet.lures.http import form
from decnet.lures.http.message import Answer, Received

_PHP = {"11": "7.4.33", "12": "8.2.29", "13": "8.4.11"}
_FAULT = """<?xml version="1.0" encoding="UTF-8"?>
<methodResponse>
  <fault>
    <value>
      <struct>
        <member>
          <name>faultCode</name>
          <value><int>403</int></value>
        </member>
        <member>
          <name>faultString</name>
          <value><string>Incorrect username or password.</string></value>
        </member>
      </struct>
    </value>
  </fault>
</methodResponse>
"""


class WordPress:
    """The parts of a WordPress that need no database."""

    def __init__(self, persona: Persona) -> None:
        self._php = ("X-Powered-By", f"PHP/{_PHP.get(persona.os_version, '7.4.33')}")
        self._owner = persona.domain.partition(".")[0].capitalize() or persona.hostname

    def answer(self, request: Received) -> Answer | None:
        """Return the answer to a request that is WordPress' own; None for the rest."""
        if request.path == "/wp-login.php":
            return self._login(request)
        if request.path in ("/wp-admin", "/wp-admin/", "/wp-admin/index.php"):
            site, quoted = f"{request.scheme}://{request.host}", f"{request.scheme}%3A%2F%2F{request.host}"
            location = f"{site}/wp-login.php?redirect_to={quoted}%2Fwp-admin%2F&reauth=1"
            return self._page(302, "", [("Location", location)])
        return self._remote_call(request) if request.path == "/xmlrpc.php" else None

    def _login(self, request: Received) -> Answer:
        """Show the form, and after a try what was wrong with it."""
        cookie = ("Set-Cookie", "wordpress_test_cookie=WP%20Cookie%20check; path=/")
        found = form.search(request.head.value(b"content-type"), request.body) if request.method == "POST" else None
        name = found.names[0].decode("utf-8", "replace")[:200] if found and found.names else ""
        words = ""
        if found:
            reason = f"The password you entered for the username <strong>{escape(name)}</strong> is incorrect."
            words = f'<div id="login_error"><strong>Error:</strong> {reason}</div>' if name else ""
        return self._page(
            200,
            '<!DOCTYPE html>\n<html lang="en-US">\n<head>\n'
            '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />\n'
            f"<title>Log In &lsaquo; {escape(self._owner)} &#8212; WordPress</title>\n</head>\n"
            f'<body class="login no-js login-action-login wp-core-ui locale-en-us">\n<div id="login">\n{words}'
            '<form name="loginform" id="loginform" action="/wp-login.php" method="post">\n'
            f'<input type="text" name="log" id="user_login" value="{escape(name)}" />\n'
            '<input type="password" name="pwd" id="user_pass" />\n'
            '<input type="submit" name="wp-submit" id="wp-submit" value="Log In" />\n'
            '<input type="hidden" name="testcookie" value="1" />\n</form>\n</div>\n</body>\n</html>\n',
            [cookie, ("X-Frame-Options", "SAMEORIGIN")],
        )

    def _remote_call(self, request: Received) -> Answer:
        """Refuse every call of XML-RPC that logs in."""
        if request.method != "POST":
            answer = self._page(405, "XML-RPC server accepts POST requests only.", [("Allow", "POST")])
            answer.content_type = "text/plain;charset=UTF-8"
            return answer
        return Answer(status=200, body=_FAULT.encode(), content_type="text/xml; charset=UTF-8", fields=[self._php])

    def _page(self, status: int, page: str, fields: list[tuple[str, str]]) -> Answer:
        """Return a page with the fields that keep it out of caches."""
        never = [("Expires", "Wed, 11 Jan 1984 05:00:00 GMT"), ("Cache-Control", "no-cache, must-revalidate, max-age=0")]
        return Answer(
            status=status, body=page.encode(), content_type="text/html; charset=UTF-8", fields=[self._php, *never, *fields]
        )
