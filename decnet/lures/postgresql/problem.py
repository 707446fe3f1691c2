# SPDX-License-Identifier: MIT
"""The words, codes and positions that PostgreSQL has for what is wrong with a statement."""

import re
from collections.abc import Callable

from decnet.lures.postgresql.kind import kind_named
from decnet.lures.postgresql.report import Report
from decnet.lures.sql.problem import Kind, SqlError

_NO_FUNCTION = "No function matches the given name and argument types. You might need to add explicit type casts."
_NO_OPERATOR = "No operator matches the given name and argument types. You might need to add explicit type casts."
_TOKEN = re.compile(r"[^\W\d][\w$]*|'(?:[^']|'')*'?|\"(?:[^\"]|\"\")*\"?|\$\d+|\d+(?:\.\d+)?|[-+*/<>=~!@#%^&|`?]+|.", re.DOTALL)
_MAX_TOKEN = 256
_LONGEST_NAME = 256
"""Of a longer name no place is told: an expression would be made of it, and Python keeps the last ones that it made."""


def report_of(error: SqlError, text: str, major: int = 13) -> Report:
    """Return what a client is told; ``text`` is the whole query, in which the mistake is looked for."""
    arguments = tuple(error.arguments)
    if error.kind is Kind.SYNTAX:
        return _syntax(arguments, text)
    found = _WORDS[error.kind](*arguments) if error.kind in _WORDS else Report("internal error", "XX000")
    if error.kind is Kind.NO_DEFAULT:
        arguments = (arguments[1], arguments[0])
    if error.kind in (Kind.NOT_NULL, Kind.NO_DEFAULT) and major >= 13:
        found.message = f'null value in column "{arguments[1]}" of relation "{arguments[0]}" violates not-null constraint'
    found = _in_context(error.kind, arguments, text) or found
    if error.kind is Kind.BAD_VALUE and len(arguments) > 1:
        # only a text that stands in the statement has a place
        found.position = text.find("'" + str(arguments[1]).replace("'", "''") + "'") + 1
    elif error.kind in _PLACED and arguments:
        found.position = _position(text, str(arguments[_PLACED[error.kind]]))
    return found


def _in_context(kind: Kind, arguments: tuple[str | int, ...], text: str) -> Report | None:
    """Return what the words around a mistake make of it; None where they change nothing."""
    name = str(arguments[0]) if arguments else ""
    if len(name) > _LONGEST_NAME:
        return None
    if kind is Kind.UNKNOWN_DATABASE and (match := re.search(rf"\b{re.escape(name)}\.(\w+)", text)):
        return Report(f'relation "{match[0]}" does not exist', "42P01", routine="parserOpenTable")
    if kind is not Kind.UNKNOWN_COLUMN:
        return None
    table = name.rpartition(".")[0]
    if table and not re.search(rf"\b{re.escape(table)}\b(?!\s*\.)", text, re.IGNORECASE):
        return Report(f'missing FROM-clause entry for table "{table}"', "42P01", routine="errorMissingRTE")
    changed = re.match(r"\s*(?:insert\s+into|update)\s+(?:\w+\.)?\"?(\w+)", text, re.IGNORECASE)
    if changed and len(arguments) > 1 and arguments[1] == "field list":
        return Report(f'column "{name}" of relation "{changed[1]}" does not exist', "42703", routine="checkInsertTargets")
    return None


def syntax_error(text: str, offset: int) -> Report:
    """Return the error for a statement that is wrong from an offset on."""
    return _syntax((text[offset:], 1, offset), text)


def _syntax(arguments: tuple[str | int, ...], text: str) -> Report:
    """Return the error for what is no statement."""
    rest = str(arguments[0]) if arguments else ""
    offset = int(arguments[2]) if len(arguments) > 2 else len(text)
    if not rest.strip():
        return Report("syntax error at end of input", "42601", position=len(text) + 1, routine="scanner_yyerror")
    match = _TOKEN.match(rest)
    token = match[0][:_MAX_TOKEN] if match else rest[:1]
    words = "syntax error"
    for quote, name in (("'", "string"), ('"', "identifier")):
        if token.startswith(quote) and not (len(token) > 1 and token.endswith(quote)):
            words = f"unterminated quoted {name}"
    if rest.startswith("/*") and "*/" not in rest:
        words, token = "unterminated /* comment", rest[:_MAX_TOKEN]
    return Report(f'{words} at or near "{token}"', "42601", position=offset + 1, routine="scanner_yyerror")


def _position(text: str, name: str) -> int:
    """Return where a name stands in a query, counted from 1; 0 where it cannot be seen."""
    last = name.rsplit(".", 1)[-1]
    if len(name) > _LONGEST_NAME:
        return 0
    pattern = rf"(?<![\w$'])(?:{re.escape(name)}|\"?{re.escape(last)}\"?)(?![\w$])" if last else ""
    match = re.search(pattern, text, re.IGNORECASE) if pattern else None
    return match.start() + 1 if match else 0


def _relation(schema: str, name: str) -> Report:
    shown = f"{schema}.{name}" if schema and schema != "public" else name
    return Report(f'relation "{shown}" does not exist', "42P01", routine="parserOpenTable")


def _column(name: str, _clause: str = "") -> Report:
    shown = name if "." in name else f'"{name}"'
    return Report(f"column {shown} does not exist", "42703", routine="errorMissingColumn")


def _function(schema: str, name: str, arguments: str = "") -> Report:
    shown = (f"{schema}.{name}" if schema else name).lower()
    types = ", ".join(_guessed(one) for one in _split(arguments))
    return Report(f"function {shown}({types}) does not exist", "42883", hint=_NO_FUNCTION, routine="ParseFuncOrColumn")


def _split(arguments: str) -> list[str]:
    """Cut arguments at the commas that stand in no brackets and no text."""
    parts, depth, is_text, start = [], 0, False, 0
    for place, character in enumerate(arguments):
        is_text ^= character == "'"
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth and not is_text:
            parts.append(arguments[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, arguments[start:]] if part.strip()]


def _guessed(argument: str) -> str:
    """Return the type that an argument seems to have."""
    cast = re.search(r"::\s*([\w ]+?)\s*$", argument)
    if cast:
        kind = kind_named(cast[1].lower())
        return kind.title if kind else cast[1]
    if re.fullmatch(r"[+-]?\d+", argument):
        return "integer"
    if re.fullmatch(r"[+-]?\d*\.\d*", argument):
        return "numeric"
    if argument.lower() in ("true", "false"):
        return "boolean"
    return "unknown" if argument.startswith("'") or argument.lower() == "null" else "text"


def _operator(operator: str, left: str, right: str) -> Report:
    kinds = [kind_named(name.removesuffix("[]")) for name in (left, right)]
    shown = [kind.title if kind else name for kind, name in zip(kinds, (left, right), strict=True)]
    return Report(f"operator does not exist: {shown[0]} {operator} {shown[1]}", "42883", hint=_NO_OPERATOR, routine="op_error")


def _duplicate(value: str, table: str, key: str) -> Report:
    columns = key.removeprefix(f"{table}_").removesuffix("_key").removesuffix("_idx")
    shown = "id" if columns == "pkey" else columns
    detail = f"Key ({shown})=({str(value).replace('-', ', ') if ',' in shown else value}) already exists."
    words = f'duplicate key value violates unique constraint "{key}"'
    return Report(words, "23505", detail=detail, extra={"s": "public", "t": table, "n": key}, routine="_bt_check_unique")


def _null(table: str, column: str) -> Report:
    extra = {"s": "public", "t": table, "c": column}
    words = f'null value in column "{column}" violates not-null constraint'
    return Report(words, "23502", detail="Failing row contains (null).", extra=extra, routine="ExecConstraints")


def _bad_value(type_: str, value: str, _column: str = "") -> Report:
    kind = kind_named(type_)
    shown = kind.title if kind else type_
    return Report(f'invalid input syntax for type {shown}: "{value}"', "22P02", routine="pg_strtoint32")


def _union_columns(wanted: int = 0) -> Report:
    if wanted == 1:
        return Report("subquery must return only one column", "42601")
    return Report("each UNION query must have the same number of columns", "42601", routine="transformSetOperationTree")


def _range(type_: str = "integer", _: str = "") -> Report:
    return Report(f"{type_.replace('int8', 'bigint').replace('int4', 'integer')} out of range", "22003")


def _grouping(_: int, name: str) -> Report:
    words = f'column "{name}" must appear in the GROUP BY clause or be used in an aggregate function'
    return Report(words, "42803", routine="check_ungrouped_columns_walker")


def _memory(*_: object) -> Report:
    return Report("out of memory", "53200", detail='Failed on request of size 8192 in memory context "ExecutorState".')


def _deep(*_: object) -> Report:
    hint = (
        'Increase the configuration parameter "max_stack_depth" (currently 2048kB), after ensuring the platform\'s stack depth '
        "limit is adequate."
    )
    return Report("stack depth limit exceeded", "54001", hint=hint, routine="check_stack_depth")


_WORDS: dict[Kind, Callable[..., Report]] = {
    Kind.TOO_DEEP: _deep,
    Kind.TOO_LARGE: _memory,
    Kind.NO_MEMORY: _memory,
    Kind.TIMEOUT: lambda: Report("canceling statement due to statement timeout", "57014", routine="ProcessInterrupts"),
    Kind.UNKNOWN_DATABASE: lambda name, _="": Report(f'schema "{name}" does not exist', "3F000", routine="get_namespace_oid"),
    Kind.UNKNOWN_TABLE: _relation,
    Kind.UNKNOWN_COLUMN: _column,
    Kind.UNKNOWN_ALIAS: lambda name: Report(
        f'missing FROM-clause entry for table "{name}"', "42P01", routine="errorMissingRTE"
    ),
    Kind.AMBIGUOUS_COLUMN: lambda name, _="": Report(
        f'column reference "{name}" is ambiguous', "42702", routine="colNameToVar"
    ),
    Kind.UNKNOWN_FUNCTION: _function,
    Kind.ARGUMENT_COUNT: lambda name: _function("", name),
    Kind.UNKNOWN_VARIABLE: lambda name: Report(f'unrecognized configuration parameter "{name}"', "42704"),
    Kind.UNKNOWN_TYPE: lambda name, *_: Report(f'type "{name}" does not exist', "42704", routine="typenameType"),
    Kind.DATABASE_EXISTS: lambda name: Report(f'schema "{name}" already exists', "42P06", routine="NamespaceCreate"),
    Kind.NO_SUCH_DATABASE: lambda name: Report(f'schema "{name}" does not exist', "3F000", routine="get_object_address"),
    Kind.TABLE_EXISTS: lambda name: Report(f'relation "{name}" already exists', "42P07", routine="heap_create_with_catalog"),
    Kind.NO_SUCH_TABLE: lambda _, name="": Report(f'table "{name}" does not exist', "42P01", routine="DropErrorMsgNonExistent"),
    Kind.COLUMN_EXISTS: lambda name: Report(f'column "{name}" specified more than once', "42701"),
    Kind.NO_SUCH_COLUMN: lambda name, table="": Report(
        f'column "{name}" of relation "{table}" does not exist', "42703", routine="ATExecDropColumn"
    ),
    Kind.UNION_COLUMNS: lambda _=0: _union_columns(),
    Kind.NO_TABLES: lambda: Report("SELECT * with no tables specified is not valid", "42601", routine="ExpandAllTables"),
    Kind.NO_DEFAULT: lambda column, table="", _=0: _null(table, column),
    Kind.NO_DATABASE: lambda: Report(
        "no schema has been selected to create in", "3F000", routine="RangeVarGetCreationNamespace"
    ),
    Kind.READ_ONLY: lambda what, _user, table: Report(f'cannot {what} view "{table}"', "55000", routine="rewriteTargetView"),
    Kind.NO_ALIAS: lambda: Report(
        "subquery in FROM must have an alias", "42601", hint="For example, FROM (SELECT ...) [AS] foo.", routine="base_yyparse"
    ),
    Kind.EMPTY: lambda: Report("syntax error at end of input", "42601", routine="scanner_yyerror"),
    Kind.DUPLICATE_KEY: _duplicate,
    Kind.NOT_NULL: _null,
    Kind.VALUE_COUNT: lambda _=0: Report("INSERT has more expressions than target columns", "42601"),
    Kind.COLUMN_COUNT: _union_columns,
    Kind.SUBQUERY_ROWS: lambda: Report("more than one row returned by a subquery used as an expression", "21000"),
    Kind.OUT_OF_RANGE: _range,
    Kind.BAD_VALUE: _bad_value,
    Kind.BAD_OPERATION: _operator,
    Kind.DIVISION: lambda: Report("division by zero", "22012", routine="int4div"),
    Kind.GROUPING: _grouping,
    Kind.AGGREGATE: lambda _="": Report("aggregate functions are not allowed in WHERE", "42803"),
    Kind.DENIED: lambda *words: Report(f"permission denied for {' '.join(map(str, words))}", "42501", routine="aclcheck_error"),
}
_PLACED = {
    Kind.UNKNOWN_TABLE: 1, Kind.UNKNOWN_COLUMN: 0, Kind.UNKNOWN_ALIAS: 0, Kind.AMBIGUOUS_COLUMN: 0, Kind.UNKNOWN_FUNCTION: 1,
    Kind.ARGUMENT_COUNT: 0, Kind.UNKNOWN_TYPE: 0, Kind.UNKNOWN_DATABASE: 0,
}  # fmt: skip
"""Mistakes that have a place in the query, and which argument names it."""
