from evidenced import ACTIVATION, Maker

from audit.evidence.usage import Usage


def test_only_what_may_have_gone_to_a_vendor_is_compared_and_all_of_it() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    make.end(make.decide())
    make.end(make.vendor(), usage={"in": 5, "out": 2})
    make.end(make.vendor(ts="2026-03-02T00:00:00.000000Z"))
    usage = Usage()
    for seq, body in enumerate(make.records):
        usage.take(seq, body)
    usage.take(len(make.records), None)
    assert usage.absent == 1
    [row] = usage.rows("2026-03-01", "2026-03-02", [])
    assert (row["upstream"], row["in"]) == ("openai", 5)
    assert [row["day"] for row in usage.rows("2026-03-01", "2026-04-01", [])] == ["2026-03-01", "2026-03-02"]
    assert [row["upstream"] for row in usage.rows("2026-03-01", "2026-04-01", ["local"])] == ["local"]
