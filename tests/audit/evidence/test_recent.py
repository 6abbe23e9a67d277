from audit.evidence.recent import Recent


def test_the_oldest_is_forgotten_and_what_is_seen_again_keeps_its_place() -> None:
    recent = Recent[int](2)
    assert recent.add("a", 1)
    assert recent.add("b", 2)
    assert not recent.add("a", 3)
    assert recent.get("a") == 1
    assert recent.add("c", 4)
    assert "a" not in recent
    assert recent.get("b") == 2
    assert recent.add("a", 5)
