"""Heads in a git repository elsewhere: a history that only grows, and is remembered where it does not."""

import os
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.anchors import git as anchor_git
from audit.anchors.git import GitFailed, GitKeeper
from audit.errors import AuditMismatch
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.verification.trust import Trust

SIGNER = Signer("log.example/audit", bytes(32))
BRANCH = "ringfence-cbd6947f91d08f4f"


def note(size: int) -> bytes:
    return Note(Checkpoint(SIGNER.name, size, bytes([size]) * 32).encode()).signed(SIGNER).encode()


def git(at: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(at), *arguments], check=True, capture_output=True, text=True).stdout


class Repository:
    """A bare repository, as it may lie on a host, and keepers whose clock the test turns."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.path = directory, directory / "remote.git"
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.path)], check=True)

    def keeper(self, name: str = "copy", origin: Callable[[], str] = lambda: SIGNER.name) -> GitKeeper:
        return GitKeeper(str(self.path), self.directory / name, origin)

    def keep(self, keeper: GitKeeper, *sizes: int) -> None:
        keeper.keep([note(size) for size in sizes])

    def sizes(self) -> list[str]:
        return git(self.path, "log", "--format=%s", "--reverse", BRANCH).split("\n")[:-1]


@pytest.fixture
def there(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_each_head_is_a_commit_and_the_newest_is_what_a_verifying_person_reads(there: Repository) -> None:
    keeper = there.keeper()
    assert keeper.newest() is None
    there.keep(keeper, 1, 2)
    there.keep(keeper, 5)
    assert keeper.newest() == note(5)
    assert there.sizes() == ["log.example/audit: 2 records", "log.example/audit: 5 records"]
    shown = git(there.path, "show", f"{BRANCH}:checkpoint").encode()
    assert [Checkpoint.of(head).size for head in Trust.read([shown]).heads] == [5]
    assert git(there.path, "ls-tree", "--name-only", BRANCH) == "checkpoint\n"
    assert git(there.path, "log", "-1", "--format=%an <%ae>", BRANCH) == "ringfence <audit@ringfence.invalid>\n"


def test_two_servers_on_one_log_and_one_that_begins_anew_go_on_from_what_is_there(there: Repository) -> None:
    one, other = there.keeper("one"), there.keeper("other")
    for keeper, size in ((one, 1), (other, 2), (one, 3), (there.keeper("fresh"), 4), (other, 5)):
        there.keep(keeper, size)
    assert one.newest() == other.newest() == note(5)
    assert len(there.sizes()) == 5


@pytest.mark.parametrize("deleted", [False, True])
def test_t8_a_branch_that_went_backwards_is_not_followed_and_what_was_there_is_known(
    there: Repository, deleted: bool
) -> None:
    keeper = there.keeper()
    for size in (1, 2, 3):
        there.keep(keeper, size)
    back = ["-d", f"refs/heads/{BRANCH}"] if deleted else [f"refs/heads/{BRANCH}", f"{BRANCH}~1"]
    git(there.path, "update-ref", *back)
    for again in (keeper, there.keeper()):
        assert again.newest() == note(3)
        with pytest.raises(GitFailed, match="went backwards"):
            there.keep(again, 4)
    assert there.keeper("fresh").newest() == (None if deleted else note(2))


def test_t13_another_history_in_its_place_is_not_followed_either(there: Repository) -> None:
    keeper = there.keeper()
    there.keep(keeper, 3)
    git(there.path, "update-ref", "-d", f"refs/heads/{BRANCH}")
    there.keep(there.keeper("forger"), 9)
    assert keeper.newest() == note(3)
    with pytest.raises(GitFailed, match="went backwards"):
        there.keep(keeper, 4)


def test_a_push_that_is_refused_is_tried_again(there: Repository) -> None:
    keeper, hook = there.keeper(), there.path / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitFailed, match="push fails"):
        there.keep(keeper, 1)
    assert keeper.newest() is None
    hook.unlink()
    there.keep(keeper, 2)
    assert keeper.newest() == note(2)


def test_a_repository_that_is_gone_is_an_error_and_catches_up_when_it_is_back(there: Repository) -> None:
    keeper = there.keeper()
    there.keep(keeper, 1)
    there.path.rename(there.directory / "away")
    for use in (keeper.newest, lambda: there.keep(keeper, 2)):
        with pytest.raises(GitFailed, match="ls-remote fails"):
            use()
    (there.directory / "away").rename(there.path)
    there.keep(keeper, 3)
    assert keeper.newest() == note(3)


def test_t38_a_host_that_never_answers_is_given_up_with_all_that_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchor_git, "WITHIN_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as host:
        accepted: list[socket.socket] = []
        thread = threading.Thread(target=lambda: accepted.append(host.accept()[0]))
        thread.start()
        keeper = GitKeeper(f"http://127.0.0.1:{host.getsockname()[1]}/r.git", tmp_path / "copy", lambda: SIGNER.name)
        with pytest.raises(GitFailed, match="does not end"):
            keeper.newest()
        thread.join()
        accepted[0].settimeout(30)
        while accepted[0].recv(65536):
            pass  # the other end is closed: nobody is left who asks
        accepted[0].close()


def test_nothing_else_that_git_could_run_is_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.ext.allow", "GIT_CONFIG_VALUE_0": "always"}
    for name, value in allowed.items():
        monkeypatch.setenv(name, value)
    for remote in (f"ext::touch {tmp_path / 'ran'}", f"--upload-pack=touch {tmp_path / 'ran'}"):
        with pytest.raises(GitFailed):
            GitKeeper(remote, tmp_path / "copy", lambda: SIGNER.name).newest()
    assert not (tmp_path / "ran").exists()


def test_settings_of_the_surroundings_do_not_lead_elsewhere(
    there: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "mine")], check=True)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "mine" / ".git"))
    keeper = there.keeper()
    there.keep(keeper, 1)
    monkeypatch.delenv("GIT_DIR")
    assert keeper.newest() == note(1)
    assert os.listdir(tmp_path / "mine" / ".git" / "refs" / "heads") == []  # noqa: PTH208 - names are all


def test_a_log_that_has_no_keys_yet_has_no_branch(there: Repository) -> None:
    def missing() -> str:
        raise AuditMismatch("no key")

    with pytest.raises(GitFailed, match="no key"):
        there.keeper(origin=missing).newest()
