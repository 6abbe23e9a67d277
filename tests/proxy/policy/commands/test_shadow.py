import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kept import Kept

from proxy.errors import Unavailable
from proxy.policy import cli
from proxy.policy.noted import Noted
from proxy.policy.policy import Policy
from proxy.policy.replay import Skipped, Why

Run = Callable[..., tuple[int, str]]
TRIED = "  - {id: stays, mode: shadow, until: 2126-07-01, if: {class: health}, then: pin, because: b}\n"


@pytest.fixture
def log(policy: Callable[..., Policy], monkeypatch: pytest.MonkeyPatch) -> Kept:
    kept = Kept()
    kept.add(policy(TRIED), {"ILLNESS": (15,)})
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: kept)
    return kept


def test_the_log_is_held_against_the_rules_of_the_directory(folder: Path, run: Run, log: Kept) -> None:
    code, output = run("shadow", folder, "--since", "2026-06-01")
    assert code == 0
    assert output.startswith("stays  enforced now  [p.yaml:7]\n          1 request matched, 1 would have been")
    assert log.since == "2026-06-01T00:00:00.000000Z"


def test_the_plain_values_are_printed_too(folder: Path, run: Run, log: Kept) -> None:
    log.items.append(Skipped("s1", Why.SCHEMA))
    code, output = run("shadow", folder, "--format", "json")
    plain = json.loads(output)
    assert code == 0
    assert [(rule["rule"], rule["requests"]) for rule in plain["rules"]] == [("stays", 1)]
    assert (plain["decisions"], plain["not_read"][0]["records"]) == (1, ["s1"])


def test_a_day_that_is_none_is_wrong_usage(folder: Path, run: Run, log: Kept) -> None:
    assert run("shadow", folder, "--since", "soon")[0] == 2


def test_a_directory_that_does_not_load_says_why(
    folder: Path, run: Run, log: Kept, edit: Callable[[str, str], None]
) -> None:
    edit("class: health}", "class: helth}")
    assert run("shadow", folder)[0] == 3


def test_a_log_that_stops_answering_ends_in_one_line(
    folder: Path, run: Run, log: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str | None) -> Iterator[Noted]:
        raise Unavailable("The audit log cannot be read (io).", code="audit_unavailable")

    monkeypatch.setattr(log, "notes", fail)
    assert run("shadow", folder) == (2, "The audit log cannot be read (io).\n")
