"""The record of a prune says what it takes; the one announced last is taken up until it is done."""

from retained import LATER, Retained

from audit.retention import doing, pruning
from audit.stores.asking import asking


def test_the_record_says_how_many_bodies_of_which_kinds_go_and_who_vouches(either: Retained) -> None:
    for _ in range(2):
        either.request()
    either.sign()
    plan = doing.plan_prune(either.parts, LATER, either.said.append)
    said = plan.record()
    assert said.pop("root") == plan.root.hex()
    kinds = [{"kind": "route.decision", "n": 2}, {"kind": "route.outcome", "n": 2}]
    expected = {"from_seq": 0, "to_seq": 5, "until": LATER, "bodies": 4, "anchors": ["file"], "kinds": kinds}
    assert said == expected
    assert plan.stopped_by == "no anchor is known to have more than 6 records"


def test_a_prune_is_announced_until_it_is_done_and_the_last_one_counts(retained: Retained) -> None:
    for _ in range(2):
        retained.request()
    retained.sign()
    first = doing.announce(retained.parts, doing.plan_prune(retained.parts, LATER, retained.said.append))
    retained.request()
    retained.sign()
    second = doing.announce(retained.parts, doing.plan_prune(retained.parts, LATER, retained.said.append))
    assert second.size > first.size
    with asking(retained.log.place) as run:
        assert pruning.announced(run) == second
        assert pruning.held_from(run, second.size) is None
    retained.sign()
    doing.carry_out(retained.parts, second, lambda _: None)
    assert doing.announced(retained.parts) is None
    assert retained.codes() == set()
