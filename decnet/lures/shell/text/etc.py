# SPDX-License-Identifier: MIT
"""Files of /etc and of other places that a package or the administrator wrote."""

import base64
from typing import NamedTuple

from decnet.domain.persona import Persona
from decnet.lures.shell.facts import DAY, Facts
from decnet.lures.shell.text.release import point_of

_ACCOUNTS = (
    ("root", 0, 0, "root", "/root", "/bin/bash"),
    ("daemon", 1, 1, "daemon", "/usr/sbin", "/usr/sbin/nologin"),
    ("bin", 2, 2, "bin", "/bin", "/usr/sbin/nologin"),
    ("sys", 3, 3, "sys", "/dev", "/usr/sbin/nologin"),
    ("sync", 4, 65534, "sync", "/bin", "/bin/sync"),
    ("games", 5, 60, "games", "/usr/games", "/usr/sbin/nologin"),
    ("man", 6, 12, "man", "/var/cache/man", "/usr/sbin/nologin"),
    ("lp", 7, 7, "lp", "/var/spool/lpd", "/usr/sbin/nologin"),
    ("mail", 8, 8, "mail", "/var/mail", "/usr/sbin/nologin"),
    ("news", 9, 9, "news", "/var/spool/news", "/usr/sbin/nologin"),
    ("uucp", 10, 10, "uucp", "/var/spool/uucp", "/usr/sbin/nologin"),
    ("proxy", 13, 13, "proxy", "/bin", "/usr/sbin/nologin"),
    ("www-data", 33, 33, "www-data", "/var/www", "/usr/sbin/nologin"),
    ("backup", 34, 34, "backup", "/var/backups", "/usr/sbin/nologin"),
    ("list", 38, 38, "Mailing List Manager", "/var/list", "/usr/sbin/nologin"),
    ("irc", 39, 39, "ircd", "/run/ircd", "/usr/sbin/nologin"),
    ("nobody", 65534, 65534, "nobody", "/nonexistent", "/usr/sbin/nologin"),
    ("_apt", 100, 65534, "", "/nonexistent", "/usr/sbin/nologin"),
    ("systemd-timesync", 101, 101, "systemd Time Synchronization,,,", "/run/systemd", "/usr/sbin/nologin"),
    ("systemd-network", 102, 103, "systemd Network Management,,,", "/run/systemd", "/usr/sbin/nologin"),
    ("systemd-resolve", 103, 104, "systemd Resolver,,,", "/run/systemd", "/usr/sbin/nologin"),
    ("messagebus", 104, 105, "", "/nonexistent", "/usr/sbin/nologin"),
    ("sshd", 105, 65534, "", "/run/sshd", "/usr/sbin/nologin"),
)
_GROUPS = [
    "root:0",
    "daemon:1",
    "bin:2",
    "sys:3",
    "adm:4",
    "tty:5",
    "disk:6",
    "lp:7",
    "mail:8",
    "news:9",
    "uucp:10",
    "man:12",
    "proxy:13",
    "kmem:15",
    "dialout:20",
    "fax:21",
    "voice:22",
    "cdrom:24",
    "floppy:25",
    "tape:26",
    "sudo:27",
    "audio:29",
    "dip:30",
    "www-data:33",
    "backup:34",
    "operator:37",
    "list:38",
    "irc:39",
    "src:40",
    "gnats:41",
    "shadow:42",
    "utmp:43",
    "video:44",
    "sasl:45",
    "plugdev:46",
    "staff:50",
    "games:60",
    "users:100",
    "nogroup:65534",
    "systemd-timesync:101",
    "systemd-journal:102",
    "systemd-network:103",
    "systemd-resolve:104",
    "messagebus:105",
    "input:106",
    "kvm:107",
    "render:108",
    "crontab:109",
    "netdev:110",
    "ssh:111",
]


class DaemonAccount(NamedTuple):
    """The account under which the program behind a lure runs."""

    name: str
    uid: int
    gid: int
    comment: str
    home: str


DAEMONS = {
    "redis": DaemonAccount("redis", 112, 118, "", "/var/lib/redis"),
    "mysql": DaemonAccount("mysql", 113, 119, "MySQL Server,,,", "/nonexistent"),
    "postgresql": DaemonAccount("postgres", 114, 120, "PostgreSQL administrator,,,", "/var/lib/postgresql"),
    "ftp": DaemonAccount("ftp", 115, 121, "ftp daemon,,,", "/srv/ftp"),
}
_ADMIN_GROUPS = ("cdrom", "floppy", "sudo", "audio", "dip", "video", "plugdev", "netdev")


def accounts(facts: Facts) -> list[tuple[str, int, int, str, str, str]]:
    """Return the accounts: those of the distribution, of the daemons, and the administrator's."""
    name = facts.administrator
    rows = list(_ACCOUNTS)
    rows += [
        (*DAEMONS[lure], "/bin/bash" if lure == "postgresql" else "/usr/sbin/nologin")
        for lure in facts.persona.software
        if lure in DAEMONS
    ]
    return [*rows, (name, 1000, 1000, f"{name.capitalize()},,,", f"/home/{name}", "/bin/bash")]


def passwd(facts: Facts) -> str:
    """Return /etc/passwd."""
    return "".join(":".join((row[0], "x", *map(str, row[1:]))) + "\n" for row in accounts(facts))


def group(facts: Facts) -> str:
    """Return /etc/group."""
    name = facts.administrator
    rows = []
    for entry in _GROUPS:
        title, number = entry.split(":")
        rows.append(f"{title}:x:{number}:{name if title in _ADMIN_GROUPS else ''}")
    rows += [f"{DAEMONS[lure].name}:x:{DAEMONS[lure].gid}:" for lure in facts.persona.software if lure in DAEMONS]
    return "\n".join([*rows, f"{name}:x:1000:", ""])


def crypt_hash(facts: Facts, name: str) -> str:
    """Return something that looks like a hash of a password and is none."""
    salt, digest = facts.persona.derive(f"salt {name}", 12), facts.persona.derive(f"hash {name}", 66)
    letters = bytes.maketrans(b"+=", b"./")
    if int(facts.persona.os_version.split(".")[0] or 0) < 11 and facts.persona.os_id == "debian":
        return (
            "$6$"
            + base64.b64encode(salt).translate(letters).decode()
            + "$"
            + base64.b64encode(digest)[:86].translate(letters).decode()
        )
    return (
        "$y$j9T$" + base64.b64encode(salt + salt[:4])[:22].translate(letters).decode()
        + "$" + base64.b64encode(digest)[:43].translate(letters).decode()
    )  # fmt: skip


def shadow(facts: Facts) -> str:
    """Return /etc/shadow."""
    days = int(facts.installed_at // DAY)
    people = ("root", facts.administrator)
    return "".join(
        f"{row[0]}:{crypt_hash(facts, row[0]) if row[0] in people else '*'}:{days}:0:99999:7:::\n" for row in accounts(facts)
    )


def os_release(facts: Facts) -> str:
    """Return /etc/os-release."""
    persona = facts.persona
    if persona.os_id == "ubuntu":
        return _ubuntu_release(persona)
    title = persona.os.split(" (")[0].rsplit(" ", 1)[0] if persona.os_version in persona.os else persona.os
    is_raspbian = persona.os_id == "raspbian"
    like = "ID_LIKE=debian\n" if persona.os_id != "debian" else ""
    home = "http://www.raspbian.org/" if is_raspbian else "https://www.debian.org/"
    support, bugs = ("RaspbianForums", home + "RaspbianBugs") if is_raspbian else ("support", "https://bugs.debian.org/")
    return (
        f'PRETTY_NAME="{persona.os}"\nNAME="{title}"\nVERSION_ID="{persona.os_version}"\n'
        f'VERSION="{persona.os_version} ({persona.codename})"\nVERSION_CODENAME={persona.codename}\nID={persona.os_id}\n{like}'
        f'HOME_URL="{home}"\nSUPPORT_URL="{home}{support}"\nBUG_REPORT_URL="{bugs}"\n'
    )


def _ubuntu_release(persona: Persona) -> str:
    name = {"focal": "Focal Fossa", "jammy": "Jammy Jellyfish"}.get(persona.codename, persona.codename.title())
    version = f"{persona.os.removeprefix('Ubuntu ')} ({name})"
    rows = {
        "PRETTY_NAME": persona.os, "NAME": "Ubuntu", "VERSION_ID": persona.os_version, "VERSION": version,
        "HOME_URL": "https://www.ubuntu.com/", "SUPPORT_URL": "https://help.ubuntu.com/",
        "BUG_REPORT_URL": "https://bugs.launchpad.net/ubuntu/",
    }  # fmt: skip
    codes = f"VERSION_CODENAME={persona.codename}\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME={persona.codename}\n"
    return "".join(f'{key}="{value}"\n' for key, value in rows.items()) + codes


def hosts(facts: Facts) -> str:
    """Return /etc/hosts."""
    names = f"{facts.domain_name}\t{facts.hostname}" if facts.persona.domain else facts.hostname
    return (
        f"127.0.0.1\tlocalhost\n127.0.1.1\t{names}\n\n# The following lines are desirable for IPv6 capable hosts\n"
        "::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n"
    )


def interfaces(facts: Facts) -> str:
    """Return /etc/network/interfaces."""
    return (
        "# This file describes the network interfaces available on your system\n"
        "# and how to activate them. For more information, "
        "see interfaces(5).\n\nsource /etc/network/interfaces.d/*\n\n# The loopback network interface\nauto lo\n"
        "iface lo inet loopback\n\n"
        f"# The primary network interface\nallow-hotplug {facts.interface}\niface {facts.interface} inet static\n"
        f"\taddress {facts.address}/{facts.prefix}\n\tgateway {facts.gateway}\n\tdns-nameservers {facts.gateway}\n"
    )


SSHD_CONFIG = """#	$OpenBSD: sshd_config,v 1.103 2018/04/09 20:41:22 tj Exp $

Include /etc/ssh/sshd_config.d/*.conf

#Port 22
#AddressFamily any
#ListenAddress 0.0.0.0
#ListenAddress ::

#SyslogFacility AUTH
#LogLevel INFO

#LoginGraceTime 2m
PermitRootLogin yes
#StrictModes yes
#MaxAuthTries 6
#MaxSessions 10

#PubkeyAuthentication yes
#AuthorizedKeysFile	.ssh/authorized_keys .ssh/authorized_keys2

PasswordAuthentication yes
#PermitEmptyPasswords no
ChallengeResponseAuthentication no
UsePAM yes
X11Forwarding yes
PrintMotd no
AcceptEnv LANG LC_*
Subsystem	sftp	/usr/lib/openssh/sftp-server
"""
CRONTAB = """# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# m h dom mon dow user	command
17 *	* * *	root    cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )
47 6	* * 7	root	test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.weekly )
52 6	1 * *	root	test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.monthly )
"""
SUDOERS = """Defaults	env_reset
Defaults	mail_badpass
Defaults	secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

root	ALL=(ALL:ALL) ALL
%sudo	ALL=(ALL:ALL) ALL

@includedir /etc/sudoers.d
"""
MOTD = """
The programs included with the Debian GNU/Linux system are free software;
the exact distribution terms for each program are described in the
individual files in /usr/share/doc/*/copyright.

Debian GNU/Linux comes with ABSOLUTELY NO WARRANTY, to the extent
permitted by applicable law.
"""
PROFILE = """# /etc/profile: system-wide .profile file for the Bourne shell (sh(1))

if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
else
  PATH="/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
fi
export PATH
"""
FSTAB = """# /etc/fstab: static file system information.
# <file system> <mount point>   <type>  <options>       <dump>  <pass>
UUID={root} /               ext4    errors=remount-ro 0       1
UUID={swap} none            swap    sw              0       0
/dev/sr0        /media/cdrom0   udf,iso9660 user,noauto     0       0
"""
BOARD_FSTAB = """proc            /proc           proc    defaults          0       0
PARTUUID={part}-01  /boot           vfat    defaults          0       2
PARTUUID={part}-02  /               ext4    defaults,noatime  0       1
"""
BASHRC_ROOT = """# ~/.bashrc: executed by bash(1) for non-login shells.

# You may uncomment the following lines if you want `ls' to be colorized:
# export LS_OPTIONS='--color=auto'
# alias ls='ls $LS_OPTIONS'
# alias ll='ls $LS_OPTIONS -l'
"""
BASHRC = """# ~/.bashrc: executed by bash(1) for non-login shells.
case $- in
    *i*) ;;
      *) return;;
esac

HISTCONTROL=ignoreboth
shopt -s histappend
HISTSIZE=1000
HISTFILESIZE=2000

if [ -x /usr/bin/dircolors ]; then
    alias ls='ls --color=auto'
fi
"""
USER_PROFILE = """# ~/.profile: executed by the command interpreter for login shells.
if [ -n "$BASH_VERSION" ]; then
    if [ -f "$HOME/.bashrc" ]; then
	. "$HOME/.bashrc"
    fi
fi
"""
LOGOUT = """# ~/.bash_logout: executed by bash(1) when login shell exits.
if [ "$SHLVL" = 1 ]; then
    [ -x /usr/bin/clear_console ] && /usr/bin/clear_console -q
fi
"""


def _fstab(facts: Facts) -> str:
    if facts.is_board:
        return BOARD_FSTAB.format(part=facts.identifier("part")[:8])
    return FSTAB.format(root=facts.identifier("root"), swap=facts.identifier("swap"))


def _debian_version(persona: Persona) -> str:
    """Return /etc/debian_version; Ubuntu's names the Debian that it was made from."""
    if persona.os_id == "ubuntu":
        return {"20.04": "bullseye/sid\n", "22.04": "bookworm/sid\n"}.get(persona.os_version, "sid\n")
    return f"{persona.os_version}.{point_of(persona) or persona.between('point', 5, 9)}\n"


def _motd(persona: Persona) -> str:
    if persona.os_id != "ubuntu":
        return MOTD
    return (
        f"Welcome to {persona.os} (GNU/Linux {persona.kernel} {persona.architecture})\n\n"
        " * Documentation:  https://help.ubuntu.com\n * Management:     https://landscape.canonical.com\n"
        " * Support:        https://ubuntu.com/advantage\n\n"
    )


def _sources(persona: Persona) -> str:
    """Return sources.list: a mirror of the decoy's own domain."""
    mirror = f"http://mirror.{persona.domain}/{persona.os_id}"
    places = (("", ""), ("-security", "-security"), ("", "-updates"))
    return "".join(f"deb {mirror}{place} {persona.codename}{suite} main\n" for place, suite in places)


def files(facts: Facts) -> dict[str, tuple[str, int]]:
    """Return the texts of /etc with their modes."""
    persona = facts.persona
    return {
        "passwd": (passwd(facts), 0o644),
        "passwd-": (passwd(facts), 0o644),
        "group": (group(facts), 0o644),
        "shadow": (shadow(facts), 0o640),
        "gshadow": ("".join(f"{line.split(':')[0]}:*::\n" for line in group(facts).splitlines()), 0o640),
        "os-release": (os_release(facts), 0o644),
        "debian_version": (_debian_version(persona), 0o644),
        "issue": (f"{persona.os.split(' (')[0]} \\n \\l\n\n", 0o644),
        "issue.net": (f"{persona.os.split(' (')[0]}\n", 0o644),
        "motd": (_motd(persona), 0o644),
        "hostname": (facts.hostname + "\n", 0o644),
        "hosts": (hosts(facts), 0o644),
        "hosts.allow": ("# /etc/hosts.allow: list of hosts that are allowed to access the system.\n", 0o644),
        "hosts.deny": ("# /etc/hosts.deny: list of hosts that are _not_ allowed to access the system.\n", 0o644),
        "resolv.conf": ((f"search {persona.domain}\n" if persona.domain else "") + f"nameserver {facts.gateway}\n", 0o644),
        "network/interfaces": (interfaces(facts), 0o644),
        "ssh/sshd_config": (SSHD_CONFIG, 0o644),
        "ssh/ssh_config": (
            "Include /etc/ssh/ssh_config.d/*.conf\n\nHost *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n",
            0o644,
        ),
        "crontab": (CRONTAB, 0o644),
        "cron.d/e2scrub_all": ("30 3 * * 0 root test -e /run/systemd/system || /sbin/e2scrub_all\n", 0o644),
        "cron.daily/logrotate": ("#!/bin/sh\n/usr/sbin/logrotate /etc/logrotate.conf\n", 0o755),
        "cron.daily/dpkg": ("#!/bin/sh\n/usr/libexec/dpkg/dpkg-db-backup\n", 0o755),
        "sudoers": (SUDOERS, 0o440),
        "profile": (PROFILE, 0o644),
        "bash.bashrc": ('# System-wide .bashrc file for interactive bash(1) shells.\n[ -z "$PS1" ] && return\n', 0o644),
        "environment": ("", 0o644),
        "fstab": (_fstab(facts), 0o644),
        "timezone": ("Etc/UTC\n", 0o644),
        "shells": ("# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n/usr/bin/bash\n/bin/dash\n/usr/bin/dash\n", 0o644),
        "nsswitch.conf": (
            "passwd:         files systemd\ngroup:          files systemd\nshadow:         files\nhosts:          files dns\n",
            0o644,
        ),
        "login.defs": (
            "MAIL_DIR        /var/mail\nUMASK           022\nENCRYPT_METHOD YESCRYPT\nUID_MIN 1000\nUID_MAX 60000\n",
            0o644,
        ),
        "apt/sources.list": (_sources(persona), 0o644),
        "machine-id": (facts.identifier("machine").replace("-", "") + "\n", 0o444),
        "adduser.conf": ("DSHELL=/bin/bash\nDHOME=/home\nFIRST_UID=1000\n", 0o644),
        "sysctl.conf": ("#net.ipv4.ip_forward=1\n#net.ipv4.conf.all.accept_redirects = 0\n", 0o644),
        "rc.local": ("#!/bin/sh -e\nexit 0\n", 0o755),
        "logrotate.conf": ("weekly\nrotate 4\ncreate\ninclude /etc/logrotate.d\n", 0o644),
        "services": (
            "ftp\t\t21/tcp\nssh\t\t22/tcp\ntelnet\t\t23/tcp\nsmtp\t\t25/tcp\ndomain\t\t53/udp\nhttp\t\t80/tcp\nhttps\t\t443/tcp\n",
            0o644,
        ),
        "skel/.bashrc": (BASHRC, 0o644),
        "skel/.profile": (USER_PROFILE, 0o644),
        "skel/.bash_logout": (LOGOUT, 0o644),
    }
