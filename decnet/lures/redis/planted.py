# SPDX-License-Identifier: MIT
"""The keys that lie in a decoy's database before anybody comes, made from its seed."""

import json
import time

from decnet.domain.persona import Persona
from decnet.lures.redis.keyspace import Database, Hash, List, Set

_NAMES = ("anna", "m.weber", "jsmith", "lucia", "pavel", "t.nguyen", "olga", "k.meier", "sofia", "dan")
_APPLICATIONS = ("shop", "portal", "crm", "wiki", "billing", "intranet", "booking")


def plant(persona: Persona) -> Database:
    """Return the first database of a decoy."""
    database = Database()
    name = persona.choose("redis application", _APPLICATIONS)
    now = time.time()
    for index in range(persona.between("redis sessions", 4, 19)):
        token = persona.derive(f"redis session {index}", 16).hex()
        user = persona.choose(f"redis user {index}", _NAMES)
        content = json.dumps({"uid": persona.between(f"redis uid {index}", 2, 900), "user": user, "csrf": token[:12]}).encode()
        expires_at = now + persona.between(f"redis ttl {index}", 1_200, 86_000)
        database.put(f"{name}:session:{token}".encode(), content, expires_at=expires_at)
    _plant_application(database, persona, name)
    return database


def _plant_application(database: Database, persona: Persona, name: str) -> None:
    """Plant what an application keeps beside its sessions."""
    visits = persona.between("redis visits", 1_000, 90_000)
    database.put(f"{name}:visits".encode(), b"%d" % visits)
    database.put(
        f"{name}:version".encode(), f"{persona.between('redis major', 1, 6)}.{persona.between('redis minor', 0, 30)}".encode()
    )
    database.put(
        f"{name}:online".encode(), Set(dict.fromkeys(user.encode() for user in _NAMES[: persona.between("redis online", 2, 6)]))
    )
    password = persona.derive("redis smtp", 8).hex()
    mail = {b"host": f"mail.{persona.domain}".encode(), b"user": name.encode(), b"password": password.encode(), b"port": b"587"}
    database.put(f"{name}:config:smtp".encode(), Hash(mail))
    jobs = List(
        json.dumps(
            {"id": visits + index, "job": persona.choose(f"redis job {index}", ("mail", "invoice", "thumbnail", "report"))}
        ).encode()
        for index in range(persona.between("redis jobs", 1, 5))
    )
    database.put(f"{name}:queue:default".encode(), jobs)
