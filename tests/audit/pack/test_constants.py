"""The program and the one file that it builds know the same of the constant files of a version."""

import subprocess
import sys
from pathlib import Path

from audit.pack import single
from audit.pack.constants import known


def test_verify_py_knows_what_the_program_knows_and_itself_by_its_own_bytes(tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(single.build())
    (tmp_path / "changed.py").write_bytes(single.build() + b"#\n")
    program = (
        "import runpy, sys; sys.meta_path.insert(0, runpy.run_path(sys.argv[1], run_name='verify')['Within']());"
        "from audit.pack.constants import known; print(known())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-I", "-c", program, str(tmp_path / name)], capture_output=True, text=True, check=True
        ).stdout
        for name in ("verify.py", "changed.py")
    ]
    assert said[0] == f"{known()}\n"
    assert said[1] != said[0]
