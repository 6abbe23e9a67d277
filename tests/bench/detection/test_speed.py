"""What costs are measured on, and that they are measured: one quick run of our own system."""

import json
from itertools import pairwise
from pathlib import Path

from bench.detection import speed
from bench.detection.found import units


def test_pieces_are_different_until_the_text_ends() -> None:
    piece = speed.slices("abcdefg")
    assert [piece(3), piece(3), piece(3)] == ["abc", "def", "abc"]


def test_a_conversation_resends_everything_before() -> None:
    requests = list(speed.conversation(speed.slices("x" * 100_000)))
    texts = [
        [segment.text for unit in parts for segment in unit.segments if len(segment.text) > 50] for parts in requests
    ]
    assert [len(said) for said in texts] == [2 * turn + 1 for turn in range(speed.TURNS)]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(texts))


def test_our_own_system_is_measured_and_its_cache_pays(tmp_path: Path) -> None:
    rows = [
        {"id": f"r-{n}", "body": speed.ask(f"Question {n}: what did Maria Gonzalez say about the lighthouse? " * 12)}
        for n in range(20)
    ]
    file = tmp_path / "some.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    figures = speed.measure(["ours"], [file], rounds=3)
    assert set(figures["ours"]) == {key for key, _ in speed.ROWS}
    assert all(value > 0 for value in figures["ours"].values())
    assert figures["ours"]["ms_per_1000_cached"] < figures["ours"]["ms_per_1000_cold"] / 3
    assert figures["ours"]["worker_mb"] < figures["ours"]["own_mb"] / 2


def test_figures_become_rows_of_the_table() -> None:
    shown = speed.rows({"ours": {"ms_1000": 2.0, "worker_mb": 17.0}, "md": {"ms_1000": 20.0}})
    assert shown["ms for 1,000 characters"] == {"ours": 2.0, "md": 20.0}
    assert shown["MB that one more forked worker adds (USS)"] == {"ours": 17.0}
    assert speed.rows({}) == {}


def test_a_unit_is_read_as_the_proxy_reads_it() -> None:
    assert [unit.role for unit in units(speed.ask("a", "b"))] == ["user", "assistant", "other"]
