from audit.evidence.facts import Facts


def test_a_period_has_both_its_ends_and_times_in_full() -> None:
    facts = Facts("6" * 32, "o", 10, "5" * 64, 3, 7, since="2026-01-01T00:00:00Z")
    assert facts.population == 5
    assert facts.asked() == {"from": "2026-01-01T00:00:00.000000Z"}
    assert Facts("6" * 32, "o", 10, "5" * 64, 0, -1).population == 0
