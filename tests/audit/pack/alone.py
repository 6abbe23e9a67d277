"""Runs `verify.py` where nothing but the standard library and `cryptography` can be imported; judges many packs.

    python -I alone.py verify.py PACK...

Prints a line of JSON for each: exit code, output and errors; then which modules were imported.
"""

import contextlib
import importlib.abc
import io
import json
import runpy
import sys

ALLOWED = {*sys.stdlib_module_names, "cryptography", "_cffi_backend", "cffi", "audit"}


class Fence(importlib.abc.MetaPathFinder):
    """Fails for every other module."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] not in ALLOWED:
            raise ModuleNotFoundError(fullname, name=fullname)


sys.meta_path.insert(0, Fence())
file, *packs = sys.argv[1:]
sys.meta_path.insert(0, runpy.run_path(file, run_name="verify")["Within"]())
from audit.pack.command import main  # noqa: E402

for pack in packs:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([pack, "--json"])
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names))))
