import json
from collections.abc import Callable
from pathlib import Path

import pytest
from approving import UPSTREAMS

from proxy.approvals import office
from proxy.policy import cli

Run = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def signed(tmp_path: Path, folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Approve a directory with a key that the settings know."""
    monkeypatch.setattr(cli.injected, "approvals", office)
    (tmp_path / "upstreams.yaml").write_bytes(UPSTREAMS)
    (tmp_path / "signers").write_text(office.keygen("ciso@acme.example", tmp_path / "key"))
    for name, path in (("UPSTREAMS", "upstreams.yaml"), ("HOME", "home"), ("POLICY_SIGNERS", "signers")):
        monkeypatch.setenv(f"RINGFENCE_{name}", str(tmp_path / path))
    assert run("sign", folder, "--author", "dana", "--key", tmp_path / "key")[0] == 0


def test_a_verified_approval_is_told_with_its_key(run: Run, folder: Path) -> None:
    code, output = run("approval", folder)
    assert code == 0
    assert output.startswith("approval  verified\n")
    assert "\nkey       ciso@acme.example+" in output
    assert json.loads(run("approval", folder, "--format", "json")[1])["approver"] == "ciso@acme.example"


def test_a_changed_bundle_is_approved_by_nobody(run: Run, folder: Path) -> None:
    with (folder / "p.yaml").open("a") as file:
        file.write("# more\n")
    code, output = run("approval", folder)
    assert code == 1
    assert "approval  none\n" in output
    assert "APPROVALS:2:7: warning[approval-other-bundle] the policy files are not those that were approved" in output


def test_without_a_file_nobody_approved(run: Run, folder: Path) -> None:
    (folder / "APPROVALS").unlink()
    assert run("approval", folder) == (1, "approval  none\n")
    assert json.loads(run("approval", folder, "--format", "json")[1]) == {"approval": "none"}


def test_a_bundle_that_does_not_load_has_no_standing(run: Run, folder: Path, edit: Callable[[str, str], None]) -> None:
    edit("class: health", "clas: health")
    assert run("approval", folder)[0] == 3
