"""A request is all that was recorded of it: what is found of it, by whom it may be sought, and when it may go."""

from retained import Retained

from audit.records.record import new_id
from audit.retention import erasing
from audit.retention.erasing import AT_ONCE, Request, portions
from audit.retention.holds import Hold
from audit.stores.asking import asking

FP = "fp1.2026q4." + "A" * 22


def about(kept: Retained, **sought: str) -> list[str]:
    with asking(kept.log.place) as run:
        return list(erasing.about(run, **sought))


def test_a_request_is_its_decision_its_attempts_and_their_outcomes(either: Retained) -> None:
    name = either.request(ended=False)
    decided = either.decision()
    attempt = {"dec": name, "attempt": 2, "zone": decided["zone"], "why": "timeout", "up": decided["up"]}
    either.log.append_sync("route.attempt", attempt)
    either.log.append_sync("route.outcome", either.outcome(name))
    (request,) = either.find(name)
    assert request.open
    assert not request.may_go
    either.log.append_sync("route.outcome", either.outcome(name, attempt=2))
    (request,) = either.find(name)
    kinds = ["route.decision", "route.attempt", "route.outcome", "route.outcome"]
    assert [stone.kind for stone in request.stones] == kinds
    assert request.may_go
    assert (request.app, request.team) == ("crm", "sales")


def test_a_dry_run_is_a_request_that_has_ended(retained: Retained) -> None:
    (request,) = retained.find(retained.request(ended=False, dry_run=True))
    assert request.may_go
    assert retained.erase(request.id) == 1
    (request,) = retained.find(request.id)
    assert (request.erased, request.stones, request.may_go) == (True, (), False)
    assert retained.codes() == set()


def test_decisions_that_led_to_each_other_are_found_from_either(retained: Retained) -> None:
    first = retained.request(local_first={"confidence_bp": 5000, "min_characters": 1})
    retained.request()
    second = retained.request(escalates={"dec": first, "why": "unsure"})
    for name in (first, second):
        assert [request.id for request in retained.find(name)] == [first, second]
    retained.request(local_first={"confidence_bp": 5000, "min_characters": 1})


def test_what_is_no_decision_is_not_found(retained: Retained) -> None:
    retained.request()
    assert retained.find(new_id()) == []


def test_a_key_or_a_fingerprint_finds_every_request_it_made(either: Retained) -> None:
    actor = either.decision()["actor"]
    ours = [either.request(actor={**actor, "id": "ak_2"}) for _ in range(2)]
    other = either.request(net={"ingress": "http"}, req={**either.decision()["req"], "body_fp": FP[:-1] + "B"})
    assert about(either, key="ak_2") == ours
    assert about(either, key="ak_1") == [other]
    assert about(either, key="ak_3") == about(either, key="crm") == []
    assert about(either, fingerprint=FP[:-1] + "B") == [other]
    assert about(either, fingerprint=FP) == [*ours, other]
    either.erase(ours[0])
    assert about(either, key="ak_2") == ours[1:]


def test_a_hold_of_a_time_covers_a_request_by_any_of_its_records(retained: Retained) -> None:
    (request,) = retained.find(retained.request())
    last = request.stones[-1].ts
    with asking(retained.log.place) as run:
        (held,) = erasing.find(run, request.id, [Hold("matter", last, None, "sales"), Hold("other", team="legal")])
    assert (held.held, held.may_go) == (("matter",), False)


def test_portions_are_of_whole_requests_as_far_as_that_is_possible(retained: Retained) -> None:
    (one,) = retained.find(retained.request())

    def request(records: int) -> Request:
        return Request("", "", "", "", one.stones[:1] * records)

    sizes = [len(portion) for portion in portions(map(request, [20, 12, 1, 31, 40, 1]))]
    assert sizes == [32, 32, 32, 9]
    assert list(portions([])) == []
    assert max(sizes) == AT_ONCE
