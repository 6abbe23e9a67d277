from collections.abc import Callable
from pathlib import Path

import pytest

from audit.proofs.vkey import Signer
from proxy.approvals import office
from proxy.policy import cli

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def hooked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.injected, "approvals", office)


def test_the_verifier_line_is_printed_and_the_private_key_is_not(run: Run, tmp_path: Path) -> None:
    code, output = run("keygen", "ciso@acme.example", "--out", tmp_path / "key")
    signer = Signer.decode((tmp_path / "key").read_text().strip())
    assert (code, output) == (0, f"{signer.vkey.encode()}\n")


def test_a_key_that_is_there_stays(run: Run, tmp_path: Path) -> None:
    run("keygen", "ciso", "--out", tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    code, output = run("keygen", "ciso", "--out", tmp_path / "key")
    assert code == 2
    assert "never written over" in output
    assert (tmp_path / "key").read_bytes() == before
