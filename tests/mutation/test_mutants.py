"""Mutation testing in short: what everything rests on is broken, and tests notice. `make mutate` does the rest."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from mutation.mutants import mutants, mutated

RUN = Path(__file__).with_name("run.py")
BROKEN = {
    "proofs/merkle": ("is_included: returns True",),
    "proofs/keyring": ("covers: returns True",),
    "verification/trust": ("met: returns True",),
}
SOURCE = '''\
"""A module."""
LIMIT = 3


class Box:
    """A class."""

    def fits(self, size: int | None) -> bool:
        """Whether."""
        if size is None or size < 0:
            raise ValueError(LIMIT)
        self.size = size
        return size < LIMIT
'''


def test_each_mutant_is_the_module_with_one_change(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(SOURCE)
    found = {str(one): ast.unparse(mutated(one)) for one in mutants(path)}
    assert len(set(found.values()) - {ast.unparse(ast.parse(SOURCE))}) == len(found)
    assert sorted(found) == sorted(
        f"module.py:{line} {function}: {what}"
        for line, function, what in (
            (2, "module", "3 -> 4"),
            (10, "fits", "not `size is None or size < 0`"),
            (10, "fits", "Or -> And in `size is None or size < 0`"),
            (10, "fits", "Is -> IsNot in `size is None`"),
            (10, "fits", "Lt -> LtE in `size < 0`"),
            (10, "fits", "Lt -> GtE in `size < 0`"),
            (10, "fits", "0 -> 1"),
            (11, "fits", "without `raise ValueError(LIMIT)`"),
            (12, "fits", "without `self.size = size`"),
            (13, "fits", "returns True"),
            (13, "fits", "returns False"),
            (13, "fits", "Lt -> LtE in `size < LIMIT`"),
            (13, "fits", "Lt -> GtE in `size < LIMIT`"),
        )
    )


def test_what_a_proof_a_key_and_a_quorum_rest_on_cannot_be_broken_unnoticed() -> None:
    wanted = [part for texts in BROKEN.values() for text in texts for part in ("--only", text)]
    ran = subprocess.run([sys.executable, str(RUN), *wanted, *BROKEN], capture_output=True, text=True, check=False)
    results = re.findall(r"^[0-9/]+ (\w+)  (\w+)\.py:[0-9]+ (.*)$", ran.stdout, re.MULTILINE)
    assert {(module, what) for _, module, what in results} == {
        (Path(module).name, what) for module, texts in BROKEN.items() for what in texts
    }
    assert {result for result, _, _ in results} == {"killed"}, ran.stdout
    assert ran.returncode == 0
