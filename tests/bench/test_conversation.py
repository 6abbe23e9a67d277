"""The conversation resends its history, and the figures are those of its turns."""

import itertools
from types import ModuleType

import pytest
from bench.loading import load


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    return load("conversation")


def test_each_turn_resends_all_that_was_said_and_asks_something_new(bench: ModuleType) -> None:
    turns = bench.conversation(1)
    assert [len(messages) for messages in turns] == list(range(2, 42, 2))
    assert all(after[: len(before)] == before for before, after in itertools.pairwise(turns))
    assert len({message["content"] for message in turns[-1]}) == 40
    assert turns == bench.conversation(1)
    assert turns[0] != bench.conversation(2)[0]


@pytest.mark.parametrize(("resent", "status"), [(0.04, 0), (0.06, 1)])
def test_a_resent_conversation_has_to_cost_a_twentieth(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], resent: float, status: int
) -> None:
    names = [*(f"turn {turn}" for turn in bench.SHOWN), "all turns"]
    spent = {(cache, name): [1.0] for cache in bench.CACHES for name in names}
    spent |= {("none", "resent"): [9.0, 1.0, 0.5], ("cached", "resent"): [resent]}
    assert bench.report(spent) == status
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown.split() == ["resent", "1000.0", f"{resent * 1000:.1f}", f"{1 / resent:.1f}"]
