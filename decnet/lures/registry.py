# SPDX-License-Identifier: MIT
"""The lures of decnet: the only list of them."""

from decnet.errors import NotFoundError
from decnet.lures.lure import LureType

LURES = (
    LureType(
        name="ssh",
        summary="OpenSSH with a shell, scp and sftp behind weak passwords",
        port=22,
        options="decnet.lures.ssh.options:SshOptions",
        implementation="decnet.lures.ssh.server:Ssh",
        attack="ssh -p {port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@{address}",
        accounts="decnet.lures.accounts:accounts",
    ),
    LureType(
        name="telnet",
        summary="telnetd with the logins and the shell of ssh",
        port=23,
        options="decnet.lures.telnet.options:TelnetOptions",
        implementation="decnet.lures.telnet.server:Telnet",
        attack="telnet {address} {port}",
        accounts="decnet.lures.accounts:accounts",
    ),
    LureType(
        name="http",
        summary="nginx, Apache or a login portal",
        port=80,
        options="decnet.lures.http.options:HttpOptions",
        implementation="decnet.lures.http.server:Http",
        attack="curl --globoff -i http://{host}:{port}/",
    ),
    LureType(
        name="https",
        summary="the web server of http behind TLS",
        port=443,
        options="decnet.lures.https.options:HttpsOptions",
        implementation="decnet.lures.https.server:Https",
        attack="curl --globoff --insecure -i https://{host}:{port}/",
    ),
    LureType(
        name="redis",
        summary="Redis that takes commands, with or without a password",
        port=6379,
        options="decnet.lures.redis.options:RedisOptions",
        implementation="decnet.lures.redis.server:Redis",
        attack="redis-cli -h {address} -p {port} INFO server",
    ),
    LureType(
        name="postgresql",
        summary="PostgreSQL with planted tables behind weak passwords",
        port=5432,
        options="decnet.lures.postgresql.options:PostgresqlOptions",
        implementation="decnet.lures.postgresql.server:Postgresql",
        attack="psql -h {address} -p {port} -U postgres",
        accounts="decnet.lures.postgresql.account:accounts",
    ),
    LureType(
        name="mysql",
        summary="MariaDB or MySQL with planted tables behind weak passwords, or closed",
        port=3306,
        options="decnet.lures.mysql.options:MysqlOptions",
        implementation="decnet.lures.mysql.server:Mysql",
        attack="mysql -h {address} -P {port} -u root -p -e 'SHOW DATABASES'",
        accounts="decnet.lures.mysql.accounts:planted",
    ),
    LureType(
        name="ftp",
        summary="vsftpd that lists, gives and takes files, with the accounts of ssh or for anybody",
        port=21,
        options="decnet.lures.ftp.options:FtpOptions",
        implementation="decnet.lures.ftp.server:Ftp",
        attack="curl --globoff --user root ftp://{host}:{port}/",
        accounts="decnet.lures.accounts:accounts",
    ),
)

_BY_NAME = {lure.name: lure for lure in LURES}


def lure_type(name: str) -> LureType:
    """Return the row of the lure called ``name``; raise ``NotFoundError`` where there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise NotFoundError(f"there is no lure called {name!r}", remedy="decnet lures lists them") from None
