# SPDX-License-Identifier: MIT
"""Commands about names of files: realpath, readlink, basename, dirname."""

import posixpath

from decnet.lures.shell.commands.files import refuse_missing
from decnet.lures.shell.invocation import Invocation, reason


async def resolve(call: Invocation) -> int:
    """``readlink`` and ``realpath``."""
    options = call.options("efmnqsz", {"canonicalize": "f", "no-newline": "n"})
    is_real = call.name.rsplit("/", 1)[-1] == "realpath"
    code = 0
    for operand in options.operands:
        path = call.absolute(operand)
        try:
            if path == "/proc/self/exe" and call.path:
                shown = call.filesystem.resolve(call.path)
            else:
                shown = call.filesystem.resolve(path) if is_real or "fem" in options else call.filesystem.readlink(path)
            call.out(shown + ("" if "n" in options else "\n"))
        except OSError as error:
            code = call.fail(f"{operand}: {reason(error)}") if is_real else 1
    return code


async def base_name(call: Invocation) -> int:
    """``basename``."""
    options = call.options("as:z", {"suffix": "s", "multiple": "a"}, in_order=True)
    operands = options.operands
    if not operands:
        return refuse_missing(call)
    suffix = options.get("s") or (operands[1] if len(operands) > 1 and "a" not in options else "")
    for operand in operands if "as" in options else operands[:1]:
        name = operand.rstrip("/").rsplit("/", 1)[-1] or "/"
        call.line(name.removesuffix(suffix) if suffix and name != suffix else name)
    return 0


async def folder_name(call: Invocation) -> int:
    """``dirname``."""
    for operand in call.arguments:
        call.line(posixpath.dirname(operand.rstrip("/")) or ("/" if operand.startswith("/") else "."))
    return 0 if call.arguments else refuse_missing(call)


PROGRAMS = {
    "readlink": resolve, "realpath": resolve, "basename": base_name, "dirname": folder_name,
}  # fmt: skip
