import json
from collections.abc import Callable
from pathlib import Path

import pytest
from kept import Kept

from proxy.policy import cli
from proxy.policy.model import Identity
from proxy.policy.policy import Policy

Run = Callable[..., tuple[int, str]]
EXCEPTIONS = """\
exceptions:
  - {id: EX-2, waives: stays, for: {apps: [bot], teams: [a, b]}, until: 2026-06-30, owner: ann, approved_by: bob,
     ticket: SEC-7, because: a trial with invented data}
  - {id: EX-1, waives: stays, for: {keys: [ak_7]}, until: 2026-05-01, owner: cy, approved_by: dee, ticket: SEC-1,
     because: over}
"""


@pytest.fixture
def listed(folder: Path) -> Path:
    (folder / "e.yaml").write_text(EXCEPTIONS)
    return folder


def test_those_that_end_first_come_first_with_everything_about_them(listed: Path, run: Run) -> None:
    code, output = run("exceptions", listed, "--on", "2026-06-20")
    assert code == 0
    assert output.splitlines() == [
        "expired   EX-1  waives stays  for keys ak_7  until 2026-05-01, 50 days ago  [e.yaml:4]",
        "          SEC-1, asked for by cy, approved by dee",
        "          over",
        "expiring  EX-2  waives stays  for teams a, b; apps bot  until 2026-06-30, 10 days left  [e.yaml:2]",
        "          SEC-7, asked for by ann, approved by bob",
        "          a trial with invented data",
        "0 live, 1 expiring within 14 days, 1 expired on 2026-06-20",
    ]


def test_how_soon_is_expiring_can_be_chosen(listed: Path, run: Run) -> None:
    assert "live      EX-2" in run("exceptions", listed, "--on", "2026-06-20", "--within", "9")[1]
    assert "until 2026-06-30, its last day" in run("exceptions", listed, "--on", "2026-06-30", "--within", "0")[1]
    assert run("exceptions", listed, "--within", "-1")[0] == 2


def test_the_plain_values_say_the_same(listed: Path, run: Run) -> None:
    code, output = run("exceptions", listed, "--on", "2026-06-20", "--format", "json")
    assert code == 0
    plain = json.loads(output)
    first, second = plain["exceptions"]
    assert (plain["on"], plain["unlisted"], plain["log"], first["uses"]) == ("2026-06-20", [], None, None)
    assert (first["id"], first["standing"], first["days_left"]) == ("EX-1", "expired", -50)
    assert (second["standing"], second["for"]) == ("expiring", {"teams": ["a", "b"], "apps": ["bot"]})
    assert (second["ticket"], second["owner"], second["approved_by"], second["line"]) == ("SEC-7", "ann", "bob", 2)


def test_none_is_said_in_one_line(folder: Path, run: Run) -> None:
    assert (
        run("exceptions", folder, "--on", "2026-06-20")[1]
        == "0 live, 0 expiring within 14 days, 0 expired on 2026-06-20\n"
    )


def test_a_day_that_is_none_is_wrong_usage(folder: Path, run: Run) -> None:
    assert run("exceptions", folder, "--on", "tomorrow")[0] == 2


@pytest.fixture
def log(policy: Callable[..., Policy], monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Return a log in which EX-2 let a bot out once and made no odds once, and EX-9, which is gone, waived the same."""
    rule = "  - {id: stays, if: {class: health}, then: pin, because: b}\n"
    kept = Kept()
    for name, app in (("EX-2", "bot"), ("EX-9", "old")):
        only = f"{EXCEPTIONS.splitlines(keepends=True)[0]}{''.join(EXCEPTIONS.splitlines(keepends=True)[1:3])}"
        waived = only.replace("EX-2", name).replace("{apps: [bot], teams: [a, b]}", f"{{apps: [{app}]}}")
        built = policy(rule, exceptions=waived)
        kept.add(built, {"ILLNESS": (15,)}, who=Identity("a", app, "k"))
    kept.add(policy(rule, exceptions=waived), {"ILLNESS": (15,), "PERSON": (15,)}, who=Identity("a", "old", "k"))
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: kept)
    return kept


def test_with_a_log_each_says_how_often_it_was_used_and_what_it_opened(listed: Path, run: Run, log: Kept) -> None:
    code, output = run("exceptions", listed, "--on", "2026-06-20", "--since", "2026-05-01")
    assert code == 0
    assert log.since == "2026-05-01T00:00:00.000000Z"
    assert output.splitlines()[3:] == [
        "          not used",
        "expiring  EX-2  waives stays  for teams a, b; apps bot  until 2026-06-30, 10 days left  [e.yaml:2]",
        "          SEC-7, asked for by ann, approved by bob",
        "          a trial with invented data",
        "          used by 1 request, 1 of them opened by it; 2026-06-01 12:00:00 UTC",
        "                1  pin -> home => allow -> us  a/bot 1",
        "                   r0",
        "unlisted  EX-9  is not in this bundle",
        "          used by 2 requests, 1 of them opened by it; 2026-06-01 12:00:00 UTC",
        "                1  pin -> home => allow -> us  a/old 1",
        "                   r1",
        "                1  pin -> home either way  a/old 1",
        "                   r2",
        "0 live, 1 expiring within 14 days, 1 expired on 2026-06-20",
        "3 recorded decisions read, 0 dry runs among them left out",
    ]


def test_the_plain_values_hold_the_uses_too(listed: Path, run: Run, log: Kept) -> None:
    plain = json.loads(run("exceptions", listed, "--on", "2026-06-20", "--since", "7d", "--format", "json")[1])
    assert [(item["id"], item["uses"]["requests"]) for item in plain["exceptions"]] == [("EX-1", 0), ("EX-2", 1)]
    assert [(item["id"], item["uses"]["otherwise"]) for item in plain["unlisted"]] == [("EX-9", 1)]
    assert plain["log"] == {"decisions": 3, "dry_runs": 0, "not_read": []}
