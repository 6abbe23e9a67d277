"""A person places holds, prunes and erases from the command line, and is told what goes and why something does not."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from retained import LATER, Retained
from typer.testing import CliRunner

from audit import cli, cli_retention
from audit.cli_retention import Own
from audit.retention import doing

Run = Callable[..., str]


@pytest.fixture
def retained(open_log: Any, decision: Any, outcome: Any) -> Iterator[Retained]:
    log = open_log()
    made = Retained(log, log.place.parent, decision, outcome)
    yield made
    made.close()


@pytest.fixture
def run(retained: Retained, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return what runs a command, and checks its exit code."""

    @contextmanager
    def own() -> Iterator[Own]:
        yield Own(retained.parts, 400, (retained.home / "exports", retained.home / "servers" / "1" / "exports"))

    monkeypatch.setattr(cli_retention, "own_log", own)

    def invoke(*arguments: str, status: int = 0, answer: str | None = None) -> str:
        result = CliRunner().invoke(cli.app, list(arguments), input=answer)
        assert result.exit_code == status, result.output
        return result.output

    return invoke


def test_holds_are_placed_listed_and_lifted(run: Run, retained: Retained) -> None:
    assert run("hold", "list") == "no hold is in force\n"
    placed = run("hold", "place", "matter-7", "--from", "2026-01-01", "--to", "2026-02-01T12:00:00Z", "--team", "legal")
    said = "matter-7: from 2026-01-01T00:00:00.000000Z to 2026-02-01T12:00:00.000000Z of team legal"
    assert placed.startswith(f"{said}; record ")
    assert run("hold", "list").startswith(f"{said}; placed 20")
    assert "in force; lift it" in run("hold", "place", "matter-7", status=2)
    assert run("hold", "lift", "matter-7").startswith("matter-7 is lifted; record ")
    assert "no hold of this name" in run("hold", "lift", "matter-7", status=2)
    assert "ends before it begins" in run("hold", "place", "a", "--from", "2026-02-01", "--to", "2026-01-01", status=2)
    assert "a time is such as" in run("hold", "place", "a", "--from", "yesterday", status=2)
    assert "have a name" in run("hold", "place", "a b", status=2)
    assert retained.codes() == set()


def test_a_prune_shows_what_would_go_asks_and_does_it(run: Run, retained: Retained) -> None:
    for _ in range(3):
        retained.request()
    assert "no anchor is known" in run("prune", "--before", "2099-01-01", status=2)
    retained.sign()
    assert "nothing to prune: record 0 is from" in run("prune", status=2)
    shown = run("prune", "--before", "2099-01-01", "--dry-run")
    assert "prune      the first 8 records, all from before 2099-01-01T00:00:00.000000Z" in shown
    assert "bodies     6 go, 2 records stay" in shown
    assert "         3 route.decision" in shown
    run("prune", "--before", "2099-01-01", status=1, answer="n\n")
    assert retained.verify().pruned == 0
    done = run("prune", "--before", "2099-01-01", "--yes")
    assert "record 8 is under a checkpoint, kept by: file" in done
    assert "pruned: the first 8 records" in done
    assert retained.codes() == set()


def test_a_clock_that_is_set_ahead_makes_no_record_of_today_old(
    run: Run, retained: Retained, monkeypatch: pytest.MonkeyPatch
) -> None:
    retained.request()
    retained.sign()
    ahead = datetime.now(UTC) + timedelta(days=500)
    monkeypatch.setattr(cli_retention, "_now", lambda: ahead)
    assert "this machine's clock is wrong; look at it" in run("prune", "--yes", status=2)
    assert retained.verify().pruned == 0
    monkeypatch.setattr(cli_retention, "_now", lambda: ahead - timedelta(days=470))
    assert "nothing to prune" in run("prune", "--yes", status=2)


def test_a_prune_that_waits_in_vain_goes_on_when_it_is_run_again(run: Run, retained: Retained) -> None:
    retained.request()
    retained.sign()
    retained.anchors = False
    waited = run("prune", "--before", "2099-01-01", "--yes", "--wait", "0", status=1)
    assert "nothing was taken away, run this again" in waited
    retained.anchors = True
    retained.request()
    assert "nothing to prune: record 0 is from" in run("prune", status=2)
    again = run("prune", "--before", "2099-01-01")
    assert "record 4 announces that the first 4 records are pruned; going on" in again
    assert retained.verify().left_out == 2


def test_what_only_writes_the_log_cannot_announce_away_what_is_not_past_its_time(run: Run, retained: Retained) -> None:
    retained.request()
    cut = retained.verify().last_ts
    retained.request()
    retained.sign()
    said = doing.plan_prune(retained.parts, LATER, retained.said.append).record()
    retained.record("retention.pruned", {**said, "until": "2020-01-01T00:00:00Z"})
    retained.sign()
    run("prune", "--yes", status=2)
    run("prune", "--before", cut, "--yes", status=2)
    assert retained.verify().left_out == 0
    assert "pruned: the first 7 records" in run("prune", "--before", "2099-01-01", "--yes")
    assert retained.codes() == set()


def test_whoever_erases_is_asked_about_what_a_record_says_is_erased_and_is_there(run: Run, retained: Retained) -> None:
    ids = [retained.request() for _ in range(2)]
    (request,) = retained.find(ids[0])
    retained.record("erasure.done", {"records": [stone.as_json() for stone in request.stones], "reason": "by_server"})
    asked = run("erase", ids[1], status=1, answer="n\n")
    assert "The log says that 2 records are erased that are there. Erase them, too? [y/N]: n" in asked
    assert retained.verify().erased_total == 0
    assert "2 records were erased that the log said were erased already" in run("erase", ids[1], "--yes")
    assert retained.verify().erased_total == 4


def test_a_request_is_erased_by_its_id_its_key_or_a_fingerprint(run: Run, retained: Retained) -> None:
    ids = [retained.request() for _ in range(3)]
    still = retained.request(ended=False)
    shown = run("erase", ids[0], "--dry-run")
    assert shown.startswith(f"{ids[0]}  20")
    assert shown.endswith("crm of sales, 2 records\n")
    assert retained.verify().erased_total == 0
    assert "Erase 1 requests for good?" in run("erase", ids[0], status=1, answer="n\n")
    assert "erased: 2 records of 1 requests" in run("erase", ids[0], "--yes")
    assert "erased before" in run("erase", ids[0], "--yes")
    assert "has not ended" in run("erase", still, "--yes", status=2)
    run("hold", "place", "matter")
    assert "under the hold matter" in run("erase", ids[1], "--yes", status=2)
    run("hold", "lift", "matter")
    done = run("erase", "--key", "ak_1", "--yes", status=2)
    assert "erased: 4 records of 2 requests" in done
    assert "some requests stay" in done
    assert "has not ended" in run("erase", "--fingerprint", "fp1.2026q4." + "A" * 22, status=2)
    assert run("erase", "--key", "ak_9") == "the log has no such request\n"
    assert "give ids of decisions, or --key" in run("erase", status=2)
    assert "not the id of a key" in run("erase", "--key", "a b", status=2)
    assert "no decision with one of these ids" in run("erase", "nothing", status=2)
    assert retained.verify().erased_total == 6
    assert retained.codes() == set()


def test_what_is_left_of_a_request_is_shown_as_such(run: Run, retained: Retained) -> None:
    name = retained.request()
    run("erase", name, "--yes")
    shown = CliRunner().invoke(cli.app, ["tail", "--db", str(retained.log.place)]).output
    assert "route.decision - erased" in shown or "route.decision erased" in shown


def test_what_a_reader_kept_from_being_overwritten_goes_when_the_command_is_run_again(
    run: Run, retained: Retained
) -> None:
    names = [retained.request() for _ in range(3)]
    retained.sign()
    salts = [retained.log.committed(name)["salt"].encode() for name in names]  # type: ignore[index]

    def left() -> list[bool]:
        files = [path.read_bytes() for path in retained.home.glob("audit.db*")]
        return [any(salt in content for content in files) for salt in salts]

    def beside_a_reader(*command: str) -> str:
        with closing(sqlite3.connect(retained.log.place)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM record").fetchone()
            return run(*command)

    erase, prune = ("erase", names[1], "--yes"), ("prune", "--before", "2099-01-01", "--yes")
    assert "run this again later" in beside_a_reader(*erase)
    assert left() == [True] * 3
    assert "is overwritten" in run(*erase)
    assert left() == [True, False, True]
    assert "run this again later" in beside_a_reader(*prune)
    assert left() == [True, False, True]
    assert "nothing to prune beyond what was" in run(*prune, status=2)
    assert left() == [False] * 3


@pytest.mark.parametrize("command", ["erase", "prune"])
def test_packs_that_are_kept_for_auditors_go_with_what_went_and_so_does_one_that_is_being_made(
    command: str, run: Run, retained: Retained
) -> None:
    name = retained.request()
    retained.sign()
    kept, making = retained.home / "exports", retained.home / "exports" / ".2.tar.77"
    beside = retained.home / "servers" / "1" / "exports"
    making.mkdir(parents=True)
    beside.mkdir(parents=True)
    for path in (kept / "1.json", kept / "1.tar", making / "files.tar", kept / "2.json", beside / "3.tar"):
        path.write_bytes(b"as it was")
    given = {"erase": [name], "prune": ["--before", "2099-01-01"]}[command]
    run(command, *given, "--dry-run")
    assert len(list(kept.rglob("*"))) == 5
    assert "packs that were kept for auditors and are gone, too: 2\n" in run(command, *given, "--yes")
    assert sorted(path.name for path in (*kept.iterdir(), *beside.iterdir())) == ["1.json", "2.json"]


def test_nothing_is_done_without_a_program_that_writes_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_retention, "own_log", None)
    result = CliRunner().invoke(cli.app, ["hold", "list"])
    assert result.exit_code == cli_retention.REFUSED
    assert "only the program that writes the log" in result.output
