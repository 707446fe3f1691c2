# SPDX-License-Identifier: MIT
"""A login portal: a web application of the decoy's own, with a form, a session cookie and a refusal that says so."""

import time
from dataclasses import dataclass
from html import escape

from decnet.domain.persona import Persona
from decnet.lures.http import form
from decnet.lures.http.message import Answer, Received
from decnet.lures.http.options import HttpOptions

_PRODUCTS = ("Backup Console", "Asset Inventory", "Remote Support", "Mail Archive", "Service Desk", "Network Management")
_LIFETIME_SECONDS = 3600
_MAX_SESSIONS = 256
_STYLE = (
    "body{{font-family:sans-serif;background:#{0};margin:0}}main{{width:22em;margin:12vh auto;background:#fff;padding:2em;"
    "border-top:4px solid #{1}}}label{{display:block;margin:1em 0 .2em}}input{{width:100%;padding:.5em;box-sizing:border-box}}"
    "button{{margin-top:1.5em;padding:.6em 2em;background:#{1};color:#fff;border:0}}.error{{color:#b00020}}footer{{color:#888;"
    "font-size:.8em;margin-top:2em}}\n"
)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the portal calls itself."""

    product: str
    version: str
    owner: str
    cookie: str
    user_field: str
    style: str


class Portal:
    """The portal of one decoy; planted accounts open it where the options say so."""

    def __init__(self, persona: Persona, options: HttpOptions) -> None:
        self._persona = persona
        accounts = options.accounts if options.accept == "planted" else ()
        self._accounts = {tuple(account.partition(":")[::2]) for account in accounts}
        self._sessions: dict[str, float] = {}
        product = persona.choose("portal product", _PRODUCTS)
        numbers = [persona.between(f"portal version {part}", *bounds) for part, bounds in enumerate(((2, 9), (0, 12), (0, 30)))]
        colours = persona.derive("portal colours", 3).hex()
        self.look = Look(
            product=product,
            version=".".join(map(str, numbers)),
            owner=persona.domain.partition(".")[0].capitalize() or persona.hostname,
            cookie=persona.choose("portal cookie", ("SESSIONID", "sid", "session", "JSESSIONID", product[0] + "SID")),
            user_field=persona.choose("portal field", ("username", "user", "login")),
            style=_STYLE.format("e9edf1", colours),
        )

    def answer(self, request: Received) -> Answer | None:
        """Return the answer to a request that is the portal's; None for the rest."""
        routes = {
            "/": self._home,
            "/login": self._login,
            "/logout": self._logout,
            "/api/login": self._api,
            "/assets/style.css": self._css,
        }
        route = routes.get(request.path)
        return route(request) if route else None

    def _home(self, request: Received) -> Answer:
        """Show what is behind the login, or lead to it."""
        if not self._is_open(request):
            return Answer(status=302, is_page=True, parameter="/login", fields=[("Location", "/login")])
        words = f"<h1>{self.look.product}</h1><p>No open tasks.</p><p><a href='/logout'>Sign out</a></p>"
        return self._page(200, words)

    def _login(self, request: Received) -> Answer:
        """Show the form; judge what it sends."""
        if request.method in ("GET", "HEAD"):
            return self._form("")
        if request.method != "POST":
            return Answer(status=405, is_page=True, parameter=request.method)
        if not self._matches(request):
            return self._form('<p class="error">Invalid user name or password.</p>')
        return Answer(
            status=302,
            is_page=True,
            parameter="/",
            accepted=True,
            fields=[("Location", "/"), ("Set-Cookie", self._open_session())],
        )

    def _api(self, request: Received) -> Answer:
        """Judge a login of a program."""
        if request.method != "POST":
            return Answer(status=405, is_page=True, parameter=request.method)
        if not self._matches(request):
            return Answer(status=401, body=b'{"error":"invalid_credentials"}\n', content_type="application/json")
        cookie = ("Set-Cookie", self._open_session())
        return Answer(status=200, body=b'{"status":"ok"}\n', content_type="application/json", accepted=True, fields=[cookie])

    def _logout(self, request: Received) -> Answer:
        """Forget a session."""
        for cookie in self._cookies(request):
            self._sessions.pop(cookie, None)
        gone = ("Set-Cookie", f"{self.look.cookie}=; Path=/; Max-Age=0; HttpOnly")
        return Answer(status=302, is_page=True, parameter="/login", fields=[("Location", "/login"), gone])

    def _css(self, request: Received) -> Answer:
        """Return the style sheet."""
        del request
        changed = self._persona.booted_at - self._persona.between("portal installed", 1, 300) * 86400
        return Answer(status=200, body=self.look.style.encode(), content_type="text/css", modified=changed)

    def _form(self, words: str) -> Answer:
        """Return the page with the form."""
        look = self.look
        return self._page(
            200,
            f"<h1>{escape(look.product)}</h1><p>{escape(look.owner)}</p>{words}"
            '<form method="post" action="/login"><label for="u">User name</label>'
            f'<input id="u" name="{look.user_field}" autofocus>'
            '<label for="p">Password</label><input id="p" name="password" type="password"><button>Sign in</button></form>',
        )

    def _page(self, status: int, words: str) -> Answer:
        """Return a page of the portal."""
        look = self.look
        page = (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>{escape(look.owner)} - {escape(look.product)}</title>"
            f'<link rel="stylesheet" href="/assets/style.css"></head><body><main>{words}'
            f"<footer>{escape(look.product)} {look.version}</footer></main></body></html>\n"
        )
        return Answer(
            status=status, body=page.encode(), content_type="text/html; charset=utf-8", fields=[("Cache-Control", "no-store")]
        )

    def _matches(self, request: Received) -> bool:
        """Whether a request carries a planted account."""
        found = form.search(request.head.value(b"content-type"), request.body)
        pairs = {
            (name.decode("utf-8", "replace"), secret.decode("utf-8", "replace"))
            for name in found.names[:2]
            for secret in found.secrets[:2]
        }
        return bool(pairs & self._accounts)

    def _open_session(self) -> str:
        """Begin a session and return its cookie; the oldest makes room."""
        token = self._persona.derive(f"portal session {time.time_ns()}", 16).hex()
        self._sessions[token] = time.time() + _LIFETIME_SECONDS
        if len(self._sessions) > _MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return f"{self.look.cookie}={token}; Path=/; HttpOnly; SameSite=Lax"

    def _is_open(self, request: Received) -> bool:
        """Whether a request belongs to a session."""
        return any(self._sessions.get(cookie, 0) > time.time() for cookie in self._cookies(request))

    def _cookies(self, request: Received) -> list[str]:
        """Return the values of the portal's cookie."""
        pairs = [pair.strip().partition(b"=") for value in request.head.values(b"cookie") for pair in value.split(b";")]
        return [value.decode("latin-1") for name, _, value in pairs if name == self.look.cookie.encode()]
