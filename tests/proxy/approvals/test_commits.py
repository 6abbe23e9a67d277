"""Approvals from git, with a real repository: what a commit says is a claim, and only about what was committed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from approving import policy

from proxy.approvals.approval import Approval, Standing, find
from proxy.approvals.commits import head
from proxy.settings import Settings

Commit = Callable[..., str]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return settings.model_copy(update={"policy_approvals": "git"})


@pytest.fixture
def commit(settings: Settings, tmp_path: Path) -> Commit:
    """Commit everything below the policies, and return the commit."""

    def commit(message: str, email: str = "dana@acme.example", add: Path = settings.policies) -> str:
        who = ["-c", "user.name=Dana", "-c", f"user.email={email}"]
        for command in (["add", "--all", str(add)], [*who, "commit", "-q", "--allow-empty", "-m", message]):
            subprocess.run(["git", *command], cwd=tmp_path, check=True)
        return head(tmp_path)

    return commit


def known(settings: Settings) -> tuple[Approval | None, list[str]]:
    found, said = find(settings, policy(settings), settings.upstreams.read_bytes())
    return found, [f"{one.file} {one.severity} {one.code}" for one in said]


def approver(settings: Settings) -> str | None:
    found, _ = known(settings)
    return found and found.approver


def test_the_author_and_the_trailer_of_the_last_commit_are_claimed(settings: Settings, commit: Commit) -> None:
    made = commit("Pin lists\n\nBecause.\n\nApproved-by: The CISO <ciso@acme.example>\nTicket: SEC-4412")
    found, said = known(settings)
    assert found == Approval(Standing.CLAIMED, "dana@acme.example", "ciso@acme.example", commit=made)
    assert said == []


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("x\n\nReviewed-by: Eve <eve@acme.example>", "eve@acme.example"),
        ("x\n\nReviewed-by: eve@acme.example\nApproved-By: ciso+policies@acme.example", "ciso+policies@acme.example"),
        ("x\n\nApproved-by: Dana <DANA@acme.example>\nApproved-by: Eve <eve@acme.example>", "eve@acme.example"),
        ("x\n\nApproved-by: ciso@acme.example\n\nand more text", None),
        ("x\n\nApproved-by: Dana <dana@acme.example>", None),
        ("x\n\nApproved-by: the whole team", None),
        ("x\n\nApproved-by:", None),
        ("Approved", None),
    ],
)
def test_somebody_else_must_be_named_in_the_last_paragraph(
    settings: Settings, commit: Commit, message: str, expected: str | None
) -> None:
    commit(message)
    assert approver(settings) == expected


def test_an_author_whom_no_record_can_name_is_none(settings: Settings, commit: Commit) -> None:
    commit("x\n\nApproved-by: ciso@acme.example", email="dana at acme")
    assert known(settings) == (None, ["HEAD warning approval-missing"])


def test_a_later_commit_of_something_else_changes_nothing(settings: Settings, commit: Commit, tmp_path: Path) -> None:
    made = commit("x\n\nApproved-by: ciso@acme.example")
    (tmp_path / "README").write_text("x")
    assert commit("Add a README", add=tmp_path / "README") != made
    found, _ = known(settings)
    assert found is not None
    assert found.commit == made


def test_a_later_commit_of_the_policies_needs_an_approval_of_its_own(settings: Settings, commit: Commit) -> None:
    commit("x\n\nApproved-by: ciso@acme.example")
    with (settings.policies / "soc2.yaml").open("a") as file:
        file.write("# more\n")
    assert known(settings) == (None, ["HEAD warning approval-other-bundle"])
    commit("y")
    assert known(settings) == (None, ["HEAD warning approval-missing"])


def test_a_file_that_is_not_committed_is_not_approved(settings: Settings, commit: Commit) -> None:
    commit("x\n\nApproved-by: ciso@acme.example")
    (settings.policies / "exceptions.yaml").rename(settings.policies / "waivers.yaml")
    assert known(settings) == (None, ["HEAD warning approval-other-bundle"])


def test_what_is_staged_is_not_committed(settings: Settings, commit: Commit, tmp_path: Path) -> None:
    commit("x\n\nApproved-by: ciso@acme.example")
    with (settings.policies / "soc2.yaml").open("a") as file:
        file.write("# more\n")
    subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
    assert approver(settings) is None


def test_without_a_commit_there_is_no_approval(settings: Settings, tmp_path: Path) -> None:
    assert known(settings) == (None, ["HEAD warning approval-missing"])
    assert head(tmp_path) == ""


def test_outside_of_a_repository_there_is_no_approval(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert known(settings) == (None, ["HEAD warning approval-missing"])
    assert head(tmp_path / "nowhere") == ""


def test_policies_that_git_ignores_are_not_approved(settings: Settings, commit: Commit, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("policies/\n")
    commit("x\n\nApproved-by: ciso@acme.example", add=tmp_path / ".gitignore")
    assert known(settings) == (None, ["HEAD warning approval-missing"])


def test_nothing_that_a_repository_configures_is_run(settings: Settings, commit: Commit, tmp_path: Path) -> None:
    commit("x\n\nApproved-by: ciso@acme.example")
    trap, ran = tmp_path / "trap", tmp_path / "ran"
    trap.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    trap.chmod(0o755)
    (tmp_path / ".gitattributes").write_text("* filter=trap diff=trap\n")
    for name in ("core.fsmonitor", "filter.trap.clean", "filter.trap.smudge", "diff.trap.textconv", "gpg.program"):
        subprocess.run(["git", "config", name, str(trap)], cwd=tmp_path, check=True)
    subprocess.run(["git", "config", "log.showSignature", "true"], cwd=tmp_path, check=True)
    assert approver(settings) == "ciso@acme.example"
    assert not ran.exists()
    subprocess.run(["git", "status"], cwd=tmp_path, check=True, capture_output=True)
    assert ran.exists()
