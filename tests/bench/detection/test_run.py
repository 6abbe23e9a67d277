"""The short form of the measurement: a handful of requests of its own, one of them with a value that nobody finds."""

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from bench.detection.marks import Request
from harness import ROOT
from properties.effort import ASKED

RUN = ROOT / "tests" / "bench" / "detection" / "run.py"
SPEED = ["--speed", "--rounds=1"] if ASKED else []
"""The stock system is measured by `make test-long`: that takes longest of all. Ours is by `test_speed.py`."""
TEXTS = {
    "card": "Refund the card ⟦CREDIT_CARD|@visa:spaced⟧, please.",
    "person": "Write to ⟦PERSON|Maria Gonzalez⟧ at ⟦EMAIL_ADDRESS|maria.gonzalez@mail.net⟧.",
    "token": "Why does export GITHUB_TOKEN=⟦API_KEY|@github_pat⟧ not work?",
    "planted": "The gate opens with ⟦PASSPORT|plum under the bench⟧.",
    "harmless": "What is the capital of France?",
    "alarm": "Call the shop at +44 20 7946 1018.",
}


def ids(half: str) -> dict[str, str]:
    """Name the texts so that all are in one half."""
    return {
        name: next(made for n in count() if Request(made := f"{name}-{n}", (), {}, ()).half == half) for name in TEXTS
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("measured")
    rows = [
        {"id": ids(half)[name], "tags": [name], "body": {"messages": [{"role": "user", "content": text}]}}
        for half in ("dev", "held")
        for name, text in TEXTS.items()
    ]
    (folder / "some.jsonl").write_text("\n".join(map(json.dumps, rows)))
    files = {name: folder / f"{name}.out" for name in ("json", "misses", "alarms")}
    command = [
        sys.executable,
        RUN,
        "--data",
        folder / "some.jsonl",
        "--only=ours",
        "--only=sm",
        "--by-tag",
        *SPEED,
    ]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RINGFENCE_")}
    done = subprocess.run(
        [*map(str, command), *(f"--{name}={file}" for name, file in files.items())],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env={**clean, "TMPDIR": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    lines = {name: [json.loads(row) for row in files[name].read_text().splitlines()] for name in ("misses", "alarms")}
    return {"table": done.stdout, "stderr": done.stderr, "json": json.loads(files["json"].read_text()), **lines}


def test_both_systems_and_all_halves_are_counted(ran: dict[str, Any]) -> None:
    assert set(ran["json"]) == {"ringfence", "stock sm", *(["speed"] if SPEED else [])}
    for counts in (ran["json"]["ringfence"], ran["json"]["stock sm"]):
        assert [counts[half]["requests"] for half in ("dev", "held", "all")] == [6, 6, 12]
        assert counts["all"]["hard"]["sensitive"] == 8
        assert counts["all"]["hard"]["benign"] == 4
        assert counts["all"]["ms_per_1000_characters"] > 0
    assert ran["stderr"] == ""
    for heading in ("requests with hard identifiers", "values: secrets", "types, all"):
        assert heading in ran["table"]


def test_what_is_easy_is_found_by_us_and_a_planted_miss_counts_as_a_miss(ran: dict[str, Any]) -> None:
    counts = ran["json"]["ringfence"]["all"]
    assert (counts["hard"]["caught"], counts["hard"]["whole"]) == (6, 6)
    for kind in ("CREDIT_CARD", "PERSON", "EMAIL_ADDRESS", "API_KEY"):
        assert counts["types"][kind]["recall"] == 1.0, kind
    assert counts["types"]["PASSPORT"]["expected"] == 2
    assert counts["types"]["PASSPORT"]["recall"] == 0.0
    assert counts["types"]["PHONE_NUMBER"]["alarms"] == 2
    assert counts["types"]["PHONE_NUMBER"]["false_positive_rate"] == 0.5
    assert counts["hard"]["false"] == 2
    assert (counts["hard"]["precision"], counts["hard"]["recall"]) == (0.75, 0.75)
    assert counts["secrets"]["caught"] == 2


if SPEED:

    def test_time_and_memory_stand_in_the_same_table(ran: dict[str, Any]) -> None:
        lines = {line[2:46].strip(): line[46:].split() for line in ran["table"].splitlines()}
        for title in ("ms per 1,000 characters of requests, cold", "ms per 1,000 characters, cached"):
            ours, stock = map(float, lines[title])
            assert 0 < ours < stock
        assert [float(cell) > 20 for cell in lines["MB of one process (RSS)"]] == [True, True]
        assert set(ran["json"]["speed"]) == {"ringfence", "stock sm"}


def test_stock_presidio_is_really_asked(ran: dict[str, Any]) -> None:
    counts = ran["json"]["stock sm"]["all"]
    assert counts["types"]["CREDIT_CARD"]["recall"] == 1.0
    assert counts["types"]["API_KEY"]["recall"] == 0.0


def test_only_the_dev_half_can_be_looked_into(ran: dict[str, Any]) -> None:
    assert [(row["id"], row["type"], row["value"]) for row in ran["misses"]] == [
        (ids("dev")["planted"], "PASSPORT", "plum under the bench")
    ]
    assert "opens with plum" in ran["misses"][0]["context"]
    assert [(row["id"], row["type"], row["text"]) for row in ran["alarms"] if not row["hits"]] == [
        (ids("dev")["alarm"], "PHONE_NUMBER", "+44 20 7946 1018")
    ]


def test_data_that_cannot_be_read_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "body": {"messages": [{"content": "⟦PERSON|Ada"}]}}')
    for data, says in ((tmp_path, "a mark never ends"), (tmp_path / "none", "no requests in")):
        done = subprocess.run(
            [sys.executable, RUN, "--data", data], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 2
        assert says in done.stderr
        assert len(done.stderr.splitlines()) == 1
