import json
from collections.abc import Callable
from pathlib import Path

import pytest
from approving import UPSTREAMS

from proxy.approvals import office
from proxy.policy import cli

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the approver's key, with an office and an upstream file to approve."""
    monkeypatch.setattr(cli.injected, "approvals", office)
    (tmp_path / "upstreams.yaml").write_bytes(UPSTREAMS)
    monkeypatch.setenv("RINGFENCE_UPSTREAMS", str(tmp_path / "upstreams.yaml"))
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "home"))
    office.keygen("ciso@acme.example", tmp_path / "key")
    return tmp_path / "key"


def test_an_approval_is_signed_and_shown(run: Run, folder: Path, key: Path) -> None:
    code, output = run("sign", folder, "--author", "dana@acme.example", "--key", key, "--ticket", "SEC-4412")
    assert code == 0
    assert "approval  signed with ciso@acme.example+" in output
    text = (folder / "APPROVALS").read_text()
    for name in ("files", "upstreams", "serial", "author", "approver", "ticket"):
        value = next(line.split()[1] for line in output.splitlines() if line.startswith(name))
        assert f"\n{name} {value}\n" in text


def test_it_is_shown_as_json(run: Run, folder: Path, key: Path) -> None:
    code, output = run("sign", folder, "--author", "dana", "--key", key, "--serial", "9", "--format", "json")
    assert code == 0
    assert json.loads(output)["serial"] == 9


@pytest.mark.parametrize(
    "mistake",
    [
        ("class: health", "clas: health", "unknown-key"),
        ("decision: pin", "decision: allow", "test-failed"),
        ("in: [us]", "in: [home]", "claim-refuted"),
    ],
)
def test_a_bundle_that_does_not_load_is_not_signed(
    run: Run, folder: Path, key: Path, edit: Callable[[str, str], None], mistake: tuple[str, str, str]
) -> None:
    old, new, why = mistake
    edit(old, new)
    code, output = run("sign", folder, "--author", "dana", "--key", key)
    assert code == 3
    assert f"error[{why}]" in output
    assert not (folder / "APPROVALS").exists()


@pytest.mark.parametrize("more", [[], ["--key", "key", "--approver", "ciso"]])
def test_there_is_one_approver(run: Run, folder: Path, more: list[str]) -> None:
    code, output = run("sign", folder, "--author", "dana", *more)
    assert code == 2
    assert "either --key or --approver" in output


def test_a_claim_needs_no_key(run: Run, folder: Path) -> None:
    code, output = run("sign", folder, "--author", "dana", "--approver", "ciso")
    assert code == 0
    assert "claimed: nobody signed it" in output


def test_the_author_cannot_approve(run: Run, folder: Path, key: Path) -> None:
    code, output = run("sign", folder, "--author", "CISO@acme.example", "--key", key)
    assert code == 2
    assert "nobody approves what they wrote" in output


def test_an_approval_that_cannot_be_read_is_not_written_over(run: Run, folder: Path, key: Path) -> None:
    (folder / "APPROVALS").write_text("yes\n")
    code, output = run("sign", folder, "--author", "dana", "--key", key)
    assert code == 3
    assert "APPROVALS:1:1: error[not-an-approval]" in output
