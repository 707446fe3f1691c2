# SPDX-License-Identifier: MIT
"""
The postgresql lure: what one decoy shares between its clients, and the life of one connection.

What an attacker changes stays for his next connection.
"""

import asyncio
import os
import time
from functools import partial
from typing import ClassVar

from decnet.domain.persona import Decoy
from decnet.lures.lure import Session
from decnet.lures.postgresql import wire
from decnet.lures.postgresql.account import accounts
from decnet.lures.postgresql.certificate import Certificate, certificate_of
from decnet.lures.postgresql.channel import Channel
from decnet.lures.postgresql.cluster import Cluster
from decnet.lures.postgresql.conversation import Conversation
from decnet.lures.postgresql.dialect import Postgres
from decnet.lures.postgresql.entrance import Entrance
from decnet.lures.postgresql.execution import Execution
from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.postgresql.program import output_of
from decnet.lures.postgresql.recorder import Recorder
from decnet.lures.postgresql.release import SOFTWARE, release_of
from decnet.lures.postgresql.report import Report, fatal
from decnet.lures.postgresql.settings import REPORTED, Settings
from decnet.lures.postgresql.startup import Startup, option_settings
from decnet.lures.postgresql.state import Backend
from decnet.lures.postgresql.utility import Utility
from decnet.lures.postgresql.work import Work
from decnet.lures.shell.machine import machine_of
from decnet.lures.shell.visits import Visits
from decnet.lures.sql.dataset import dataset_of
from decnet.lures.stream import Stream
from decnet.lures.worlds import Worlds

MAX_CLUSTERS = 16
_DIALECT_VERSION = 130_000


class Postgresql:
    """PostgreSQL on one decoy."""

    name: ClassVar[str] = "postgresql"

    def __init__(self, decoy: Decoy, options: PostgresqlOptions) -> None:
        self.options = options
        self.decoy = decoy
        self.release = release_of(decoy.persona.software.get("postgresql", SOFTWARE))
        self.accounts = accounts(decoy, options)
        self._certificate: asyncio.Future[Certificate] | None = None
        self._machine = machine_of(decoy)
        self._visits = Visits(self._machine)
        self._dataset = dataset_of(decoy)
        self._dialect = Postgres(_DIALECT_VERSION)
        self._clusters = Worlds(MAX_CLUSTERS, self._new_cluster, lambda cluster: not cluster.backends)
        self._conversations: dict[int, Conversation] = {}

    async def prepare(self) -> None:
        """Derive the key and make the certificate now."""
        await self._tls()

    async def serve(self, session: Session) -> None:
        """Let one client in and answer it until it leaves or a bound is reached."""
        stream = await Stream.open(session)
        channel = Channel(stream)
        persona, major = self.decoy.persona, self.release.major
        entrance = Entrance(
            channel, session, options=self.options, persona=persona, major=major, cancel=self._cancel, tls=self._tls
        )
        try:
            known = self._clusters.known(session.origin.peer.address)
            startup = await entrance.admit(known.passwords if known else self.accounts)
            if startup is not None:
                await self._converse(session, channel, startup)
            await channel.stream.finish()
        finally:
            stream.close()

    def cluster_of(self, address: str) -> Cluster:
        """Return what an address sees."""
        return self._clusters.of(address)

    def _new_cluster(self, address: str) -> Cluster:
        """Return the server as nobody has touched it."""
        filesystem = partial(self._visits.filesystem, address)
        return Cluster(
            self.decoy,
            options=self.options,
            release=self.release,
            machine=self._machine,
            filesystem=filesystem,
            dataset=self._dataset,
            dialect=self._dialect,
        )

    async def _converse(self, session: Session, channel: Channel, startup: Startup) -> None:
        """Serve a client that has logged in."""
        cluster = self.cluster_of(session.origin.peer.address)
        try:
            backend = self._backend(cluster, session, startup)
        except Report as report:
            session.end("lure")
            report.severity = "FATAL"
            channel.put(wire.authentication(0) + wire.told(report, self.release.major))
            await channel.flush()
            return
        recorder = Recorder(session)
        conversation = self._conversation(cluster, session, channel, backend, recorder)
        cluster.backends[backend.pid] = backend
        self._conversations[backend.pid] = conversation
        try:
            channel.put(wire.authentication(0))
            for name in REPORTED:
                channel.put(wire.parameter_status(name, backend.settings.value(name)))
            channel.put(wire.backend_key(backend.pid, backend.key))
            await conversation.run()
        finally:
            del self._conversations[backend.pid], cluster.backends[backend.pid]
            conversation.finish()

    def _conversation(
        self, cluster: Cluster, session: Session, channel: Channel, backend: Backend, recorder: Recorder
    ) -> Conversation:
        """Return the conversation of a new connection."""
        work = Work(
            cluster,
            backend,
            recorder=recorder,
            local_address=session.origin.local.address,
            terminate=self._terminate,
            notify=partial(self._notify, cluster, backend.database),
        )
        execution = Execution(
            cluster,
            work,
            release=self.release,
            dialect=self._dialect,
            utility=Utility(session),
            give_way=channel.stream.give_way,
            run_program=partial(output_of, session, cluster),
        )
        return Conversation(channel, session, execution, recorder)

    def _backend(self, cluster: Cluster, session: Session, startup: Startup) -> Backend:
        """Return the state of a new connection; raises ``Report`` where role, database or settings do not suit."""
        role = cluster.roles.get(startup.user)
        if role is None:
            raise fatal(f'role "{startup.user}" does not exist', "28000", "InitializeSessionUserId")
        if not role.logs_in:
            raise fatal(f'role "{startup.user}" is not permitted to log in', "28000", "InitializeSessionUserId")
        entry = cluster.databases.get(startup.database)
        if entry is None:
            raise fatal(f'database "{startup.database}" does not exist', "3D000", "InitPostgres")
        if not entry.allows:
            raise fatal(f'database "{startup.database}" is not currently accepting connections', "55000", "CheckMyDatabase")
        settings = Settings(self._server_settings(cluster, startup.user), is_superuser=role.is_superuser)
        for name, value in [*option_settings(startup.options), *startup.settings.items()]:
            settings.set(name, value)
        settings.begin()
        peer = session.origin.peer
        return Backend(
            cluster.next_pid(),
            os.urandom(4),
            startup.user,
            startup.database,
            settings,
            role.is_superuser,
            peer.address,
            peer.port,
            time.time(),
        )

    def _server_settings(self, cluster: Cluster, user: str) -> dict[str, str]:
        """Return the settings that the machine decides."""
        name = f"{self.release.major}/main"
        return {
            "server_version": self.release.short, "server_version_num": str(self.release.number), "cluster_name": name,
            "data_directory": cluster.data_folder, "config_file": f"/etc/postgresql/{name}/postgresql.conf",
            "hba_file": f"/etc/postgresql/{name}/pg_hba.conf", "ident_file": f"/etc/postgresql/{name}/pg_ident.conf",
            "external_pid_file": f"/var/run/postgresql/{self.release.major}-main.pid", "session_authorization": user,
            "stats_temp_directory": f"/var/run/postgresql/{self.release.major}-main.pg_stat_tmp",
            "is_superuser": "on" if cluster.roles[user].is_superuser else "off", "role": "none",
            "ssl": "on" if self.options.tls else "off", "port": "5432",
        }  # fmt: skip

    async def _tls(self) -> Certificate | None:
        """Return the certificate and what is offered, none without TLS; whoever asks first has them made."""
        if not self.options.tls:
            return None
        if self._certificate is None:
            loop = asyncio.get_running_loop()
            self._certificate = loop.run_in_executor(None, certificate_of, self.decoy.persona, self.release.major)
        return await asyncio.shield(self._certificate)

    def _cancel(self, pid: int, key: bytes) -> None:
        """End what a connection does, if the key is its own."""
        found = self._conversations.get(pid)
        if found is not None and found.backend.key == key:
            found.cancel()

    def _terminate(self, pid: int) -> None:
        """End a connection."""
        if pid in self._conversations:
            self._conversations[pid].terminate()

    def _notify(self, cluster: Cluster, database: str, pid: int, channel: str, payload: str) -> None:
        """Tell every connection of a database that listens to a channel."""
        for other, backend in cluster.backends.items():
            if backend.database == database and channel in backend.channels and len(backend.notifications) < 100:
                backend.notifications.append((pid, channel, payload[:8_000]))
                self._conversations[other].notify()
