# SPDX-License-Identifier: MIT
"""The tables about roles, databases, connections and settings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from decnet.lures.postgresql.cluster import Role
from decnet.lures.postgresql.kind import BY_OID, KINDS, oid_named
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.state import FAILED, IDLE, Backend
from decnet.lures.postgresql.view import View
from decnet.lures.shell.processes import POSTGRES_PROCESSES

Rows = Iterator[dict[str, Any]]
_LANGUAGES = ((12, "internal", False), (13, "c", False), (14, "sql", True), (13_548, "plpgsql", True))
EXTENSIONS = {
    "adminpack": "2.1",
    "amcheck": "1.2",
    "bloom": "1.0",
    "btree_gin": "1.3",
    "btree_gist": "1.5",
    "citext": "1.6",
    "cube": "1.4",
    "dblink": "1.2",
    "earthdistance": "1.1",
    "file_fdw": "1.0",
    "fuzzystrmatch": "1.1",
    "hstore": "1.7",
    "intarray": "1.3",
    "isn": "1.2",
    "lo": "1.1",
    "ltree": "1.2",
    "pageinspect": "1.8",
    "pg_buffercache": "1.3",
    "pg_freespacemap": "1.2",
    "pg_prewarm": "1.2",
    "pg_stat_statements": "1.8",
    "pg_trgm": "1.5",
    "pgcrypto": "1.3",
    "pgrowlocks": "1.2",
    "pgstattuple": "1.5",
    "plpgsql": "1.0",
    "postgres_fdw": "1.0",
    "seg": "1.3",
    "sslinfo": "1.2",
    "tablefunc": "1.0",
    "tcn": "1.0",
    "unaccent": "1.1",
    "uuid-ossp": "1.1",
    "xml2": "1.1",
}
"""What Debian's postgresql-contrib brings, with its versions in 13."""


def _role_row(role: Role) -> dict[str, Any]:
    """Return a row of pg_authid."""
    return {
        "oid": role.oid,
        "rolname": role.name,
        "rolsuper": role.is_superuser,
        "rolinherit": role.inherits,
        "rolcreaterole": role.creates_roles,
        "rolcreatedb": role.creates_databases,
        "rolcanlogin": role.logs_in,
        "rolreplication": role.replicates,
        "rolbypassrls": role.bypasses,
        "rolconnlimit": role.limit,
        "rolpassword": role.password,
        "rolvaliduntil": role.valid_until,
    }


def pg_authid(work: View) -> Rows:
    """Yield the roles with what is kept of their passwords: for superusers alone."""
    if not work.is_superuser:
        raise Report("permission denied for table pg_authid", "42501", routine="aclcheck_error")
    yield from map(_role_row, work.cluster.roles.values())


def pg_roles(work: View) -> Rows:
    """Yield the roles for people."""
    for role in work.cluster.roles.values():
        yield {**_role_row(role), "rolpassword": "********"}


def pg_shadow(work: View) -> Rows:
    """Yield the roles that log in, with what is kept of their passwords: for superusers alone."""
    if not work.is_superuser:
        raise Report("permission denied for view pg_shadow", "42501", routine="aclcheck_error")
    yield from (_user_row(role, role.password) for role in work.cluster.roles.values() if role.logs_in)


def pg_user(work: View) -> Rows:
    """Yield the roles that log in."""
    yield from (_user_row(role, "********") for role in work.cluster.roles.values() if role.logs_in)


def _user_row(role: Role, password: str | None) -> dict[str, Any]:
    """Return a row of pg_user."""
    return {
        "usename": role.name,
        "usesysid": role.oid,
        "usecreatedb": role.creates_databases,
        "usesuper": role.is_superuser,
        "userepl": role.replicates,
        "usebypassrls": role.bypasses,
        "passwd": password,
        "valuntil": role.valid_until,
    }


def pg_group(work: View) -> Rows:
    """Yield the roles that are groups."""
    for role in work.cluster.roles.values():
        if not role.logs_in:
            yield {"groname": role.name, "grosysid": role.oid, "grolist": []}


def pg_auth_members(work: View) -> Rows:
    """Yield who is a member of what."""
    yield {"roleid": 3374, "member": 3373, "grantor": 10}
    yield {"roleid": 3375, "member": 3373, "grantor": 10}
    yield {"roleid": 3377, "member": 3373, "grantor": 10}
    for role in work.cluster.roles.values():
        for name in role.member_of:
            if name in work.cluster.roles:
                yield {"roleid": work.cluster.roles[name].oid, "member": role.oid, "grantor": 10}


def pg_database(work: View) -> Rows:
    """Yield the databases."""
    for entry in work.cluster.databases.values():
        owner = work.cluster.roles.get(entry.owner)
        acl = ["=c/postgres", "postgres=CTc/postgres"] if entry.is_template else None
        yield {
            "oid": entry.oid,
            "datname": entry.name,
            "datdba": owner.oid if owner else 10,
            "encoding": 6,
            "datcollate": "en_US.UTF-8",
            "datctype": "en_US.UTF-8",
            "datistemplate": entry.is_template,
            "datallowconn": entry.allows,
            "datconnlimit": -1,
            "datlastsysoid": 13_444,
            "datfrozenxid": 478,
            "datminmxid": 1,
            "dattablespace": 1663,
            "datacl": acl,
        }


def _state(backend: Backend) -> str:
    """Return the state of a connection in words."""
    if backend.is_active:
        return "active"
    names = {IDLE: "idle", FAILED: "idle in transaction (aborted)"}
    return names.get(backend.transaction, "idle in transaction")


def pg_stat_activity(work: View) -> Rows:
    """Yield the connections, and the server's own processes."""
    cluster = work.cluster
    started = datetime.fromtimestamp(cluster.started_at, UTC)
    main = cluster.machine.daemon("postgresql").pid
    for kind in ("autovacuum launcher", "logical replication launcher", "background writer", "checkpointer", "walwriter"):
        replicates = kind.startswith("logical")
        yield {"pid": main + 2 + POSTGRES_PROCESSES.index(kind), "backend_start": started, "backend_type": kind,
               "wait_event_type": "Activity", "usesysid": 10 if replicates else None,
               "usename": "postgres" if replicates else None}  # fmt: skip
    for backend in cluster.backends.values():
        role = cluster.roles.get(backend.user)
        entry = cluster.databases.get(backend.database)
        began = datetime.fromtimestamp(backend.query_at or backend.started_at, UTC)
        yield {
            "datid": entry.oid if entry else None,
            "datname": backend.database,
            "pid": backend.pid,
            "usesysid": role.oid if role else None,
            "usename": backend.user,
            "application_name": backend.settings.value("application_name"),
            "client_addr": backend.peer,
            "client_port": backend.peer_port,
            "backend_start": datetime.fromtimestamp(backend.started_at, UTC),
            "xact_start": began,
            "query_start": began,
            "state_change": began,
            "state": _state(backend),
            "query": backend.query[:1023],
            "backend_type": "client backend",
        }


def pg_stat_database(work: View) -> Rows:
    """Yield what is counted of databases."""
    for entry in work.cluster.databases.values():
        connected = sum(backend.database == entry.name for backend in work.cluster.backends.values())
        yield {
            "datid": entry.oid,
            "datname": entry.name,
            "numbackends": connected,
            "xact_commit": work.cluster.transactions,
            "xact_rollback": 3,
            "blks_read": 1_900,
            "blks_hit": 90_000,
            "tup_returned": 700_000,
            "tup_fetched": 60_000,
        }


def pg_settings(work: View) -> Rows:
    """Yield the settings."""
    settings = work.backend.settings
    for one in settings.all():
        yield {
            "name": one.name,
            "setting": one.value,
            "unit": one.unit or None,
            "category": "",
            "short_desc": "",
            "context": one.context,
            "vartype": one.type,
            "source": "configuration file" if one.name in settings.server_names else "default",
            "enumvals": list(one.choices) or None,
            "boot_val": one.value,
            "reset_val": one.value,
            "pending_restart": False,
        }


def pg_type(_: View) -> Rows:
    """Yield the types."""
    for kind in KINDS:
        text = kind.family == "text"
        common = {"typnamespace": 11, "typowner": 10, "typisdefined": True, "typdelim": ",", "typtypmod": -1}
        yield {
            **common,
            "oid": kind.oid,
            "typname": kind.name,
            "typlen": kind.size,
            "typbyval": kind.size in (1, 2, 4, 8),
            "typtype": "p" if kind.category in ("P", "X") else "b",
            "typcategory": kind.category,
            "typispreferred": kind.oid in (25, 701, 16),
            "typarray": kind.array,
            "typinput": f"{kind.name}in",
            "typoutput": f"{kind.name}out",
            "typreceive": f"{kind.name}recv",
            "typsend": f"{kind.name}send",
            "typalign": "i",
            "typstorage": "x" if kind.size < 0 else "p",
            "typcollation": 100 if text and kind.category == "S" else 0,
        }
        if kind.array:
            yield {
                **common,
                "oid": kind.array,
                "typname": f"_{kind.name}",
                "typlen": -1,
                "typtype": "b",
                "typcategory": "A",
                "typelem": kind.oid,
                "typinput": "array_in",
                "typoutput": "array_out",
                "typreceive": "array_recv",
                "typsend": "array_send",
                "typalign": "i",
                "typstorage": "x",
            }


def pg_proc(work: View) -> Rows:
    """Yield the functions: the server's by their names, and those that somebody made."""
    for number, (name, type_) in enumerate(work.function_types()):
        oid = oid_named(type_.name) if not isinstance(type_, int) else 25
        yield {
            "oid": 5_000 + number,
            "proname": name,
            "pronamespace": 11,
            "proowner": 10,
            "prolang": 12,
            "procost": 1.0,
            "prokind": "f",
            "proisstrict": True,
            "provolatile": "s",
            "proparallel": "s",
            "prorettype": oid or 25,
            "prosrc": name,
            "proargtypes": [],
        }
    languages = {name: oid for oid, name, _ in _LANGUAGES}
    for routine in work.cluster.routines.values():
        if routine.database != work.backend.database:
            continue
        owner = work.cluster.roles.get(routine.owner)
        yield {
            "oid": routine.oid,
            "proname": routine.name,
            "pronamespace": 2200,
            "proowner": owner.oid if owner else 10,
            "prolang": languages.get(routine.language, 14),
            "procost": 1.0 if routine.language == "c" else 100.0,
            "prokind": "p" if routine.is_procedure else "f",
            "provolatile": "v",
            "proparallel": "u",
            "pronargs": len([one for one in routine.arguments.split(",") if one.strip()]),
            "prorettype": oid_named(routine.returns) or 25,
            "proargtypes": [],
            "prosrc": routine.body[-1],
            "probin": routine.body[0] if len(routine.body) > 1 else None,
        }


def pg_language(_: View) -> Rows:
    """Yield the languages of functions."""
    for oid, name, trusted in _LANGUAGES:
        yield {"oid": oid, "lanname": name, "lanowner": 10, "lanispl": name == "plpgsql", "lanpltrusted": trusted}


def pg_am(_: View) -> Rows:
    """Yield the access methods."""
    for oid, name, kind in ((2, "heap", "t"), (403, "btree", "i"), (405, "hash", "i"), (783, "gist", "i"), (2742, "gin", "i"),
                            (4000, "spgist", "i"), (3580, "brin", "i")):  # fmt: skip
        yield {"oid": oid, "amname": name, "amhandler": f"{name}handler", "amtype": kind}


def pg_extension(work: View) -> Rows:
    """Yield the extensions of the database."""
    for name, version in work.database.extensions.items():
        schema = 11 if name == "plpgsql" else 2200
        yield {
            "oid": 13_547 if name == "plpgsql" else work.oid_of("extension", name),
            "extname": name,
            "extowner": 10,
            "extnamespace": schema,
            "extrelocatable": name != "plpgsql",
            "extversion": version,
        }


def pg_available_extensions(work: View) -> Rows:
    """Yield the extensions that could be made."""
    for name, version in EXTENSIONS.items():
        yield {"name": name, "default_version": version, "installed_version": work.database.extensions.get(name), "comment": ""}


def pg_tablespace(_: View) -> Rows:
    """Yield the tablespaces."""
    yield {"oid": 1663, "spcname": "pg_default", "spcowner": 10}
    yield {"oid": 1664, "spcname": "pg_global", "spcowner": 10}


def pg_collation(_: View) -> Rows:
    """Yield the most important collations."""
    for oid, name, encoding in (
        (100, "default", -1),
        (950, "C", -1),
        (951, "POSIX", -1),
        (12_301, "en_US.utf8", 6),
        (12_302, "en_US", 6),
    ):
        yield {"oid": oid, "collname": name, "collnamespace": 11, "collowner": 10, "collprovider": "d" if oid == 100 else "c",
               "collisdeterministic": True, "collencoding": encoding, "collcollate": "" if oid == 100 else name,
               "collctype": "" if oid == 100 else name}  # fmt: skip


def pg_largeobject_metadata(work: View) -> Rows:
    """Yield the large objects."""
    for found in work.cluster.large_objects.values():
        owner = work.cluster.roles.get(found.owner)
        yield {"oid": found.oid, "lomowner": owner.oid if owner else 10}


def pg_largeobject(work: View) -> Rows:
    """Yield the pages of the large objects."""
    for found in work.cluster.large_objects.values():
        for page in range(0, len(found.data), 2048):
            yield {"loid": found.oid, "pageno": page // 2048, "data": bytes(found.data[page : page + 2048])}


def pg_prepared_statements(work: View) -> Rows:
    """Yield the prepared statements of the connection."""
    for name, one in work.backend.statements.items():
        if name:
            yield {
                "name": name,
                "statement": one.text,
                "prepare_time": datetime.fromtimestamp(one.prepared_at, UTC),
                "parameter_types": [BY_OID[oid].title for oid in one.parameters if oid in BY_OID],
                "from_sql": one.from_sql,
            }


def pg_cursors(work: View) -> Rows:
    """Yield the cursors of the connection."""
    for cursor in work.backend.cursors.values():
        yield {
            "name": cursor.name,
            "statement": cursor.query,
            "is_holdable": cursor.holds,
            "is_binary": False,
            "is_scrollable": True,
        }


def pg_hba_file_rules(work: View) -> Rows:
    """Yield the rules of pg_hba.conf."""
    work.demand_superuser("pg_hba_file_rules")
    rules = (
        ("local", "all", "postgres", None, None, "peer"),
        ("local", "all", "all", None, None, "peer"),
        ("host", "all", "all", "127.0.0.1", "255.255.255.255", "md5"),
        ("host", "all", "all", "0.0.0.0", "0.0.0.0", "md5"),  # noqa: S104 - a text, no address to bind to
    )
    for number, (kind, database, user, address, mask, method) in enumerate(rules):
        yield {
            "line_number": 85 + 3 * number,
            "type": kind,
            "database": [database],
            "user_name": [user],
            "address": address,
            "netmask": mask,
            "auth_method": method,
        }


PROVIDERS = {
    "pg_authid": pg_authid,
    "pg_roles": pg_roles,
    "pg_shadow": pg_shadow,
    "pg_user": pg_user,
    "pg_group": pg_group,
    "pg_auth_members": pg_auth_members,
    "pg_database": pg_database,
    "pg_stat_activity": pg_stat_activity,
    "pg_stat_database": pg_stat_database,
    "pg_settings": pg_settings,
    "pg_type": pg_type,
    "pg_proc": pg_proc,
    "pg_language": pg_language,
    "pg_am": pg_am,
    "pg_extension": pg_extension,
    "pg_available_extensions": pg_available_extensions,
    "pg_tablespace": pg_tablespace,
    "pg_collation": pg_collation,
    "pg_largeobject_metadata": pg_largeobject_metadata,
    "pg_largeobject": pg_largeobject,
    "pg_prepared_statements": pg_prepared_statements,
    "pg_cursors": pg_cursors,
    "pg_hba_file_rules": pg_hba_file_rules,
}
__all__ = ["EXTENSIONS", "PROVIDERS"]
