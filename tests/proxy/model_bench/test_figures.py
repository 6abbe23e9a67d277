import json

from proxy.model_bench.asking import Timing
from proxy.model_bench.figures import HEAD, figures, markdown, plain

GOOD = [Timing("", n / 10, n / 10 + 1.0, 11, counted=True, ours_ms=5.0, zone="onprem") for n in range(1, 21)]


def test_figures_sum_a_round_up() -> None:
    found = figures("m", 4, [*GOOD, Timing("timeout"), Timing("timeout"), Timing("refused")], 10.0)
    assert (found.answers, found.failed) == (20, {"timeout": 2, "refused": 1})
    assert (found.first_ms, found.first_p95_ms) == (1050.0, 1900.0)
    assert (found.each_tokens_s, found.all_tokens_s, found.ours_ms, found.counted) == (10.0, 22.0, 5.0, True)


def test_a_round_without_an_answer_has_no_figures_and_divides_by_nothing() -> None:
    for timings, wall in (([], 0.0), ([Timing("refused")], 0.0), ([Timing("", 0.1, 0.1, 1)], 0.0)):
        found = figures("m", 1, timings, wall)
        assert (found.all_tokens_s, found.each_tokens_s) == (0.0, 0.0)


def test_pieces_that_nobody_counted_are_said_to_be_none() -> None:
    assert figures("m", 1, [*GOOD, Timing("", 0.1, 1, 5)], 1.0).counted is False


def test_a_table_has_a_cell_for_each_heading() -> None:
    found = [figures("a", 1, GOOD, 10.0), figures("模型", 4, [Timing("timeout")], 1.0)]
    lines = markdown("Title", found, ["a note"]).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert [row.count("|") for row in rows] == [len(HEAD) + 1] * 4
    assert "| 1 timeout |" in rows[-1]
    assert json.loads(json.dumps(plain(found)))[1]["failed"] == {"timeout": 1}
