import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from proxy.errors import ConfigurationError
from proxy.files import source
from proxy.files.diagnostics import Problems
from proxy.policy.revisions import read_files

Commit = Callable[[Mapping[str, str]], None]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def commit(repository: Path) -> Commit:
    def commit(files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(text)
        who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
        for command in (["add", "--all"], [*who, "commit", "-qm", "x"]):
            subprocess.run(["git", *command], cwd=repository, check=True)

    return commit


def read(given: str, configured: Path = Path("policies")) -> tuple[dict[str, bytes], list[str]]:
    problems = Problems()
    data = read_files(given, lambda: configured, problems)
    return data, [str(found) for found in problems.found]


def test_a_revision_is_read_as_it_was(commit: Commit) -> None:
    commit({"policies/a.yaml": "one", "policies/sub/b.yaml": "no", "policies/.c.yaml": "no", "policies/README": "no"})
    commit({"policies/a.yaml": "two", "policies/d e.yaml": "three"})
    assert read("HEAD~1") == ({"a.yaml": b"one"}, [])
    assert read("HEAD") == read("HEAD:policies") == ({"a.yaml": b"two", "d e.yaml": b"three"}, [])
    assert read("HEAD:policies/sub") == ({"b.yaml": b"no"}, [])


def test_a_directory_comes_first_and_is_read_from_disk(commit: Commit, repository: Path) -> None:
    commit({"policies/a.yaml": "one"})
    (repository / "policies" / "a.yaml").write_text("not committed")
    assert read("policies") == ({"a.yaml": b"not committed"}, [])


def test_a_revision_is_known_though_the_directory_is_gone(commit: Commit, repository: Path) -> None:
    commit({"policies/a.yaml": "one"})
    (repository / "policies" / "a.yaml").unlink()
    (repository / "policies").rmdir()
    assert read("HEAD") == ({"a.yaml": b"one"}, [])


def test_no_text_conversion_or_filter_of_the_repository_runs(commit: Commit, repository: Path) -> None:
    commit({"policies/a.yaml": "one", ".gitattributes": "*.yaml diff=evil filter=evil"})
    for setting in ("diff.evil.textconv", "filter.evil.smudge"):
        subprocess.run(["git", "config", setting, f"touch {repository}/ran; cat"], cwd=repository, check=True)
    assert read("HEAD")[0] == {"a.yaml": b"one"}
    assert not (repository / "ran").exists()


def test_links_odd_names_and_large_files_are_problems(commit: Commit, repository: Path) -> None:
    (repository / "policies").mkdir()
    (repository / "policies" / "link.yaml").symlink_to("/etc/hostname")
    commit({"policies/a.yml": "x", "policies/big.yaml": "x" * (source.MAX_BYTES + 1)})
    data, problems = read("HEAD")
    assert data == {}
    assert [text.partition(" ")[2].partition("]")[0] for text in problems] == [
        "error[not-read", "error[too-large", "error[not-read",
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["nope", "HEAD:nope", "HEAD:policies/a.yaml", "--help", "-x:policies", "HEAD^{/x"])
def test_what_is_neither_directory_nor_revision_is_refused(commit: Commit, given: str) -> None:
    commit({"policies/a.yaml": "one"})
    with pytest.raises(ConfigurationError, match="neither a directory nor"):
        read(given)


def test_policies_outside_of_a_repository_have_no_revisions(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    with pytest.raises(ConfigurationError):
        read("HEAD", folder)


def test_without_git_only_directories_are_read(
    commit: Commit, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit({"policies/a.yaml": "one"})
    monkeypatch.setenv("PATH", str(repository))
    assert read("policies")[0] == {"a.yaml": b"one"}
    with pytest.raises(ConfigurationError, match="git cannot be run"):
        read("HEAD")
