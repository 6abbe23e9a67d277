import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from proxy import cli as root
from proxy.policy import cli
from proxy.policy.commands import init
from proxy.settings import ROOT
from proxy.upstreams.reading import load_registry

Run = Callable[..., tuple[int, str]]
PACKS = ("soc2", "secrets", "pci", "hipaa", "gdpr")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Run on a terminal, with answers."""

    def run(*arguments: str | Path, answers: str) -> tuple[int, str]:
        monkeypatch.setattr(init, "_on_terminal", lambda: True)
        result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments], input=answers)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    return run


def test_without_flags_and_terminal_what_is_usual_is_taken_and_said(tmp_path: Path, run: Run) -> None:
    code, output = run("init", tmp_path / "p")
    assert code == 0
    assert "own zone onprem; vendor zones none, so everything stays home; no team may use vendors" in output
    assert "packs soc2, secrets; owner security@company.example" in output
    assert "0 failed" in output
    expected = {"taxonomy.yaml", "access.yaml", "soc2.yaml", "secrets.yaml", "exceptions.yaml", "schema.json"}
    assert files(tmp_path / "p") == expected
    assert files(tmp_path) == {"p"}


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("--vendor-zone", "cloud-us:us:dpa,baa"),
        ("--vendor-zone", "eu:eu:dpa", "--vendor-zone", "us:us", "--team", "support", "--team", "eu-sales"),
        ("--own-zone", "cellar", "--vendor-zone", "cloud-us:eu", "--team", "eu-sales", "--owner", "ann@acme.example"),
    ],
)
@pytest.mark.parametrize("packs", [("soc2", "secrets"), ("gdpr",), PACKS])
def test_the_commands_find_nothing_wrong_with_it_and_the_detectors_know_its_types(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], packs: tuple[str, ...]
) -> None:
    monkeypatch.setattr(cli.injected, "detector_types", root._detector_types)
    folder = tmp_path / "p"
    chosen = [word for pack in packs for word in ("--pack", pack)]
    code, output = run("init", folder, *flags, *chosen, "--yes")
    assert code == 0
    assert "left to do" not in output
    assert run("lint", folder)[0] == 0
    assert run("test", folder, "--min-coverage", "100")[0] == 0
    code, output = run("verify", folder)
    assert code == 0
    assert "REFUTED" not in output


def test_the_schema_beside_the_files_is_that_of_the_vocabulary(tmp_path: Path, run: Run) -> None:
    run("init", tmp_path / "p", "--yes")
    assert (tmp_path / "p" / "schema.json").read_text() == f"{run('schema')[1]}"
    assert json.loads((tmp_path / "p" / "schema.json").read_text())


def test_on_a_terminal_it_asks_for_what_was_not_given(tmp_path: Path, terminal: Callable[..., tuple[int, str]]) -> None:
    answers = "cellar\nUS\nus:us:dpa eu:eu\nsupport eu-sales\niso\ngdpr, pci\n\n"
    code, output = terminal("init", tmp_path / "p", "--owner", "ann@acme.example", answers=answers)
    assert code == 0, output
    assert "the name of a zone is at most" in output  # US, asked again
    assert "the packs are soc2" in output  # iso, asked again
    assert "answers for the files" not in output
    assert "not asked" not in output
    assert files(tmp_path / "p") >= {"gdpr.yaml", "pci.yaml"}
    access = (tmp_path / "p" / "access.yaml").read_text()
    assert "who: {teams: [support, eu-sales]}" in access
    assert "zones: [us, eu, cellar]" in access


def test_on_a_terminal_empty_answers_take_what_is_usual_and_teams_are_asked_for_only_with_vendors(
    tmp_path: Path, terminal: Callable[..., tuple[int, str]]
) -> None:
    code, output = terminal("init", tmp_path / "p", answers="\n\n\n\n")
    assert code == 0, output
    assert "Teams" not in output
    assert "soc2.yaml" in files(tmp_path / "p")


def test_a_directory_that_is_not_empty_is_left_as_it_is(tmp_path: Path, run: Run) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / ".hidden").write_text("x")
    code, output = run("init", tmp_path / "p", "--yes")
    assert code == 2
    assert "not empty" in output
    assert files(tmp_path / "p") == {".hidden"}
    assert files(tmp_path) == {"p"}


def test_an_empty_directory_is_filled(tmp_path: Path, run: Run) -> None:
    (tmp_path / "p").mkdir()
    assert run("init", tmp_path / "p", "--yes")[0] == 0
    assert "access.yaml" in files(tmp_path / "p")


def test_a_place_that_cannot_be_written_is_wrong_usage(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    assert run("init", tmp_path / "file", "--yes")[0] == 2
    assert run("init", tmp_path / "a" / "b", "--yes")[0] == 2
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run("init", ".", "--yes")[0] == 2
    assert files(tmp_path) == {"file", "here"}


@pytest.mark.parametrize("name", ["loop", "loop/p", "n" * 300])
def test_a_place_that_cannot_be_looked_at_is_wrong_usage(tmp_path: Path, run: Run, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    code, output = run("init", tmp_path / name, "--yes")
    assert code == 2
    assert "cannot be used" in output


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", fail)
    code, output = run("init", tmp_path / "p", "--yes")
    assert code == 2
    assert "cannot be written: No space left on device" in output
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--own-zone", "Home"), "name of a zone"),
        (("--vendor-zone", "us:us:dpa:more"), "a vendor zone is NAME"),
        (("--vendor-zone", "onprem"), "two zones have the same name"),
        (("--team", "a"), "no vendor zone is"),
        (("--vendor-zone", "us", "--team", "a*"), "a team is named exactly"),
        (("--owner", "Ann Example"), "the owner is an id"),
        (("--pack", "iso"), "soc2"),
    ],
)
def test_what_cannot_stand_in_the_files_is_refused_before_anything_is_written(
    tmp_path: Path, run: Run, flags: tuple[str, ...], why: str
) -> None:
    code, output = run("init", tmp_path / "p", *flags, "--yes")
    assert code == 2
    assert why in " ".join(output.replace("│", " ").split())
    assert files(tmp_path) == set()


def test_shipped_files_that_cannot_be_adapted_any_more_are_not_written(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = tmp_path / "shipped"
    changed.mkdir()
    for path in (ROOT / "policies").glob("*.yaml"):
        (changed / path.name).write_text(path.read_text().replace("then: block", "then: blok"))
    monkeypatch.setattr(init, "SHIPPED", changed)
    code, output = run("init", tmp_path / "p", "--yes")
    assert code == 3
    assert "did you mean 'block'" in output
    assert files(tmp_path) == {"shipped"}


def test_shipped_files_that_are_gone_are_named(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "SHIPPED", tmp_path)
    code, output = run("init", tmp_path / "p", "--yes")
    assert code == 3
    assert "no longer has taxonomy.yaml, exceptions.yaml, soc2.yaml" in output
    assert files(tmp_path) == set()


def test_an_upstream_file_is_written_beside_but_never_over_another(tmp_path: Path, run: Run) -> None:
    upstreams = tmp_path / "upstreams.yaml"
    code, output = run("init", tmp_path / "p", "--own-zone", "cellar", "--upstreams", upstreams, "--yes")
    assert code == 0
    assert f"wrote {upstreams}" in output
    assert load_registry(upstreams).zones == {"cellar"}
    upstreams.write_text("mine")
    code, output = run("init", tmp_path / "q", "--upstreams", upstreams, "--yes")
    assert code == 0
    assert "was left as it is" in output
    assert upstreams.read_text() == "mine"


def test_what_the_configured_detectors_find_beyond_it_is_said(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    types, cuts = root._detector_types()
    monkeypatch.setattr(cli.injected, "detector_types", lambda: (types | {"BADGE_NUMBER"}, cuts))
    code, output = run("init", tmp_path / "p", "--yes")
    assert code == 0
    assert "this is left to do" in output
    assert "BADGE_NUMBER" in output


def test_whether_somebody_can_be_asked_depends_on_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for answer in (True, False):
        monkeypatch.setattr(sys.stdin, "isatty", lambda answer=answer: answer, raising=False)
        assert init._on_terminal() is answer
