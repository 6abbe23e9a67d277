import datetime as dt
import os
from pathlib import Path

import pytest

from proxy.files.diagnostics import FileRefused
from proxy.policy import load_policy
from proxy.policy.lint import Surroundings
from proxy.policy.load import MAX_FILES, check_files
from proxy.policy.policy import Policy

TODAY = dt.date(2026, 6, 1)
EXPIRED = (
    "exceptions:\n  - {id: EX-1, waives: r, for: {apps: [bot]}, until: 2026-05-31, owner: ann, approved_by: bob, "
    "ticket: T-1, because: b}\n"
)
RULE = "policy: p\nversion: 1\nowner: ann\nrules:\n  - {id: r, if: {class: place}, then: pin, because: b}\n"


@pytest.fixture
def folder(tmp_path: Path, taxonomy: str) -> Path:
    (tmp_path / "taxonomy.yaml").write_text(taxonomy)
    (tmp_path / "p.yaml").write_text(RULE)
    return tmp_path


def load(folder: Path, today: dt.date = TODAY) -> tuple[Policy, list[str]]:
    policy, warnings = load_policy(folder, Surroundings(today))
    return policy, [found.code for found in warnings]


def refused(folder: Path) -> list[str]:
    with pytest.raises(FileRefused) as caught:
        load(folder)
    return [found.code for found in caught.value.diagnostics if found.severity == "error"]


def test_a_directory_loads_with_its_warnings(folder: Path) -> None:
    policy, warnings = load(folder)
    assert policy.policies == (("mini", 1), ("p", 1))
    assert {"no-grant", "claim-missing", "rule-untested"} == set(warnings)
    assert sorted(policy.zones) == ["eu", "home", "us"]


def test_an_expired_exception_warns_and_never_stops_a_start(folder: Path) -> None:
    (folder / "e.yaml").write_text(EXPIRED)
    assert "exception-expired" in load(folder)[1]


def test_a_failing_test_or_a_refuted_claim_keeps_the_bundle_out(folder: Path) -> None:
    bad = "tests:\n  - {name: t, given: {endpoint: chat}, expect: {decision: allow}}\n"
    (folder / "p.yaml").write_text(RULE + bad)
    assert refused(folder) == ["test-failed"]
    grant = "grants:\n  - {id: g, zones: [us]}\nclaims:\n  - {never: health, in: [us]}\n"
    (folder / "p.yaml").write_text(RULE + grant)
    assert refused(folder) == ["claim-refuted"]


def test_one_broken_file_keeps_all_of_them_out(folder: Path) -> None:
    (folder / "broken.yaml").write_text("policy: [\n")
    assert refused(folder) == ["not-yaml"]


def test_a_directory_that_is_empty_or_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == ["one-taxonomy"]
    assert "unreadable" in refused(tmp_path / "gone")


def test_a_file_that_would_silently_not_be_read_is_refused(folder: Path) -> None:
    (folder / "more.yml").write_text(RULE)
    assert refused(folder) == ["not-read"]


@pytest.mark.parametrize(
    "name", [b"a\nINFO all is well.yaml", b"\x1b[2J.yaml", b"p\xff.yaml", "\u202elmay.yaml".encode()]
)
def test_a_name_that_could_forge_a_line_or_has_no_text_is_refused_and_not_repeated(folder: Path, name: bytes) -> None:
    (folder / os.fsdecode(name)).write_text(RULE)
    with pytest.raises(FileRefused) as caught:
        load(folder)
    (found,) = caught.value.diagnostics
    assert found.code == "bad-name"
    assert str(found).isprintable()


def test_a_folder_of_too_many_files_is_refused_before_any_of_them_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand links to one large file would fill the memory of a server that looks at them."""
    for number in range(MAX_FILES):
        (folder / f"{number}.yaml").symlink_to("p.yaml")
    monkeypatch.setattr("proxy.files.source.read", lambda path: pytest.fail(f"{path} was read"))
    assert refused(folder)[0] == "too-large"


def test_hidden_files_other_files_and_folders_are_left_alone(folder: Path) -> None:
    (folder / ".p.yaml").write_text("[")
    (folder / "schema.json").write_text("[")
    (folder / "sub").mkdir()
    assert load(folder)[0].policies == (("mini", 1), ("p", 1))


def test_a_mounted_directory_of_links_loads(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    mounted = tmp_path_factory.mktemp("mounted")
    for path in folder.glob("*.yaml"):
        (mounted / path.name).symlink_to(path)
    assert load(mounted)[0].sha256 == load(folder)[0].sha256


def test_a_directory_named_like_a_file_is_a_diagnostic(folder: Path) -> None:
    (folder / "dir.yaml").mkdir()
    assert refused(folder) == ["unreadable"]


def test_what_was_read_before_is_held_against_what_is_around_it_now(taxonomy: str) -> None:
    data = {"taxonomy.yaml": taxonomy.encode()}
    alone, again = (check_files(data, Surroundings(TODAY)) for _ in range(2))
    other = check_files(data, Surroundings(TODAY, entity_types=frozenset({"OTHER"})))
    assert alone == again
    assert alone.bundle is again.bundle is not None, "it is read once"
    said = [{found.code for found in checked.diagnostics} for checked in (alone, other)]
    assert "detector-without-class" in said[1] - said[0]
