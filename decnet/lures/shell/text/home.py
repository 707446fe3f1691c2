# SPDX-License-Identifier: MIT
"""What the administrator left lying about: histories, scripts, notes, keys. All of it invented, none of it works elsewhere."""

import base64

from decnet.lures.shell.facts import Facts
from decnet.lures.shell.text.etc import BASHRC, BASHRC_ROOT, LOGOUT, USER_PROFILE
from decnet.lures.sql.dataset import dataset_of

_WORDS = ("Sommer", "Winter", "Hamburg", "Backup", "Server", "Admin", "Welcome", "Falcon")


def password(facts: Facts, purpose: str) -> str:
    """Return a password as such an administrator would choose it."""
    word = facts.persona.choose(f"password {purpose}", _WORDS)
    return f"{word}{facts.persona.between(f'password number {purpose}', 2017, 2024)}!"


def _database(facts: Facts) -> tuple[str, str, int, str, str, str]:
    """Return dump program, host, port, name, user and password of a database: this machine's, or one elsewhere."""
    dataset, software = dataset_of(facts.decoy), facts.persona.software
    own = (dataset.name, dataset.account, dataset.password)
    if "mysql" in software:
        return "mysqldump", "127.0.0.1", facts.daemon("mysql").port, *own
    if "postgresql" in software:
        return "pg_dump", "127.0.0.1", facts.daemon("postgresql").port, *own
    elsewhere = f"db{facts.persona.between('database host', 1, 3):02d}.{facts.persona.domain or 'lan'}"
    return "mysqldump", elsewhere, facts.daemon("mysql").port, "intranet", "intranet", password(facts, "intranet")


def backup_script(facts: Facts) -> str:
    """Return the nightly backup script, with the password of a database in it."""
    program, server, _, name, user, secret = _database(facts)
    dump = f"mysqldump -h {server} -u$DB_USER -p$DB_PASS {name}"
    if program == "pg_dump":
        dump = f"PGPASSWORD=$DB_PASS pg_dump -h {server} -U $DB_USER {name}"
    host = f"nas{facts.persona.between('nas', 1, 3):02d}.{facts.persona.domain or 'lan'}"
    return f"""#!/bin/bash
# nightly backup, called from root's crontab
set -e
DB_USER={user}
DB_PASS='{secret}'
TARGET=backup@{host}:/volume1/{facts.hostname}
STAMP=$(date +%F)

tar czf /var/backups/etc-$STAMP.tar.gz /etc 2>/dev/null
{dump} | gzip > /var/backups/db-$STAMP.sql.gz
rsync -a --delete /var/backups/ $TARGET
find /var/backups -name '*.gz' -mtime +14 -delete
"""


def notes(facts: Facts) -> str:
    """Return the administrator's notes."""
    base = facts.address.rsplit(".", 1)[0]
    return f"""TODO
- ask {facts.persona.choose("colleague", ("Karin", "Olaf", "Bernd", "Silke"))} about the new ups
- certificate of {facts.hostname} runs out in spring
- move old shares to nas02
- switch {base}.2 still has the default login!!
- vpn: pw is the old one + 1
"""


def environment_file(facts: Facts) -> str:
    """Return the settings of a web application."""
    _, host, port, name, user, secret = _database(facts)
    return f"""APP_ENV=production
APP_URL=http://{facts.domain_name}
DB_HOST={host}
DB_PORT={port}
DB_DATABASE={name}
DB_USERNAME={user}
DB_PASSWORD={secret}
MAIL_HOST=mail.{facts.persona.domain or "lan"}
"""


def root_history(facts: Facts) -> str:
    """Return the commands that root typed before."""
    lines = [
        "apt update", "apt upgrade", "reboot", "uptime", "df -h", "cd /var/log", "tail -f syslog",
        "nano /etc/network/interfaces",
        "systemctl restart networking", "ip a", f"ping {facts.gateway}", "crontab -e", "vi /root/backup.sh",
        "chmod 700 /root/backup.sh",
        "./backup.sh", "ls -la /var/backups", "du -sh /var/*", "cat notes.txt", "passwd", "systemctl status ssh",
        "journalctl -xe",
        f"su - {facts.administrator}", "exit",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def user_history(facts: Facts) -> str:
    """Return the commands that the administrator typed under his own name."""
    nas = f"nas{facts.persona.between('nas', 1, 3):02d}"
    return "\n".join(
        (
            "ls",
            "sudo -i",
            f"ssh root@{nas}",
            "df -h",
            "htop",
            "top",
            "cd /srv",
            "ls -la",
            "sudo tail /var/log/syslog",
            "exit",
            "",
        )
    )


def public_key(facts: Facts, comment: str) -> str:
    """Return a line of authorized_keys."""
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0 " + facts.persona.derive(f"key {comment}", 32)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {comment}\n"


def known_hosts(facts: Facts) -> str:
    """Return hashed known hosts."""
    rows = []
    for at in range(facts.persona.between("known", 2, 5)):
        salt, name = (base64.b64encode(facts.persona.derive(f"known {part} {at}", 20)).decode() for part in ("salt", "name"))
        rows.append(f"|1|{salt}|{name} {public_key(facts, f'known {at}').rsplit(' ', 2)[0]}\n")
    return "".join(rows)


def files(facts: Facts) -> dict[str, tuple[str, int, int]]:
    """Return path, text, mode and owner of what people left in their homes and elsewhere."""
    home = f"/home/{facts.administrator}"
    desk = f"{facts.administrator}@{facts.persona.choose('desk', ('thinkpad', 'workstation', 'ws-117', 'laptop'))}"
    return {
        "/root/.bashrc": (BASHRC_ROOT, 0o644, 0),
        "/root/.profile": (USER_PROFILE, 0o644, 0),
        "/root/.bash_history": (root_history(facts), 0o600, 0),
        "/root/.ssh/authorized_keys": (public_key(facts, desk), 0o600, 0),
        "/root/.ssh/known_hosts": (known_hosts(facts), 0o644, 0),
        "/root/backup.sh": (backup_script(facts), 0o700, 0),
        "/root/notes.txt": (notes(facts), 0o644, 0),
        f"{home}/.bashrc": (BASHRC, 0o644, 1000),
        f"{home}/.profile": (USER_PROFILE, 0o644, 1000),
        f"{home}/.bash_logout": (LOGOUT, 0o644, 1000),
        f"{home}/.bash_history": (user_history(facts), 0o600, 1000),
        f"{home}/.ssh/authorized_keys": (public_key(facts, desk), 0o600, 1000),
        "/var/spool/cron/crontabs/root": (
            "# m h  dom mon dow   command\n30 2 * * * /root/backup.sh >/var/log/backup.log 2>&1\n",
            0o600,
            0,
        ),
        "/var/www/html/index.html": (
            "<html><head><title>Intranet</title></head><body><h1>It works!</h1></body></html>\n",
            0o644,
            0,
        ),
        "/var/www/intranet/.env": (environment_file(facts), 0o640, 33),
        "/var/log/backup.log": ("", 0o644, 0),
    }
