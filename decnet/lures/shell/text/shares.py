# SPDX-License-Identifier: MIT
"""What lies about on a machine that serves files by ftp: its settings, the public folder, and what people keep at home."""

from decnet.lures.ftp.settings import ANONYMOUS_ROOT, INCOMING, drawn_umask, draws_anonymous
from decnet.lures.shell.facts import DAY, Facts
from decnet.lures.shell.text.home import password

_REFUSED = ("daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "nobody")
_FIRMS = ("Hansen", "Weber", "Lindner", "Petersen", "Krause", "Vogel", "Brandt", "Seidel", "Arndt", "Maurer")
_FORMS = ("GmbH", "KG", "AG", "& Co.", "e.K.")
_THINGS = ("laptop", "switch", "printer", "monitor", "access point", "ups", "scanner", "phone")
_TOPICS = ("offer", "invoice", "contract", "minutes", "inventory", "rota")


def vsftpd_conf(facts: Facts) -> str:
    """Return /etc/vsftpd.conf, the remarks of the package left out by somebody tidy."""
    anonymous = draws_anonymous(facts.persona)
    mask = drawn_umask(facts.persona)
    uploads = f"anon_upload_enable=YES\nanon_root={ANONYMOUS_ROOT}\n" if anonymous else ""
    return (
        f"listen=NO\nlisten_ipv6=YES\nanonymous_enable={'YES' if anonymous else 'NO'}\nlocal_enable=YES\nwrite_enable=YES\n"
        + (f"local_umask=0{mask:o}\n" if mask != 0o77 else "")
        + uploads
        + "dirmessage_enable=YES\nuse_localtime=YES\nxferlog_enable=YES\nconnect_from_port_20=YES\n"
        "secure_chroot_dir=/var/run/vsftpd/empty\npam_service_name=vsftpd\nssl_enable=NO\n"
    )


def customers(facts: Facts, purpose: str) -> str:
    """Return a list of customers that nobody has."""
    persona = facts.persona
    lines = ["no;name;since;turnover"]
    for number in range(persona.between(f"{purpose} rows", 8, 30)):
        firm = f"{persona.choose(f'{purpose} firm {number}', _FIRMS)} {persona.choose(f'{purpose} form {number}', _FORMS)}"
        year, sum_ = (
            persona.between(f"{purpose} year {number}", 2004, 2023),
            persona.between(f"{purpose} sum {number}", 900, 95_000),
        )
        lines.append(f"{10_000 + 7 * number};{firm};{year};{sum_}.00")
    return "\r\n".join(lines) + "\r\n"


def inventory(facts: Facts) -> str:
    """Return what stands in the offices."""
    persona = facts.persona
    rows = [
        f"{persona.choose(f'thing {number}', _THINGS)}\troom {persona.between(f'room {number}', 101, 320)}\t"
        f"{persona.between(f'tag {number}', 20_000, 29_999)}"
        for number in range(persona.between("things", 6, 25))
    ]
    return "\n".join(rows) + "\n"


def logins(facts: Facts) -> str:
    """Return the note that should not be there."""
    base = facts.address.rsplit(".", 1)[0]
    return (
        f"router     {base}.1   admin / {password(facts, 'router')}\n"
        f"nas        {base}.{facts.persona.between('nas address', 10, 60)}  backup / {password(facts, 'nas')}\n"
        f"intranet   http://{facts.domain_name}/  {facts.administrator} / {password(facts, 'intranet web')}\n"
    )


def files(facts: Facts) -> dict[str, tuple[str, int, int]]:
    """Return path, text, mode and owner of the settings and of what everybody may fetch."""
    persona = facts.persona
    year = persona.between("share year", 2019, 2023)
    pub = f"{ANONYMOUS_ROOT}/pub"
    refused = "# /etc/ftpusers: list of users disallowed FTP access. See ftpusers(5).\n\n" + "\n".join(_REFUSED) + "\n"
    listed = persona.choose("public file", ("price-list", "catalogue", "members"))
    return {
        "/etc/vsftpd.conf": (vsftpd_conf(facts), 0o644, 0),
        "/etc/ftpusers": (refused, 0o644, 0),
        f"{pub}/README.txt": (f"Files of {facts.hostname}.{persona.domain or 'lan'}. Uploads go to /{INCOMING}.\n", 0o644, 0),
        f"{pub}/{listed}-{year}.csv": (customers(facts, "public"), 0o644, 0),
        f"{pub}/inventory.txt": (inventory(facts), 0o644, 0),
    }


def home_files(facts: Facts, name: str) -> dict[str, tuple[str, float]]:
    """Return name, text and time of what somebody keeps in his home."""
    persona = facts.persona
    found = {
        f"customers-{persona.between(f'{name} year', 2018, 2023)}.csv": customers(facts, name),
        f"{persona.choose(f'{name} topic', _TOPICS)}-{persona.between(f'{name} number', 100, 999)}.txt": inventory(facts),
    }
    if persona.between(f"{name} note", 0, 1):
        found["logins.txt"] = logins(facts)
    return {path: (text, facts.installed_at + persona.between(f"{name} {path}", 10, 80) * DAY) for path, text in found.items()}
