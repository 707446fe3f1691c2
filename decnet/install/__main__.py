# SPDX-License-Identifier: MIT
"""``python -I -B -m decnet.install VERB …``: how maintainer scripts call the configurator. Messages go to standard error."""

import os
import signal
import sys

from decnet.domain.captured import harmless
from decnet.errors import DecnetError
from decnet.install import arguments

_MASK = 0o022


def _lines(text: str) -> str:
    """Return the lines of an error with nothing in them that a terminal would obey."""
    return "\n".join(harmless(line) for line in text.split("\n"))


def main() -> int:
    """Run the configurator and return its exit code."""
    os.umask(_MASK)  # a root shell's own mask must not decide who reads what is made
    parser = arguments.Parser(prog="decnet configure")
    arguments.declare(parser)
    try:
        return arguments.carry_out(parser.parse_args(), os.environ)  # noqa: TID251 - where the environment comes in
    except DecnetError as error:
        print(f"decnet: {_lines(error.message)}", file=sys.stderr)  # noqa: T201 - the message of last resort
        if error.remedy:
            print(f"  to mend it: {_lines(error.remedy)}", file=sys.stderr)  # noqa: T201 - as above
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
