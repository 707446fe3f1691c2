# SPDX-License-Identifier: MIT
"""CREATE, ALTER and DROP of roles, databases, extensions, functions and sequences."""

import re
from typing import Any

from decnet.lures.postgresql.catalog.people import EXTENSIONS
from decnet.lures.postgresql.cluster import Role, Routine, hashed
from decnet.lures.postgresql.language import Wish
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.state import Result
from decnet.lures.postgresql.work import Work

_FLAGS = {
    "superuser": ("is_superuser", True),
    "nosuperuser": ("is_superuser", False),
    "createdb": ("creates_databases", True),
    "nocreatedb": ("creates_databases", False),
    "createrole": ("creates_roles", True),
    "nocreaterole": ("creates_roles", False),
    "createuser": ("creates_roles", True),
    "login": ("logs_in", True),
    "nologin": ("logs_in", False),
    "replication": ("replicates", True),
    "noreplication": ("replicates", False),
    "bypassrls": ("bypasses", True),
    "nobypassrls": ("bypasses", False),
    "inherit": ("inherits", True),
    "noinherit": ("inherits", False),
}
_SYSTEM_LIBRARY = re.compile(r"^(/lib|/usr/lib|libc\.so|\$libdir)")


def create_role(work: Work, wish: Wish) -> Result:
    """Make a role; raises ``Report``."""
    name = wish.names[0]
    if not (work.is_superuser or work.role.creates_roles):
        raise Report("permission denied to create role", "42501", routine="CreateRole")
    if name in work.cluster.roles:
        raise Report(f'role "{name}" already exists', "42710", routine="CreateRole")
    role = Role(name, work.cluster.next_oid(), logs_in=wish.detail["login"])
    _apply(work, role, wish)
    if role.is_superuser and not work.is_superuser:
        raise Report("must be superuser to create superusers", "42501", routine="CreateRole")
    work.cluster.add_role(role)
    return Result("CREATE ROLE")


def alter_role(work: Work, wish: Wish) -> Result:
    """Change a role; raises ``Report``."""
    name = wish.names[0]
    name = work.backend.user if name in ("current_user", "session_user") else name
    role = work.cluster.roles.get(name)
    if role is None:
        raise Report(f'role "{name}" does not exist', "42704", routine="AlterRole")
    if not work.is_superuser and name != work.backend.user:
        raise Report("permission denied", "42501", routine="AlterRole")
    words = wish.detail["words"]
    if words[:2] == ["rename", "to"]:
        new = words[2] if len(words) > 2 else name
        work.cluster.roles = {new if one == name else one: found for one, found in work.cluster.roles.items()}
        role.name = new
    elif words[:1] not in (["set"], ["reset"], ["in"]):
        _apply(work, role, wish)
    return Result("ALTER ROLE")


def _apply(work: Work, role: Role, wish: Wish) -> None:
    """Change a role as the words of a statement say; who knows the new password gets in with it from the same address."""
    words, texts = wish.detail["words"], list(wish.detail["texts"])
    for place, word in enumerate(words):
        if word in _FLAGS:
            name, value = _FLAGS[word]
            setattr(role, name, value)
        elif word == "password" and texts:
            given = texts.pop(0)
            role.password = hashed(role.name, given)
            work.cluster.passwords[role.name] = given
        elif word == "until" and texts:
            role.valid_until = texts.pop(0)
        elif word == "limit" and words[place + 1 : place + 2] and words[place + 1].isdigit():
            role.limit = int(words[place + 1][:9])


def drop_role(work: Work, wish: Wish) -> Result:
    """Remove roles; raises ``Report``."""
    for name in wish.names:
        if name not in work.cluster.roles:
            if wish.detail["exists"]:
                work.notice(f'role "{name}" does not exist, skipping', routine="DropRole")
                continue
            raise Report(f'role "{name}" does not exist', "42704", routine="DropRole")
        if not work.is_superuser:
            raise Report("permission denied to drop role", "42501", routine="DropRole")
        if name == work.backend.user:
            raise Report("current user cannot be dropped", "55006", routine="DropRole")
        if name == "postgres" or any(entry.owner == name for entry in work.cluster.databases.values()):
            words = f'role "{name}" cannot be dropped because some objects depend on it'
            raise Report(words, "2BP01", detail="owner of database postgres", routine="DropRole")
        del work.cluster.roles[name]
    return Result("DROP ROLE")


def create_database(work: Work, wish: Wish) -> Result:
    """Make a database; raises ``Report``."""
    if not (work.is_superuser or work.role.creates_databases):
        raise Report("permission denied to create database", "42501", routine="createdb")
    words = wish.detail["words"]
    template = words[words.index("template") + 1 :] if "template" in words else []
    name = next((word for word in template if word != "="), "template1")
    work.cluster.add_database(wish.names[0], work.backend.user, name)
    return Result("CREATE DATABASE")


def drop_database(work: Work, wish: Wish) -> Result:
    """Remove a database; raises ``Report``."""
    name = wish.names[0]
    entry = work.cluster.databases.get(name)
    if entry is None:
        if wish.detail["exists"]:
            work.notice(f'database "{name}" does not exist, skipping', routine="dropdb")
            return Result("DROP DATABASE")
        raise Report(f'database "{name}" does not exist', "3D000", routine="dropdb")
    if not work.is_superuser and entry.owner != work.backend.user:
        raise Report(f"must be owner of database {name}", "42501", routine="aclcheck_error")
    if name == work.backend.database:
        raise Report("cannot drop the currently open database", "55006", routine="dropdb")
    if entry.is_template:
        raise Report("cannot drop a template database", "42809", routine="dropdb")
    others = [one for one in work.cluster.backends.values() if one.database == name]
    if others:
        count = len(others)
        detail = f"There {'is' if count == 1 else 'are'} {count} other session{'s' * (count > 1)} using the database."
        raise Report(f'database "{name}" is being accessed by other users', "55006", detail=detail, routine="dropdb")
    del work.cluster.databases[name]
    return Result("DROP DATABASE")


def create_extension(work: Work, wish: Wish) -> Result:
    """Make an extension; raises ``Report`` where the server has no files of it."""
    name = wish.names[0]
    if name in work.database.extensions:
        if not wish.detail["exists"]:
            raise Report(f'extension "{name}" already exists', "42710", routine="CreateExtension")
        work.notice(f'extension "{name}" already exists, skipping', "42710", "CreateExtension")
        return Result("CREATE EXTENSION")
    if name not in EXTENSIONS:
        path = f"/usr/share/postgresql/{work.cluster.release.major}/extension/{name}.control"
        words = f'could not open extension control file "{path}": No such file or directory'
        raise Report(words, "58P01", routine="parse_extension_control_file")
    if not work.is_superuser and not work.owns_database:
        hint = "Must have CREATE privilege on current database to create this extension."
        raise Report(f'permission denied to create extension "{name}"', "42501", hint=hint, routine="execute_extension_script")
    work.database.extensions[name] = EXTENSIONS[name]
    return Result("CREATE EXTENSION")


def drop_extension(work: Work, wish: Wish) -> Result:
    """Remove extensions; raises ``Report``."""
    for name in wish.names:
        if work.database.extensions.pop(name, None) is None:
            if not wish.detail["exists"]:
                raise Report(f'extension "{name}" does not exist', "42704", routine="get_extension_oid")
            work.notice(f'extension "{name}" does not exist, skipping', routine="does_not_exist_skipping")
    return Result("DROP EXTENSION")


def create_function(work: Work, wish: Wish) -> Result:
    """Make a function; one in C needs its library among the server's files, as an attacker who uploaded one knows."""
    words, texts = wish.detail["words"], wish.detail["texts"]
    if "as" not in words:
        raise Report("no function body specified", "42P13", routine="compute_function_attributes")
    language = _word_behind(words, "language") or "sql"
    if language == "'":
        language = texts[0] if words.index("language") < words.index("as") else texts[-1]
    language = language.lower()
    body = tuple(text for text in texts if text.lower() != language or language not in ("c", "sql", "plpgsql"))[:2]
    _refuse_language(work, language)
    if language == "c":
        _refuse_library(work, body)
    source = wish.detail["source"]
    arguments = source[source.find("(") + 1 : _closing(source)] if "(" in source else ""
    returns = re.search(r"\breturns\s+((?:setof\s+)?[\w.\[\]]+)", source, re.IGNORECASE)
    name = wish.names[0].removeprefix("public.")
    work.cluster.add_routine(
        Routine(
            name,
            work.cluster.next_oid(),
            " ".join(arguments.split())[:500],
            (returns[1] if returns else "void").lower(),
            language,
            tuple(text[:65_536] for text in body) or ("",),
            work.backend.user,
            work.backend.database,
            is_procedure=wish.verb.endswith("procedure"),
        )
    )
    return Result(wish.verb.upper())


def _word_behind(words: list[str], word: str) -> str:
    """Return the word behind another one."""
    place = words.index(word) + 1 if word in words else len(words)
    return words[place] if place < len(words) else ""


def _closing(source: str) -> int:
    """Return where the first bracket is closed."""
    depth = 0
    for place, character in enumerate(source):
        depth += (character == "(") - (character == ")")
        if character == ")" and depth == 0:
            return place
    return len(source)


def _refuse_language(work: Work, language: str) -> None:
    """Refuse a language that there is not, or that the role may not use."""
    known = {"c", "sql", "plpgsql", "internal"} | {name for name in work.database.extensions if name.startswith("pl")}
    if language not in known:
        hint = "Use CREATE EXTENSION to load the language into the database." if language in EXTENSIONS else ""
        raise Report(f'language "{language}" does not exist', "42704", hint=hint, routine="CreateFunction")
    if language in ("c", "internal") and not work.is_superuser:
        raise Report(f"permission denied for language {language}", "42501", routine="aclcheck_error")


def _refuse_library(work: Work, body: tuple[str, ...]) -> None:
    """Refuse a library that is no file, or is none that PostgreSQL could load."""
    path = body[0] if body else ""
    if _SYSTEM_LIBRARY.match(path) and "libc" in path:
        hint = "Extension libraries are required to use the PG_MODULE_MAGIC macro."
        raise Report(f'incompatible library "{path}": missing magic block', "XX000", hint=hint, routine="internal_load_library")
    for candidate in (path, f"{path}.so"):
        if candidate.startswith("/") and work.cluster.files.exists(candidate):
            data = work.cluster.files.read(candidate)
            if not data.startswith(b"\x7fELF"):
                words = f'could not load library "{candidate}": {candidate}: invalid ELF header'
                raise Report(words, "58P01", routine="internal_load_library")
            return
    raise Report(f'could not access file "{path}": No such file or directory', "58P01", routine="internal_load_library")


def drop_function(work: Work, wish: Wish) -> Result:
    """Remove functions; raises ``Report``."""
    for name in wish.names:
        bare = name.removeprefix("public.")
        found = [oid for oid, one in work.cluster.routines.items() if one.name == bare]
        if not found and not wish.detail["exists"]:
            raise Report(f'could not find a function named "{bare}"', "42883", routine="LookupFuncWithArgs")
        if not found:
            work.notice(f"function {bare}() does not exist, skipping", routine="does_not_exist_skipping")
        for oid in found:
            del work.cluster.routines[oid]
    return Result(f"DROP {wish.detail['what'].upper()}")


def believed(work: Work, wish: Wish) -> Result:
    """Do nothing but tell that it was done."""
    del work
    return Result(wish.verb.upper())


RUN: dict[str, Any] = {
    "create role": create_role, "alter role": alter_role, "drop role": drop_role, "create database": create_database,
    "drop database": drop_database, "alter database": believed, "create extension": create_extension,
    "drop extension": drop_extension, "alter extension": believed, "create function": create_function,
    "create procedure": create_function, "drop function": drop_function, "drop procedure": drop_function,
    "alter function": believed, "alter procedure": believed, "create language": believed, "drop language": believed,
    "alter language": believed, "create sequence": believed, "drop sequence": believed, "alter sequence": believed,
}  # fmt: skip
"""Statements about objects with names."""
