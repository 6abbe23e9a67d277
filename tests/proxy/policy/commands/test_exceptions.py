import json
from collections.abc import Callable
from pathlib import Path

import pytest

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
    first, second = json.loads(output)
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
