import subprocess
import sys
from pathlib import Path


def test_packs_are_made_and_verified_by_both_verifiers() -> None:
    program = Path(__file__).with_name("packs.py")
    ran = subprocess.run(
        [sys.executable, program, "--records", "100"], capture_output=True, text=True, check=True, timeout=300
    )
    for what in ("pack made", "verified by verify.py", "grade signed", "verified in Chromium"):
        assert what in ran.stdout
