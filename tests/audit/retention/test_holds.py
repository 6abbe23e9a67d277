"""What a hold covers, and which are in force, follow from the records alone."""

from audit.evidence.facts import Facts
from audit.evidence.retention import Retention
from audit.records.schema import MAX_INT
from audit.retention.holds import LIFTED, PLACED, Hold, in_force

NOON, LATER = "2026-03-01T12:00:00.000000Z", "2026-03-02T00:00:00.000000Z"


def placed(name: str, **more: str) -> dict[str, str]:
    return {"kind": PLACED, "hold": name, "ts": NOON, **more}


def test_a_hold_without_bounds_covers_everything() -> None:
    assert Hold("matter").covers(NOON, "sales")
    assert Hold("matter").covers(NOON, None)
    assert str(Hold("matter")) == "matter: everything"


def test_times_are_a_range_of_which_the_end_is_not_in_it() -> None:
    hold = Hold("matter", NOON, LATER)
    assert [hold.covers(ts, "sales") for ts in ("2026-03-01T11:59:59.999999Z", NOON, LATER)] == [False, True, False]
    assert str(hold) == f"matter: from {NOON} to {LATER}"


def test_a_team_is_covered_alone_but_for_records_whose_team_nobody_knows() -> None:
    hold = Hold("matter", team="legal")
    assert [hold.covers(NOON, team) for team in ("legal", "sales", None)] == [True, False, True]
    assert str(hold) == "matter: of team legal"


def test_a_record_says_a_hold_and_is_read_back() -> None:
    hold = Hold.of(placed("matter", **{"from": "2026-03-01T12:00:00Z", "team": "legal"}))
    assert (hold.since, hold.until, hold.team, hold.placed) == (NOON, None, "legal", NOON)
    assert hold.record() == {"hold": "matter", "from": NOON, "team": "legal"}


def test_a_hold_is_in_force_until_it_is_lifted_and_may_be_placed_again() -> None:
    lifted = {"kind": LIFTED, "hold": "a"}
    assert [hold.name for hold in in_force([placed("a"), placed("b")])] == ["a", "b"]
    assert [hold.name for hold in in_force([placed("a"), placed("b"), lifted])] == ["b"]
    assert [hold.name for hold in in_force([lifted, placed("a"), lifted, placed("a")])] == ["a"]


def test_two_of_one_name_are_both_in_force_and_each_is_lifted_by_itself_as_evidence_counts_them() -> None:
    legal, sales = placed("a", team="legal"), placed("a", team="sales")
    lifted = {"kind": LIFTED, "hold": "a"}
    assert [hold.team for hold in in_force([legal, sales])] == ["legal", "sales"]
    assert [hold.team for hold in in_force([legal, sales, lifted])] == ["legal"]
    assert in_force([legal, sales, lifted, lifted]) == ()
    said = [legal, placed("b"), legal, lifted]
    folded = Retention(Facts("", "", 0, "", 0, MAX_INT))
    for seq, body in enumerate(said):
        folded.always[body["kind"]](seq, {"actor": {}, "id": "", "ts": NOON, **body})
    assert folded.document("")["in_force"] == sorted({hold.name for hold in in_force(said)}) == ["a", "b"]
