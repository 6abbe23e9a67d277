from dataclasses import replace

from proxy.policy.model import Identity, Landing, Outcome, Would
from proxy.policy.noted import Noted
from proxy.policy.replay import SHOWN, Skipped, Why
from proxy.policy.uses import NAMED, UNUSED, Uses, collect

OUT = Landing(Outcome.ALLOW, ("us",))
HOME = Landing(Outcome.PIN, ("home",))


def note(number: int, *, team: str = "x", app: str = "a", request: str = "", pinned: bool = True) -> Noted:
    """Return a request to a vendor, which a rule in shadow would have pinned, or left alone."""
    would = Would("r", Outcome.PIN, "home") if pinned else Would("r", Outcome.ALLOW, "us")
    at = f"2026-06-{1 + number:02}T08:00:00.000000Z"
    return Noted(f"id{number}", request or f"req{number}", at, Identity(team, app, "k"), OUT, shadow=(would,))


def uses(*items: Noted | Skipped) -> Uses:
    return collect(items, Noted.shadowed)


def test_requests_are_counted_by_what_it_made_of_them_and_by_caller() -> None:
    found = uses(note(0), note(1, team="y"), note(2, team="y"), note(3, pinned=False)).found["r"]
    assert (found.count, found.otherwise) == (4, 3)
    assert [(turn.before, turn.after, turn.count) for turn in found.turns] == [(OUT, HOME, 3), (OUT, OUT, 1)]
    assert found.turns[0].callers == (("y", "a", 2), ("x", "a", 1))


def test_an_answer_counts_as_a_request_and_not_as_one_more_decision() -> None:
    would = Would("r", Outcome.BLOCK, None)
    passed = replace(note(1), made=Landing(Outcome.ALLOW, ()), shadow=(would,), of_answer=True)
    found = uses(replace(note(0), shadow=()), passed)
    assert found.decisions == 1
    assert [str(turn.after) for turn in found.found["r"].turns] == ["block"]


def test_one_request_that_was_sent_on_to_another_zone_counts_once() -> None:
    found = uses(note(0, request="same"), note(1, request="same"), note(2)).found["r"]
    assert found.count == 2
    assert found.turns[0].records == ("id0", "id2")


def test_the_first_and_the_last_time_stand_whatever_the_order_of_records() -> None:
    found = uses(note(2), note(0), note(5), note(3)).found["r"]
    assert (found.first, found.last) == ("2026-06-01T08:00:00.000000Z", "2026-06-06T08:00:00.000000Z")
    assert found.span == "2026-06-01 08:00:00 UTC to 2026-06-06 08:00:00 UTC"
    assert uses(note(2)).found["r"].span == "2026-06-03 08:00:00 UTC"


def test_a_dry_run_is_counted_apart() -> None:
    found = uses(replace(note(0), dry_run=True), note(1))
    assert (found.decisions, found.dry_runs, found.found["r"].count) == (2, 1, 1)


def test_what_was_not_read_is_counted_with_its_reason_and_some_records() -> None:
    found = uses(*(Skipped(f"s{n}", Why.SCHEMA) for n in range(SHOWN + 2)))
    assert (found.decisions, found.found) == (0, {})
    assert found.skipped == ((Why.SCHEMA, SHOWN + 2, ("s0", "s1", "s2")),)
    assert list(found.lines())[1:] == [f"5 not read: {Why.SCHEMA.value}", f"{'':<19}s0 s1 s2 ..."]
    assert found.as_json()["not_read"] == [
        {"why": "schema", "text": Why.SCHEMA.value, "count": 5, "records": ["s0", "s1", "s2"]}
    ]


def test_a_line_names_some_callers_and_the_plain_values_all() -> None:
    turn = uses(*(note(n, app=f"app{n}") for n in range(NAMED + 2))).found["r"].turns[0]
    first, second = turn.lines()
    assert first.endswith("app5 1, 2 more callers")
    assert second.split() == ["id0", "id1", "id2", "..."]
    assert len(turn.as_json()["callers"]) == NAMED + 2


def test_the_plain_values_have_the_same_keys_used_or_not() -> None:
    found = uses(note(0)).found["r"].as_json()
    assert found.keys() == UNUSED.keys()
    assert found["turns"] == [
        {
            "before": {"decision": "allow", "zone": "us"},
            "after": {"decision": "pin", "zone": "home"},
            "otherwise": True,
            "count": 1,
            "callers": [{"team": "x", "app": "a", "count": 1}],
            "records": ["id0"],
        }
    ]
