"""Mutation testing of what a stranger verifies with: each small change of the code has to turn a test red.

    run.py [--sample N] [--seed N] [--only TEXT]... [MODULE...]

Nothing in the checkout is changed: a process is forked for each mutant, in which the module is loaded from a changed
syntax tree, and runs the tests that mirror the module and then those of the verifier. The exit status is 1 where some
survived, 2 where tests fail without any change.
"""

import argparse
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from mutation.mutants import Mutant, mutants, mutated  # noqa: E402 - found by the line above

MODULES = (
    *(f"verification/{name}" for name in ("verifier", "checks", "marks", "passing", "trust", "receipts", "report")),
    *(f"proofs/{name}" for name in ("merkle", "note", "checkpoint", "keyring", "vkey", "cosignature", "proving")),
    *(f"records/{name}" for name in ("jcs", "chain", "form")),
    *("sources/source", "sources/exported", "anchors/stamp"),
)
SHARED = (
    *(f"verification/test_{name}.py" for name in ("verifier", "marks", "checks", "passing", "receipts", "trust")),
    *("anchors/test_stamped_logs.py", "sources/test_exported.py", "signing/test_process.py"),
)
"""Tests that a mutant meets where its own pass it."""
HEAVY = ("pytest", "hypothesis", "sqlalchemy.orm", "alembic.config", "alembic.command", "starlette")
HEAVY += ("psycopg", "httpx", "aiohttp", "orjson", "typer", "uvicorn", "yaml", "cryptography.x509", "numpy", "regex")
MEMORY_BYTES = 4 << 30


class Changed(importlib.machinery.SourceFileLoader):
    """Loads one module from a changed syntax tree."""

    def __init__(self, name: str, mutant: Mutant) -> None:
        super().__init__(name, str(mutant.path))
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        return compile(mutated(self._mutant), str(self._mutant.path), "exec")


class Finder(importlib.abc.MetaPathFinder):
    """Finds that module before anybody else does."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = ".".join(mutant.path.relative_to(ROOT).with_suffix("").parts)
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the changed module, and nothing else."""
        if fullname != self._name:
            return None
        loader = Changed(fullname, self._mutant)
        return importlib.util.spec_from_file_location(fullname, self._mutant.path, loader=loader)


def tests_of(path: Path) -> list[list[str]]:
    """Return the test files in the order in which a mutant meets them."""
    tests = ROOT / "tests" / "audit"
    own = tests / path.relative_to(ROOT / "audit").with_name(f"test_{path.name}")
    shared = [tests / name for name in SHARED]
    return [[str(own)], [str(one) for one in shared if one != own]]


def passes(mutant: Mutant | None, tests: Sequence[str], limit_s: float) -> bool:
    """Run tests in a process of their own; False where one fails, or does not end."""
    pid = os.fork()
    if pid == 0:
        _child(mutant, tests)
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status == 0
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def _child(mutant: Mutant | None, tests: Sequence[str]) -> None:
    import pytest

    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(quiet, descriptor)
    os.chdir(ROOT)
    if mutant is not None:
        sys.meta_path.insert(0, Finder(mutant))
    try:
        code = pytest.main(["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--assert=plain", *tests])
    except BaseException:  # noqa: BLE001 - a module that does not even load is found, too
        code = 1
    os._exit(int(code))


class Judge:
    """Knows how long tests take without any change, so that those which never end are told from slow ones."""

    def __init__(self) -> None:
        self._limits_s: dict[str, float] = {}

    def survivors(self, chosen: Sequence[Mutant]) -> Iterator[Mutant]:
        """Yield those that no test finds; each result is printed."""
        for number, mutant in enumerate(chosen, 1):
            survived = all(passes(mutant, tests, self._limit_s(tests)) for tests in tests_of(mutant.path))
            print(f"{number}/{len(chosen)} {'SURVIVED' if survived else 'killed'}  {mutant}", flush=True)
            if survived:
                yield mutant

    def _limit_s(self, tests: Sequence[str]) -> float:
        if tests[0] not in self._limits_s:
            began = time.monotonic()
            if not passes(None, tests, 600.0):
                print("without any change, these fail:", *tests, flush=True)
                raise SystemExit(2)
            self._limits_s[tests[0]] = 5.0 + 4 * (time.monotonic() - began)
        return self._limits_s[tests[0]]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=MODULES)
    parser.add_argument("--sample", type=int, help="take so many of all, at random")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="takes the same ones again")
    parser.add_argument("--only", action="append", help="take those whose description holds one of these texts")
    chosen_by = parser.parse_args()
    every = [one for name in chosen_by.modules for one in mutants(ROOT / "audit" / f"{name}.py")]
    chosen = [one for one in every if any(text in str(one) for text in chosen_by.only or [""])]
    if chosen_by.sample is not None:
        print("seed", chosen_by.seed)
        chosen = random.Random(chosen_by.seed).sample(chosen, min(chosen_by.sample, len(chosen)))
    for name in HEAVY:
        importlib.import_module(name)
    left = list(Judge().survivors(chosen))
    print(f"{len(chosen)} of {len(every)} mutants, {len(left)} survived", *left, sep="\n  ")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
