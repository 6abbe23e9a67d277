from answering import NO_CARDS, NO_KEYS, asked

from proxy.detection.findings import UNSCANNED, Finding, Scan
from proxy.scanning import tally as module
from proxy.scanning.tally import Asked, Tally

RULED = asked(NO_CARDS + NO_KEYS)


def scan(*found: tuple[str, float, bytes], failures: frozenset[str] = frozenset()) -> Scan:
    return Scan(tuple(Finding(kind, score, "d", "", value) for kind, score, value in found), failures, 5, 1, 0, 0)


def test_a_value_counts_once_with_its_best_score_whatever_scans_it_is_found_in() -> None:
    tally = Tally(RULED)
    tally.add(scan(("CREDIT_CARD", 0.5, b"one"), ("EMAIL_ADDRESS", 0.9, b"one")))
    tally.add(scan(("CREDIT_CARD", 0.9, b"one"), ("CREDIT_CARD", 0.5, b"two")))
    tally.add(scan(("CREDIT_CARD", 0.4, b"one")))
    record = tally.record()
    assert (record["us"], record["complete"]) == (15, True)
    assert record["types"] == [
        {"t": "CREDIT_CARD", "det": ["d"], "hist": {"10": 1, "18": 1}},
        {"t": "EMAIL_ADDRESS", "det": ["d"], "hist": {"18": 1}},
    ]


def test_a_rule_judges_by_all_that_was_found() -> None:
    tally = Tally(RULED)
    assert not tally.verdict().blocked
    tally.add(scan(("CREDIT_CARD", 0.5, b"one")))
    assert tally.verdict().blocked
    assert tally.record()["rules"] == ["no-cards-in-answers"]


def test_what_was_not_scanned_is_named_and_counts_as_such() -> None:
    tally = Tally(RULED)
    tally.add(scan((UNSCANNED, 1.0, b"x"), failures=frozenset({"binary"})))
    record = tally.record()
    assert (record["complete"], record["fail"]) == (False, ["binary"])
    assert [item["c"] for item in record["classes"]] == ["unscanned"]


def test_more_values_than_are_kept_are_a_failure() -> None:
    tally = Tally(RULED)
    tally.add(scan(*(("EMAIL_ADDRESS", 0.9, str(number).encode()) for number in range(module.MAX_VALUES + 1))))
    assert tally.failures == {module.FULL}


def test_a_rule_concerns_the_answers_of_the_zones_that_it_names() -> None:
    keys = asked(NO_KEYS)
    assert keys.concerned
    assert not Asked(keys.policy, keys.who, keys.call, "onprem").concerned
    assert not asked().concerned
