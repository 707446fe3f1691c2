# SPDX-License-Identifier: MIT
"""Which answer a well-formed request gets: an application's, a password prompt, a listing, a file, or none."""

from http import HTTPStatus

from decnet.domain.persona import Persona
from decnet.lures.http.apache import Apache
from decnet.lures.http.challenge import challenge
from decnet.lures.http.listing import draw
from decnet.lures.http.message import Answer, Received
from decnet.lures.http.nginx import Nginx
from decnet.lures.http.options import HttpOptions
from decnet.lures.http.portal import Portal
from decnet.lures.http.selection import select
from decnet.lures.http.site import Page, Site
from decnet.lures.http.wordpress import WordPress

_INDEX = ("index.html", "index.nginx-debian.html")


class Resources:
    """Finds the answer to a request on one decoy."""

    def __init__(
        self, persona: Persona, options: HttpOptions, server: Nginx | Apache, site: Site, application: Portal | WordPress | None
    ) -> None:
        self.site = site
        self._persona = persona
        self._options = options
        self._server = server
        self._application = application

    def answer(self, request: Received) -> Answer:
        """Return the answer; conditions and ranges are applied."""
        if request.head.target == b"*":
            return Answer(status=200)
        answer = self._special(request) or self._static(request)
        if answer.modified is not None:
            etag = ("ETag", self._server.etag(answer.modified, len(answer.body)))
            answer = select(self._server, request.head, answer)
            if answer.modified is not None and not (answer.is_page and isinstance(self._server, Nginx)):
                answer.fields.insert(0, etag)
            if answer.status == HTTPStatus.OK:
                answer.fields.insert(1, ("Accept-Ranges", "bytes"))
        return answer

    def _special(self, request: Received) -> Answer | None:
        """Return the answer of what is no file: refusals, the application."""
        if self._options.authentication != "none" and self.site.is_under(request.path, self.site.protected):
            value = challenge(self._persona, self._options)
            return Answer(status=401, is_page=True, fields=[("WWW-Authenticate", value)])
        unknown = self._server.unknown_method(request.method) if isinstance(self._server, Apache) else None
        if unknown:
            return unknown
        if self.site.is_under(request.path, self.site.forbidden):
            return Answer(status=403, is_page=True)
        return self._application.answer(request) if self._application else None

    def _static(self, request: Received) -> Answer:
        """Return a planted file, a listing, a redirection, or what is said where there is none."""
        path = request.path
        server = self._server
        if isinstance(server, Apache):
            refused = server.judge_method(request.method)
            if refused:
                page = self._page(path)
                refused.content_type = page.content_type if page and refused.status == HTTPStatus.OK else ""
                return refused
        if b"%00" in request.head.path or (server.lists_folders and b"%2f" in request.head.path.lower()):
            return Answer(status=404, is_page=True)
        page = self._page(path)
        if page:
            refused = server.judge_method(request.method)
            return refused or Answer(status=200, body=page.content, content_type=page.content_type, modified=page.modified)
        return self._folder(request)

    def _folder(self, request: Received) -> Answer:
        """Return the answer for a folder, or for nothing at all."""
        path = request.path
        if not self.site.is_folder(path.rstrip("/")):
            return self._server.missing(path)
        if not path.endswith("/"):
            return self._server.redirect(request, path + "/")
        if isinstance(self._server, Apache) and request.method in ("GET", "HEAD"):
            body = draw(self._server, self.site, request)
            return Answer(status=200, body=body, content_type="text/html;charset=UTF-8", fields=[("Vary", "Accept-Encoding")])
        return self._server.missing(path) if isinstance(self._server, Apache) else Answer(status=403, is_page=True)

    def _page(self, path: str) -> Page | None:
        """Return the file at a path, the index of a folder included."""
        if not path.endswith("/"):
            return self.site.pages.get(path)
        return next((self.site.pages[path + name] for name in _INDEX if path + name in self.site.pages), None)
