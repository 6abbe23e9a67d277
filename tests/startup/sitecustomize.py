"""What every process that a test starts would do again: compile the same two thousand regular expressions.

Python imports this file at start where its folder is on PYTHONPATH, to which `conftest.py` adds it. The arguments of
`_sre.compile`, by pattern and flags, are kept beside this file's bytecode; only what is not there is compiled. A
process that had to compile many leaves them for the next. And imports make many objects that stay: the collector looks
through them less often.
"""

import _sre
import atexit
import gc
import marshal
import os
import sys
from array import array
from contextlib import suppress
from re import Pattern, _compiler, _constants, _parser  # type: ignore[attr-defined]
from typing import Any

FOLDER = os.path.join(os.path.dirname(__file__), "__pycache__")  # noqa: PTH118, PTH120 - each process would import pathlib
KEPT = f"{FOLDER}/patterns.{sys.implementation.cache_tag}.{_constants.MAGIC}"
MANY = 20
"""Not worth a file for fewer."""
MOST = 20_000
"""A test that compiles what it makes up by chance fills no disk."""

plain = _compiler.compile
known: dict[tuple[Any, int], tuple[Any, ...]] = {}
compiled = 0
read = False


def compile_once(pattern: Any, flags: int = 0) -> "Pattern[Any]":
    """Do what `re._compiler.compile` of Python 3.11 and 3.12 does, or take what it did before."""
    global compiled  # noqa: PLW0603 - counted for the whole process
    if not isinstance(pattern, str | bytes) or flags & _constants.SRE_FLAG_DEBUG:
        return plain(pattern, flags)
    _read()
    given = (pattern, int(flags))
    if given not in known:
        parsed = _parser.parse(pattern, flags)
        groups = dict(parsed.state.groupdict)
        names = tuple({number: name for name, number in groups.items()}.get(at) for at in range(parsed.state.groups))
        code = array("I", _compiler._code(parsed, flags)).tobytes()
        known[given] = (int(flags | parsed.state.flags), code, parsed.state.groups - 1, groups, names)
        compiled += 1
    effective, code, *rest = known[given]
    return _sre.compile(pattern, effective, array("I", code).tolist(), *rest)


def _read() -> None:
    global read  # noqa: PLW0603 - once a process
    if not read:
        read = True
        with suppress(OSError, ValueError, EOFError, TypeError), open(KEPT, "rb") as kept:  # noqa: PTH123 - the same
            known.update(marshal.load(kept))  # noqa: S302 - written below


def keep() -> None:
    """Leave what was compiled; of processes that end at once, one wins."""
    if compiled >= MANY and len(known) <= MOST:
        with suppress(OSError, ValueError):
            os.makedirs(FOLDER, exist_ok=True)  # noqa: PTH103 - the same
            made = f"{KEPT}.{os.getpid()}"
            with open(made, "wb") as kept:  # noqa: PTH123 - the same
                marshal.dump(known, kept)
            os.replace(made, KEPT)  # noqa: PTH105 - the same


if sys.version_info < (3, 13):
    _compiler.compile = compile_once
    atexit.register(keep)
gc.set_threshold(20_000)
