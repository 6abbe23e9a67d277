"""`verify.py` stands alone: it needs nothing of this project, says the same of every pack, and is what is published."""

import ast
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from log_claims import claims
from pack_attacks import ATTACKS
from packs import Workshop

from audit.evidence.readme import README
from audit.pack import single
from audit.pack.command import said_as_json
from audit.page.building import summary_parts, verify_html

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("alone") / "verify.py"
    path.write_bytes(single.build())
    return path


def run(file: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", str(file), *words]
    return subprocess.run(command, cwd=file.parent, capture_output=True, text=True, check=False)


def test_it_says_of_every_attack_what_the_program_says_with_nothing_but_cryptography(
    file: Path, workshop: Workshop, tmp_path: Path
) -> None:
    paths, expected = [], []
    for number, attack in enumerate(ATTACKS):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(attack.forge(workshop))
        judged = workshop.judge(path.read_bytes())
        paths.append(str(path))
        expected.append([0 if judged.report.ok else 1, said_as_json(judged) + "\n", ""])
    command = [sys.executable, "-I", str(HERE / "alone.py"), str(file), *paths]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    *judged_alone, imported = map(json.loads, ran.stdout.splitlines())
    assert judged_alone == expected
    assert {name for name in imported if not name.startswith("_")} == {"audit", "cryptography"}


def test_it_holds_the_sources_of_its_modules_as_they_are_and_no_others(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    held = {
        ast.literal_eval(node.targets[0].slice): ast.literal_eval(node.value)  # type: ignore[attr-defined]
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    }
    assert held == single.sources()
    worked_out = held.pop(single.CONSTANTS)
    for name, source in held.items():
        path = single.ROOT.joinpath(*name.split(".")[1:])
        stands = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        assert stands.read_text(encoding="utf-8") == source
        assert source in text
    assert "audit.pack.verifying" in held
    for constant in (verify_html(), README, *summary_parts()):
        assert hashlib.sha256(constant).hexdigest() in worked_out
    assert not [name for name in held if name.startswith(("audit.pack.making", "audit.cli", "audit.log", "audit.api"))]


def test_the_same_sources_give_the_same_file() -> None:
    assert hashlib.sha256(single.build()).hexdigest() == single.digest()
    single.build.cache_clear()
    assert hashlib.sha256(single.build()).hexdigest() == single.digest()


def test_a_module_that_is_not_in_it_is_not_taken_from_anywhere_else(file: Path, tmp_path: Path) -> None:
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv[2]);"
        "sys.meta_path.insert(0, runpy.run_path(sys.argv[1], run_name='verify')['Within']());"
        "import audit.pack.tar as tar; print(tar.__loader__.__class__.__name__); import audit.more"
    )
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "__init__.py").write_text("print('not ours')")
    (tmp_path / "audit" / "more.py").write_text("print('not ours')")
    command = [sys.executable, "-I", "-c", program, str(file), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == "Within\n"
    assert "audit.more is not part of this verifier" in ran.stderr


def test_nothing_that_was_unpacked_beside_it_is_imported(file: Path, workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(file.read_bytes())
    (tmp_path / "pack.tar").write_bytes(workshop.whole)
    for name in ("json", "argparse", "cryptography", "importlib", "hashlib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not ours')")
    ran = subprocess.run(
        [sys.executable, "verify.py", "pack.tar"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_it_runs_on_a_system_of_another_kind_whose_output_has_few_letters(file: Path, tmp_path: Path) -> None:
    case = next(case for case in claims() if case.name == "a head of another history")
    (tmp_path / "pack.tar").write_bytes(case.pack)
    (tmp_path / "head").write_bytes(case.trust[0])
    program = (
        "import os, runpy, sys\n"
        "for name in ('pread', 'O_NONBLOCK', 'O_CLOEXEC', 'O_NOFOLLOW', 'O_DIRECTORY'): delattr(os, name)\n"
        "sys.argv = sys.argv[1:]; sys.stdout.reconfigure(encoding='ascii', errors='strict')\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-I", "-c", program, str(file), "pack.tar", "--trust", "head"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "FORK" in ran.stdout
    assert "\\u2014 log.example/audit " in ran.stdout


def test_it_says_how_it_is_used_and_what_it_cannot_read(file: Path, tmp_path: Path) -> None:
    assert "sample" in run(file, "--help").stdout
    missing = run(file, str(tmp_path / "none.tar"))
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "cannot be read" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_a_source_that_cannot_stand_in_it_as_it_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(single, "sources", lambda: {"audit.x": "text = '''no'''\n"})
    with pytest.raises(ValueError, match=r"audit\.x"):
        single.build.__wrapped__()
