# SPDX-License-Identifier: MIT
"""The processes of a machine, and the folder /proc that shows them."""

from collections.abc import Callable
from typing import Protocol

from decnet.lures.shell.accounts import Account
from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.facts import Facts
from decnet.lures.shell.node import Entries, Made, Node, file, folder, link
from decnet.lures.shell.process import Process
from decnet.lures.shell.text.etc import DAEMONS
from decnet.lures.shell.text.proc import FILES, mounts

CLOCK_TICKS = 100
_KERNEL = [
    "kthreadd",
    "rcu_gp",
    "rcu_par_gp",
    "kworker/0:0H-events_highpri",
    "mm_percpu_wq",
    "rcu_tasks_rude_",
    "rcu_tasks_trace",
    "ksoftirqd/0",
    "rcu_sched",
    "migration/0",
    "cpuhp/0",
    "kdevtmpfs",
    "netns",
    "kauditd",
    "khungtaskd",
    "oom_reaper",
    "writeback",
    "kcompactd0",
    "ksmd",
    "khugepaged",
    "kintegrityd",
    "kblockd",
    "blkcg_punt_bio",
    "edac-poller",
    "devfreq_wq",
    "kswapd0",
    "kthrotld",
    "acpi_thermal_pm",
    "ipv6_addrconf",
    "kstrp",
    "ata_sff",
    "scsi_eh_0",
    "scsi_tmf_0",
    "scsi_eh_1",
    "scsi_tmf_1",
    "kworker/0:1H-kblockd",
    "jbd2",
    "ext4-rsv-conver",
]
_DAEMONS = (
    ("/lib/systemd/systemd-journald", "root", 0, 40_312, 12_480),
    ("/lib/systemd/systemd-udevd", "root", 0, 21_884, 5_120),
    ("/usr/sbin/cron -f", "root", 0, 6_748, 2_748),
    ("/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only",
     "messagebus", 104, 8_140, 4_432),
    ("/usr/sbin/rsyslogd -n -iNONE", "root", 0, 220_796, 5_612),
    ("/lib/systemd/systemd-logind", "root", 0, 13_528, 7_240),
    ("/lib/systemd/systemd-timesyncd", "systemd-timesync", 101, 88_436, 6_300),
    ("/sbin/agetty -o -p -- \\u --noclear tty1 linux", "root", 0, 5_840, 1_720),
)  # fmt: skip
_LINES = {
    "sshd": "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups",
    "nginx": "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;",
    "apache2": "/usr/sbin/apache2 -k start",
    "redis-server": "/usr/bin/redis-server 0.0.0.0:6379",
    "mariadbd": "/usr/sbin/mariadbd",
    "mysqld": "/usr/sbin/mysqld",
    "vsftpd": "/usr/sbin/vsftpd /etc/vsftpd.conf",
}
POSTGRES_PROCESSES = (
    "checkpointer",
    "background writer",
    "walwriter",
    "autovacuum launcher",
    "stats collector",
    "logical replication launcher",
)
_WORKERS = {"nginx": "nginx: worker process", "apache2": "/usr/sbin/apache2 -k start"}
_UIDS = {"root": 0, "www-data": 33, **{one.name: one.uid for one in DAEMONS.values()}}


def boot_processes(facts: Facts) -> list[Process]:
    """Return what runs since boot."""
    boot = facts.booted_at
    seconds = int(facts.uptime // 4000)
    processes = [Process(1, 0, "root", 0, "/sbin/init", boot, resident_kib=10_312, virtual_kib=99_884, seconds=4 + seconds)]
    for number, title in enumerate(_KERNEL, 2):
        name = f"jbd2/{facts.root_partition}-8" if title == "jbd2" else title
        processes.append(
            Process(
                number,
                0 if number == 2 else 2,
                "root",
                0,
                f"[{name}]",
                boot,
                state="S" if number % 3 else "I<",
            )
        )
    pid = facts.persona.between("daemons", 230, 330)
    for at, (command, user, uid, virtual, resident) in enumerate(_DAEMONS):
        pid += facts.persona.between(f"daemon {at}", 1, 31)
        processes.append(
            Process(
                pid,
                1,
                user,
                uid,
                command,
                boot + 2 + at,
                resident_kib=resident,
                virtual_kib=virtual,
                seconds=seconds // (at + 2),
            )
        )
    for one in {one.pid: one for one in facts.listening}.values():
        uid = _UIDS[one.user]
        line = _LINES.get(one.program, f"/usr/sbin/{one.program}")
        if one.program == "postgres":
            cluster, folder = facts.postgresql_cluster, facts.postgresql_cluster.partition("/")[0]
            line = (
                f"/usr/lib/postgresql/{folder}/bin/postgres -D /var/lib/postgresql/{cluster} "
                f"-c config_file=/etc/postgresql/{cluster}/postgresql.conf"
            )
            for number, title in enumerate(POSTGRES_PROCESSES, 2):
                shown = f"postgres: {cluster}: {title}"
                pid = one.pid + number
                processes.append(Process(pid, one.pid, one.user, uid, shown, one.started_at, "?", "Ss", 6_144, 213_508))
        processes.append(Process(one.pid, 1, one.user, uid, line, one.started_at, "?", "Ss", 7_412, 55_340, seconds // 2))
        if worker := _WORKERS.get(one.program):
            processes.append(Process(one.pid + 1, one.pid, "www-data", 33, worker, one.started_at, "?", "S", 6_020, 56_012, 2))
    return sorted(processes, key=lambda process: process.pid)


class Login(Protocol):
    """Somebody who logged in: where he came from, the number of his shell, his terminal ("?" for none)."""

    arrival: Arrival
    pid: int
    tty: str


def login_processes(facts: Facts, login: Login, account: Account) -> list[Process]:
    """Return what a login starts."""
    now, pid, tty = facts.now(), login.pid, login.tty
    if login.arrival.daemon == "postgres":
        main = facts.daemon("postgresql").pid
        backend = facts.next_pid()
        title = f"postgres: {facts.postgresql_cluster}: postgres postgres {login.arrival.address} COPY"
        return [
            Process(backend, main, account.name, account.uid, title, now, "?", "Ss", 19_276, 217_604),
            Process(pid, backend, account.name, account.uid, "sh -c", now, "?", "S", 740, 2_480),
        ]
    daemon = "sshd" if login.arrival.is_ssh else "inetd"
    listener = next((one.pid for one in facts.listening if one.program == daemon), 1)
    privileged, session = facts.next_pid(), facts.next_pid()
    if not login.arrival.is_ssh:
        address = login.arrival.address
        return [
            Process(privileged, listener, "root", 0, f"in.telnetd: {address}", now, "?", "Ss", 2_036, 3_456),
            Process(session, privileged, "root", 0, f"login -h {address} -p", now, tty, "Ss", 3_628, 8_140),
            Process(pid, session, account.name, account.uid, "-bash", now, tty, "S", 4_560, 7_968),
        ]
    shown = tty if tty != "?" else "notty"
    processes = [
        Process(privileged, listener, "root", 0, f"sshd: {account.name} [priv]", now, "?", "Ss", 8_816, 14_712),
        Process(session, privileged, account.name, account.uid, f"sshd: {account.name}@{shown}", now, "?", "S", 6_104, 14_956),
        Process(pid, session, account.name, account.uid, "-bash" if tty != "?" else "bash -c", now, tty, "Ss", 4_560, 7_968),
    ]
    if account.uid == 0:
        return [processes[0], Process(pid, privileged, "root", 0, processes[2].command, now, tty, "Ss", 4_560, 7_968)]
    return processes


def proc_folder(facts: Facts, processes: Callable[[], list[Process]]) -> Node:
    """Return /proc: static files that are made when they are read, and a folder for each process."""
    static: Entries = {}
    for path, make in FILES.items():
        *folders, name = path.split("/")
        here = static
        for part in folders:
            here = here.setdefault(part, folder(facts.booted_at, 0o555)).entries
        here[name] = file(Made(0, _Text(make, facts)), facts.booted_at, 0o444)
    static["mounts"] = link("self/mounts", facts.booted_at)
    static["kcore"] = file(Made(140_737_477_890_048, bytes), facts.booted_at, 0o400)

    def entries() -> Entries:
        running = {process.pid: process for process in processes()}
        last = max(running, default=1)
        return {
            **static,
            "self": link(str(last), facts.now()),
            "thread-self": link(f"{last}/task/{last}", facts.now()),
            **{str(pid): _process_folder(facts, process) for pid, process in running.items()},
        }

    node = folder(facts.booted_at, 0o555)
    node.content = entries
    return node


class _Text:
    """Makes the bytes of a file from the facts of a machine."""

    __slots__ = ("facts", "make")

    def __init__(self, make: Callable[[Facts], str], facts: Facts) -> None:
        self.make = make
        self.facts = facts

    def __call__(self) -> bytes:
        return self.make(self.facts).encode()


def _process_folder(facts: Facts, process: Process) -> Node:
    node = folder(process.started_at, 0o555, uid=process.uid, gid=process.uid)

    def entries() -> Entries:
        started = process.started_at
        texts = {
            "cmdline": "" if process.is_kernel else process.command.replace(" ", "\0") + "\0",
            "comm": process.name + "\n",
            "status": _status(process),
            "stat": _stat(facts, process),
            "mounts": mounts(facts),
            "environ": "",
            "cgroup": "0::/system.slice/ssh.service\n"
            if process.tty == "?"
            else "0::/user.slice/user-0.slice/session-1.scope\n",
            "maps": "",
            "loginuid": "4294967295" if process.tty == "?" else str(process.uid),
        }
        made = {name: file(Made(0, text.encode), started, 0o444, uid=process.uid) for name, text in texts.items()}
        terminal = folder(started, 0o500, uid=process.uid)
        target = "/dev/" + process.tty if process.tty != "?" else "/dev/null"
        terminal.content = {str(number): link(target, started) for number in range(3)}
        links = {"exe": link(_executable(process), started), "cwd": link("/", started), "root": link("/", started)}
        return {**made, **links, "fd": terminal}

    node.content = entries
    return node


def _executable(process: Process) -> str:
    path = process.executable or process.command.split(" ")[0]
    for daemon in ("sshd", "in.telnetd"):
        if process.command.startswith(daemon + ":"):
            return "/usr/sbin/" + daemon
    path = path.lstrip("-").rstrip(":")
    if path == "/sbin/init":
        return "/usr/lib/systemd/systemd"
    if not path.startswith("/"):
        path = "/usr/bin/" + path
    return "/usr" + path if path.startswith(("/bin/", "/sbin/", "/lib/")) else path


def _status(process: Process) -> str:
    names = {"R": "running", "S": "sleeping", "I": "idle", "Z": "zombie"}
    state = process.state[0]
    return (
        f"Name:\t{process.name}\nUmask:\t0022\nState:\t{state} ({names.get(state, 'sleeping')})\n"
        f"Tgid:\t{process.pid}\nNgid:\t0\n"
        f"Pid:\t{process.pid}\nPPid:\t{process.parent}\nTracerPid:\t0\nUid:\t{process.uid}\t{process.uid}\t{process.uid}\t{process.uid}\n"
        f"Gid:\t{process.uid}\t{process.uid}\t{process.uid}\t{process.uid}\nFDSize:\t64\nGroups:\t{process.uid} \n"
        f"VmPeak:\t{process.virtual_kib:>8} kB\nVmSize:\t{process.virtual_kib:>8} kB\nVmRSS:\t{process.resident_kib:>8} kB\n"
        "Threads:\t1\nSigQ:\t0/15610\nSeccomp:\t0\nvoluntary_ctxt_switches:\t219\nnonvoluntary_ctxt_switches:\t12\n"
    )


def _stat(facts: Facts, process: Process) -> str:
    start = int((process.started_at - facts.booted_at) * CLOCK_TICKS)
    ticks = process.seconds * CLOCK_TICKS
    return (
        f"{process.pid} ({process.name}) {process.state[0]} {process.parent} {process.pid} {process.pid} 0 -1 "
        "4194560 1021 0 0 0 "
        f"{ticks} {ticks // 3} 0 0 20 0 1 0 {max(0, start)} {process.virtual_kib * 1024} {process.resident_kib // 4} "
        "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    )
