# SPDX-License-Identifier: MIT
"""What a decoy's web server has to show: planted files, made from its seed, so that no two decoys show the same."""

import gzip
from dataclasses import dataclass, field
from datetime import UTC, datetime

from decnet.domain.persona import Persona

_TYPES = {
    "html": "text/html", "txt": "text/plain", "css": "text/css", "js": "application/javascript", "ico": "image/x-icon",
    "gz": "application/x-gzip", "zip": "application/zip", "xml": "text/xml", "json": "application/json",
}  # fmt: skip
_TYPES_OF = {"nginx": {"gz": "application/octet-stream"}, "apache": {"ico": "image/vnd.microsoft.icon"}}
_DAY = 86_400
_WELCOME = """<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
    body {
        width: 35em;
        margin: 0 auto;
        font-family: Tahoma, Verdana, Arial, sans-serif;
    }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>
</body>
</html>
"""
_WORKS = "<html><body><h1>It works!</h1></body></html>\n"


@dataclass(frozen=True, kw_only=True)
class Page:
    """A planted file; ``modified`` is in seconds since the epoch."""

    content: bytes
    modified: int
    content_type: str


@dataclass
class Site:
    """Planted files by their path; folders follow from them. ``protected`` folders ask for a password."""

    server: str = "nginx"
    pages: dict[str, Page] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()

    def add(self, path: str, content: bytes | str, modified: int) -> None:
        """Plant a file."""
        data = content.encode() if isinstance(content, str) else content
        suffix = path.rpartition("/")[2].rpartition(".")[2]
        types = _TYPES | _TYPES_OF[self.server]
        self.pages[path] = Page(content=data, modified=modified, content_type=types.get(suffix, "application/octet-stream"))

    def is_folder(self, path: str) -> bool:
        """Whether a path without its last slash is a folder."""
        return path == "" or any(name.startswith(path + "/") for name in self.pages)

    def entries(self, folder: str) -> list[tuple[str, Page | None]]:
        """Return the names in a folder (its path ends with a slash), folders with a slash and without a page."""
        names: dict[str, Page | None] = {}
        for path, page in self.pages.items():
            if path.startswith(folder) and not path[len(folder) :].startswith(".ht"):
                name, slash, _ = path[len(folder) :].partition("/")
                names[name + slash] = None if slash else page
        return sorted(names.items())

    def is_under(self, path: str, places: tuple[str, ...]) -> bool:
        """Whether ``path`` is one of ``places`` or below it."""
        return any(path == place or path.startswith(place.removesuffix("/") + "/") for place in places)


def plant(persona: Persona, *, server: str) -> Site:
    """Return the site of a decoy; ``server`` is ``nginx`` or ``apache``."""
    installed = persona.booted_at - persona.between("http installed", 30, 700) * _DAY
    changed = min(persona.booted_at, installed + persona.between("http changed", 1, 29) * _DAY)
    forbidden = ("/server-status", "/server-info") if server == "apache" else ("/nginx_status",)
    site = Site(server=server, protected=("/admin",) if server == "apache" else ("/admin/",), forbidden=forbidden)
    index = "/index.nginx-debian.html" if server == "nginx" else "/index.html"
    site.add(index, _WELCOME if server == "nginx" else _WORKS, installed)
    backups = persona.choose("http backups", ("/backup/", "/backups/", "/old/", "/bak/", "/dump/"))
    site.add("/robots.txt", f"User-agent: *\nDisallow: /admin/\nDisallow: {backups}\n", changed)
    site.add("/favicon.ico", _icon(persona), installed)
    site.add("/admin/index.html", f"<html><head><title>{persona.hostname}</title></head><body></body></html>\n", changed)
    _plant_backups(site, persona, backups, changed)
    if persona.between("http repository", 0, 1):
        _plant_repository(site, persona, changed)
    return site


def _plant_backups(site: Site, persona: Persona, folder: str, changed: int) -> None:
    """Plant archives that look worth a download."""
    name = persona.choose("http database", ("customers", "intranet", "shop", "inventory", "crm", "wiki", "tickets"))
    day = datetime.fromtimestamp(changed, UTC).strftime("%Y%m%d")
    password = persona.derive("http database password", 9).hex()
    dump = f"-- Host: localhost    Database: {name}\n-- Dumped on {persona.hostname}\nUSE `{name}`;\n"
    site.add(f"{folder}{name}-{day}.sql.gz", gzip.compress(dump.encode(), mtime=changed), changed)
    site.add(
        f"{folder}{name}.conf.txt",
        f"[database]\nhost = 127.0.0.1\nname = {name}\nuser = {name}\npassword = {password}\n",
        changed,
    )


def _plant_repository(site: Site, persona: Persona, changed: int) -> None:
    """Plant the traces of a repository that was deployed with the site."""
    branch = persona.choose("http branch", ("main", "master", "production"))
    site.add("/.git/HEAD", f"ref: refs/heads/{branch}\n", changed)
    site.add(
        "/.git/config",
        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
        f'[remote "origin"]\n\turl = git@git.{persona.domain}:web/{persona.hostname}.git\n',
        changed,
    )


def _icon(persona: Persona) -> bytes:
    """Return a 16 x 16 icon of one colour of the decoy's own."""
    blue, green, red = persona.derive("http icon", 3)
    header = (40).to_bytes(4, "little") + (16).to_bytes(4, "little") + (32).to_bytes(4, "little") + b"\1\0\x20\0" + bytes(24)
    image = header + bytes((blue, green, red, 255)) * 256 + bytes(64)
    return b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + len(image).to_bytes(4, "little") + (22).to_bytes(4, "little") + image
