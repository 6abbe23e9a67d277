import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kept import Kept

from proxy.errors import Unavailable
from proxy.policy import cli
from proxy.policy.policy import Policy
from proxy.policy.replay import Recorded, Skipped, Why

Run = Callable[..., tuple[int, str]]


def two(policy: Policy) -> Kept:
    """Return a log of one harmless and one sensitive request, without the bundle that decided."""
    kept = Kept()
    kept.add(policy, {})
    kept.add(policy, {"ILLNESS": (15,)})
    kept.policies.clear()
    return kept


@pytest.fixture
def log(policy: Callable[..., Policy], monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = two(policy())
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: kept)
    return kept


def test_what_a_candidate_tightens_is_shown_and_is_fine(folder: Path, run: Run, log: Kept) -> None:
    code, output = run("replay", "--candidate", folder)
    assert code == 0
    assert "TIGHTER       1  allow -> us => pin -> home (-eu)  x  by +stays" in output
    assert "2 decisions replayed: 0 looser, 1 tighter, 0 moved, 1 the same" in output
    plain = json.loads(run("replay", "--candidate", folder, "--format", "json")[1])
    assert (plain["replayed"], plain["tighter"], plain["changes"][0]["records"]) == (2, 1, ["r1"])


def test_anything_looser_is_a_finding(
    folder: Path, run: Run, log: Kept, policy: Callable[..., Policy], edit: Callable[[str, str], None]
) -> None:
    stricter = policy("  - {id: care, if: {class: health}, then: block, because: b}\n")
    log.items = two(stricter).items
    code, output = run("replay", "--candidate", folder)
    assert code == 1
    assert "LOOSER        1  block => pin -> home  x  by -care" in output


def test_a_record_that_its_own_bundle_contradicts_is_a_finding(folder: Path, run: Run, log: Kept) -> None:
    log.items = [Skipped("r9", Why.DIFFERS)]
    assert run("replay", "--candidate", folder)[0] == 1
    log.items = [Skipped("r9", Why.OTHER)]
    assert run("replay", "--candidate", folder)[0] == 0


def test_the_candidate_is_held_against_the_upstreams_of_today(
    folder: Path, run: Run, log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.injected, "upstream_zones", lambda: frozenset({"home"}))
    assert (
        "TIGHTER       1  allow -> us => pin -> home (-eu)  x  by +no upstream"
        in run("replay", "--candidate", folder)[1]
    )


def test_the_whole_log_counts_if_nothing_else_is_said(folder: Path, run: Run, log: Kept) -> None:
    run("replay", "--candidate", folder)
    assert log.since is None


@pytest.mark.parametrize("more", [["--since", "soon"], ["--format", "x"]])
def test_what_cannot_be_read_is_wrong_usage(folder: Path, run: Run, log: Kept, more: list[str]) -> None:
    assert run("replay", "--candidate", folder, *more)[0] == 2


def test_a_candidate_that_does_not_load_says_why(
    folder: Path, run: Run, log: Kept, edit: Callable[[str, str], None]
) -> None:
    edit("class: health}", "class: helth}")
    code, output = run("replay", "--candidate", folder)
    assert code == 3
    assert "did you mean 'health'" in output


def test_a_log_that_stops_answering_ends_in_one_line(
    folder: Path, run: Run, log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str | None) -> Iterator[Recorded]:
        raise Unavailable("The audit log cannot be read (io).", code="audit_unavailable")

    monkeypatch.setattr(log, "decisions", fail)
    assert run("replay", "--candidate", folder) == (2, "The audit log cannot be read (io).\n")
