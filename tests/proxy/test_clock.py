from proxy.clock import Clock


def test_the_stages_follow_each_other_and_all_of_them_are_within_the_total() -> None:
    clock = Clock()
    clock.mark("detect")
    clock.mark("audit")
    clock.mark("detect")
    assert list(clock.spent) == ["detect", "audit"]
    total = clock.total()
    assert list(total) == ["detect", "audit", "total"]
    assert 0 <= sum(clock.spent.values()) <= total["total"]
