# SPDX-License-Identifier: MIT
"""The types of PostgreSQL: their numbers and sizes as pg_type has them, and the names that people write and read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One type.

    ``name`` is that of pg_type ("int4"), ``shown`` what format_type says ("integer"), ``family`` is the evaluator's,
    ``array`` the number of the type of its arrays (0: none), ``category`` the letter of typcategory.
    """

    oid: int
    name: str
    size: int
    family: str
    shown: str = ""
    array: int = 0
    category: str = "U"

    @property
    def title(self) -> str:
        """What format_type says."""
        return self.shown or self.name


KINDS = (
    Kind(16, "bool", 1, "boolean", "boolean", 1000, "B"),
    Kind(17, "bytea", -1, "bytes", "", 1001),
    Kind(18, "char", 1, "text", '"char"', 1002, "S"),
    Kind(19, "name", 64, "text", "", 1003, "S"),
    Kind(20, "int8", 8, "integer", "bigint", 1016, "N"),
    Kind(21, "int2", 2, "integer", "smallint", 1005, "N"),
    Kind(22, "int2vector", -1, "array", "", 1006, "A"),
    Kind(23, "int4", 4, "integer", "integer", 1007, "N"),
    Kind(24, "regproc", 4, "other", "", 1008, "N"),
    Kind(25, "text", -1, "text", "", 1009, "S"),
    Kind(26, "oid", 4, "integer", "", 1028, "N"),
    Kind(27, "tid", 6, "other", "", 1010),
    Kind(28, "xid", 4, "integer", "", 1011),
    Kind(29, "cid", 4, "integer", "", 1012),
    Kind(30, "oidvector", -1, "array", "", 1013, "A"),
    Kind(114, "json", -1, "text", "", 199),
    Kind(142, "xml", -1, "text", "", 143),
    Kind(194, "pg_node_tree", -1, "text", "", 0, "S"),
    Kind(650, "cidr", -1, "text", "", 651, "I"),
    Kind(700, "float4", 4, "float", "real", 1021, "N"),
    Kind(701, "float8", 8, "float", "double precision", 1022, "N"),
    Kind(705, "unknown", -2, "text", "", 0, "X"),
    Kind(790, "money", 8, "decimal", "", 791, "N"),
    Kind(829, "macaddr", 6, "text", "", 1040),
    Kind(869, "inet", -1, "text", "", 1041, "I"),
    Kind(1033, "aclitem", 12, "text", "", 1034),
    Kind(1042, "bpchar", -1, "text", "character", 1014, "S"),
    Kind(1043, "varchar", -1, "text", "character varying", 1015, "S"),
    Kind(1082, "date", 4, "date", "", 1182, "D"),
    Kind(1083, "time", 8, "time", "time without time zone", 1183, "D"),
    Kind(1114, "timestamp", 8, "datetime", "timestamp without time zone", 1115, "D"),
    Kind(1184, "timestamptz", 8, "datetime", "timestamp with time zone", 1185, "D"),
    Kind(1186, "interval", 16, "time", "", 1187, "T"),
    Kind(1266, "timetz", 12, "time", "time with time zone", 1270, "D"),
    Kind(1560, "bit", -1, "text", "", 1561, "V"),
    Kind(1562, "varbit", -1, "text", "bit varying", 1563, "V"),
    Kind(1700, "numeric", -1, "decimal", "", 1231, "N"),
    Kind(1790, "refcursor", -1, "text", "", 2201),
    Kind(2202, "regprocedure", 4, "other", "", 2207, "N"),
    Kind(2205, "regclass", 4, "other", "", 2210, "N"),
    Kind(2206, "regtype", 4, "other", "", 2211, "N"),
    Kind(2249, "record", -1, "other", "", 2287, "P"),
    Kind(2278, "void", 4, "other", "", 0, "P"),
    Kind(2279, "trigger", 4, "other", "", 0, "P"),
    Kind(2277, "anyarray", -1, "array", "", 0, "P"),
    Kind(2950, "uuid", 16, "text", "", 2951),
    Kind(3220, "pg_lsn", 8, "text", "", 3221),
    Kind(3614, "tsvector", -1, "text", "", 3643),
    Kind(3802, "jsonb", -1, "text", "", 3807),
    Kind(4089, "regnamespace", 4, "other", "", 4090, "N"),
    Kind(4096, "regrole", 4, "other", "", 4097, "N"),
)
ALIASES = {
    "boolean": "bool", "integer": "int4", "int": "int4", "smallint": "int2", "bigint": "int8", "real": "float4",
    "double precision": "float8", "double": "float8", "float": "float8", "decimal": "numeric", "dec": "numeric",
    "character varying": "varchar", "character": "bpchar", "char": "bpchar", "serial": "int4", "bigserial": "int8",
    "smallserial": "int2", "serial4": "int4", "serial8": "int8", "serial2": "int2", "bit varying": "varbit",
    "timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz",
    "time without time zone": "time", "time with time zone": "timetz", "nchar": "bpchar",
}  # fmt: skip
"""Names that the grammar or people use, in lower case, and those of pg_type."""
SERIALS = frozenset({"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"})
REGISTERED = frozenset({"regclass", "regtype", "regproc", "regprocedure", "regnamespace", "regrole"})
BY_NAME = {kind.name: kind for kind in KINDS}
BY_OID = {kind.oid: kind for kind in KINDS}
BY_ARRAY = {kind.array: kind for kind in KINDS if kind.array}
TEXT = BY_NAME["text"]


class Named(int):
    """The number of an object that is shown by its name: a value of regclass, regtype and their kin."""

    name: str

    @classmethod
    def of(cls, oid: int, name: str) -> "Named":
        """Return the number ``oid`` that shows as ``name``."""
        made = cls(oid)
        made.name = name
        return made


def kind_named(name: str) -> Kind | None:
    """Return the type that a name stands for, in lower case and without brackets; none where there is no such type."""
    bare = name.removeprefix("pg_catalog.").strip()
    if bare == '"char"':
        return BY_NAME["char"]
    return BY_NAME.get(ALIASES.get(bare, bare))


def oid_named(name: str) -> int:
    """Return the number of a type by the name that pg_type or people use, brackets for an array; 0 where there is none."""
    found = kind_named(name.removesuffix("[]"))
    if found is None:
        return 0
    return found.array if name.endswith("[]") else found.oid


def title_of(oid: int, modifier: int = -1) -> str:
    """Return what format_type says of a number and a modifier."""
    if oid in BY_ARRAY:
        return title_of(BY_ARRAY[oid].oid, modifier) + "[]"
    kind = BY_OID.get(oid)
    if kind is None:
        return "-" if oid == 0 else "???"
    if modifier < 0:
        return "bpchar" if kind.name == "bpchar" else kind.title
    return _modified(kind, modifier)


def _modified(kind: Kind, modifier: int) -> str:
    """Return the name of a type with what stands in its brackets."""
    if kind.name in ("varchar", "bpchar"):
        return f"{kind.title}({modifier - 4})"
    if kind.name == "numeric":
        return f"numeric({modifier - 4 >> 16},{modifier - 4 & 0xFFFF})"
    if kind.name in ("timestamp", "timestamptz", "time", "timetz"):
        first, _, rest = kind.title.partition(" ")
        return f"{first}({modifier}) {rest}"
    return f"{kind.title}({modifier})" if kind.name in ("bit", "varbit") else kind.title
