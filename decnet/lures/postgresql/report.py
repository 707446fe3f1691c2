# SPDX-License-Identifier: MIT
"""
What the server tells the client of: errors that end a statement or the connection, and notices.

The fields are those of the manual's page "Error and Notice Message Fields", in the order in which PostgreSQL 12 and 13 send
them: S V C M D H P s t c n F L R. The places in the source come from answers of such servers as people published them; they
are part of what scanners take for a version.
"""

import zlib
from dataclasses import dataclass, field

_PLACES = {
    "auth_failed": ("auth.c", 347, 337),
    "ClientAuthentication": ("auth.c", 550, 520),
    "recv_password_packet": ("auth.c", 715, 688),
    "CheckSCRAMAuth": ("auth.c", 920, 893),
    "read_client_first_message": ("auth-scram.c", 978, 975),
    "read_client_final_message": ("auth-scram.c", 1302, 1297),
    "pg_be_scram_init": ("auth-scram.c", 240, 240),
    "ProcessStartupPacket": ("postmaster.c", 2113, 2120),
    "InitPostgres": ("postinit.c", 876, 868),
    "InitializeSessionUserId": ("miscinit.c", 697, 705),
    "SocketBackend": ("postgres.c", 482, 480),
    "errorMissingColumn": ("parse_relation.c", 3514, 3359),
    "errorMissingRTE": ("parse_relation.c", 3408, 3266),
    "parserOpenTable": ("parse_relation.c", 1376, 1173),
    "scanner_yyerror": ("scan.l", 1150, 1149),
    "ParseFuncOrColumn": ("parse_func.c", 636, 629),
    "op_error": ("parse_oper.c", 731, 728),
    "colNameToVar": ("parse_relation.c", 735, 604),
    "set_config_option": ("guc.c", 6849, 6786),
    "GetConfigOptionByName": ("guc.c", 8790, 8670),
    "aclcheck_error": ("aclchk.c", 3466, 3513),
    "DoCopy": ("copy.c", 957, 865),
    "exec_simple_query": ("postgres.c", 1068, 1044),
    "IsTransactionExitStmt": ("postgres.c", 1068, 1044),
    "_bt_check_unique": ("nbtinsert.c", 656, 570),
    "ExecConstraints": ("execMain.c", 1953, 1965),
    "pg_strtoint32": ("numutils.c", 259, 259),
    "int4div": ("int.c", 824, 826),
    "ProcessInterrupts": ("postgres.c", 3093, 3057),
    "heap_create_with_catalog": ("heap.c", 1155, 1164),
    "DropErrorMsgNonExistent": ("tablecmds.c", 1273, 1261),
}
"""Routine to (file, line in 13, line in 12)."""


@dataclass
class Report(Exception):  # noqa: N818 - a notice is none of the errors
    """One message; raised where it ends a statement (``ERROR``) or the connection (``FATAL``)."""

    message: str
    code: str
    severity: str = "ERROR"
    detail: str = ""
    hint: str = ""
    position: int = 0
    where: str = ""
    routine: str = ""
    place: tuple[str, int, int] | None = None
    extra: dict[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Exceptions are told apart by identity."""
        return id(self)

    def _likely_place(self) -> tuple[str, int, int]:
        """Return a place for a routine of which none is known: the same at every time."""
        line = 180 + zlib.crc32((self.routine or self.code).encode()) % 1_700
        return _file_of(self.code), line, line - 7

    def fields(self, major: int) -> list[tuple[str, str]]:
        """Return (code of the field, text) in the order of the wire."""
        file, line_13, line_12 = self.place or _PLACES.get(self.routine) or self._likely_place()
        found = [("S", self.severity), ("V", self.severity), ("C", self.code), ("M", self.message)]
        found += [("D", self.detail), ("H", self.hint), ("P", str(self.position or "")), ("W", self.where)]
        found += list(self.extra.items())
        line = line_12 if major < 13 else line_13
        found += [("F", file), ("L", str(line)), ("R", self.routine or "exec_simple_query")]
        return [(key, value) for key, value in found if value]


def _file_of(code: str) -> str:
    """Return a file of the source in which reports of a class arise."""
    return next((file for prefix, file in _FILES.items() if code.startswith(prefix)), "postgres.c")


_FILES = {
    "00": "namespace.c",
    "01": "namespace.c",
    "08": "pqformat.c",
    "22": "varlena.c",
    "23": "execMain.c",
    "25": "xact.c",
    "28": "auth.c",
    "26": "prepare.c",
    "34": "portalcmds.c",
    "38": "copy.c",
    "3D": "dbcommands.c",
    "3F": "namespace.c",
    "42501": "aclchk.c",
    "42": "parse_relation.c",
    "53": "mcxt.c",
    "54": "postgres.c",
    "55": "guc.c",
    "57": "postgres.c",
    "58": "fd.c",
}


def fatal(message: str, code: str, routine: str = "", **more: str) -> Report:
    """Return the report of what ends a connection."""
    return Report(message, code, severity="FATAL", routine=routine, **more)  # type: ignore[arg-type]  # texts alone
