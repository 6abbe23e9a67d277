"""What processes of tests keep for each other changes nothing of what they do."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, re, sys, sitecustomize
sitecustomize.KEPT, sitecustomize.read, sitecustomize.compiled = sys.argv[1], False, 0
sitecustomize.known.clear()
patterns = [r"(?P<a>x)(?P<b>y)?|(z)", r"(?i)str(a|ß)", r"[^\\W\\d_]+", r"(?x) a # b", r"(?<=a)b+?(?=c)", b"\\xff(.)"]
patterns += [f"kept{number}" for number in range(sitecustomize.MANY)]
made = [re.compile(each) for each in patterns]
said = [[repr(each), each.flags, each.groups, dict(each.groupindex)] for each in made]
told = sitecustomize.compiled
found = [made[0].fullmatch("xy").groupdict(), made[1].findall("STRA strß"), made[5].match(b"\\xffq")[1].decode()]
print(json.dumps([told, said, found]))
"""


def test_a_kept_expression_is_the_one_that_would_have_been_compiled(tmp_path: Path) -> None:
    kept = tmp_path / "patterns"
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent / "startup")}

    def run() -> list[object]:
        command = [sys.executable, "-c", PROGRAM, str(kept)]
        return list(json.loads(subprocess.run(command, env=environ, check=True, capture_output=True).stdout))

    first, second = run(), run()
    assert (first[0], second[0]) == (26, 0)
    assert first[1:] == second[1:]
    assert first[2] == [{"a": "x", "b": "y"}, ["A", "ß"], "q"]
    kept.write_bytes(b"cut off")
    assert run() == first
