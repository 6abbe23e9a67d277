from evidenced import ACTOR, IDS, SHA, Maker, fold

GRANT = {"proposer": ACTOR, "confirmer": ACTOR, "until": "2026-03-01T02:00:00Z", "reason": "exercise", "store": "full"}


def test_an_incident_says_how_long_it_lasted_also_if_it_ended_behind_the_period() -> None:
    make = Maker()
    make.add("incident.opened", {"incident": IDS[0], "what": "low_space"})
    make.add("incident.opened", {"incident": IDS[1], "what": "anchor_behind", "about": "s3"})
    make.add("incident.closed", {"incident": IDS[0], "how": "room_again", "actor": ACTOR})
    make.add("incident.closed", {"incident": IDS[0], "how": "again"})
    make.add("incident.closed", {"incident": IDS[5], "how": "of_nothing"})
    make.add("incident.opened", {"incident": IDS[2], "what": "low_space"})
    found = make.fold(last=1)["incidents"]
    first, second = found["incidents"]["rows"]
    assert (first["closed"]["how"], first["closed"]["by"], first["s"]) == ("room_again", ACTOR, 120)
    assert second["about"] == "s3"
    assert "closed" not in second
    assert found["by"] == [
        {"what": "anchor_behind", "opened": 1, "closed": 0, "open": 1, "longest_s": 0},
        {"what": "low_space", "opened": 1, "closed": 1, "open": 0, "longest_s": 120},
    ]
    assert make.fold()["incidents"]["by"][1]["open"] == 1


def test_emergencies_imports_restarts_and_messages_that_were_not_heard_are_listed() -> None:
    make = Maker()
    make.add("writer.start", {"version": "0.1.0"})
    grant = make.add("breakglass.granted", GRANT)
    make.add("breakglass.ended", {"grant": grant["id"], "how": "expired"})
    make.add("breakglass.ended", {"grant": IDS[3], "how": "expired"})
    whole = {"count": 4, "first": IDS[0], "last": IDS[1], "head": SHA, "since": "2026-03-01T00:00:00Z", "whole": True}
    make.add("spool.imported", whole)
    lost = {"window_start": "2026-03-01T00:00:00Z", "channel": "siem", "n": 3, "first": IDS[0], "why": "timeout"}
    make.add("notify.failed", lost)
    make.add("writer.stop", {"records": 6})
    found = make.fold()["incidents"]
    assert found["break_glass"]["rows"][0]["ended"]["how"] == "expired"
    assert found["break_glass"]["rows"][0]["proposer"] == ACTOR
    assert found["imports"]["rows"][0]["count"] == 4
    assert [(row["what"], row.get("version")) for row in found["writers"]["rows"]] == [
        ("start", "0.1.0"),
        ("stop", None),
    ]
    assert found["unnotified"] == [{"day": "2026-03-01", "channel": "siem", "n": 3}]


def test_a_time_without_a_record_is_dark_unless_a_body_is_gone_there() -> None:
    make = Maker()
    make.decide(ts="2026-03-01T00:00:00.000000Z")
    make.decide(ts="2026-03-01T01:05:00.900000Z")
    make.decide(ts="2026-03-01T02:10:01.000000Z")
    make.decide(ts="2026-03-01T00:30:00.000000Z")
    make.decide(ts="2026-03-01T03:00:00.000000Z")
    [dark] = make.fold()["incidents"]["dark"]["rows"]
    assert dark == {"seq": 2, "since": "2026-03-01T01:05:00.900000Z", "until": "2026-03-01T02:10:01.000000Z", "s": 3901}
    assert fold([make.records[0], None, *make.records[2:]])["incidents"]["dark"]["total"] == 0


def test_a_dark_time_over_an_end_of_the_period_is_dark() -> None:
    make = Maker()
    first, second, third = (f"2026-03-0{day}T00:00:00.000000Z" for day in (1, 3, 5))
    for ts in (first, second, third):
        make.decide(ts=ts)
    period = {"first": 1, "last": 1, "since": "2026-03-02T00:00:00.000000Z", "until": "2026-03-04T00:00:00.000000Z"}
    dark = make.fold(**period)["incidents"]["dark"]["rows"]
    assert [(one["seq"], one["since"], one["until"]) for one in dark] == [(1, first, second), (2, second, third)]
    for gone in (0, 2):
        records = [None if seq == gone else record for seq, record in enumerate(make.records)]
        assert fold(records, **period)["incidents"]["dark"]["total"] == 1
    ahead = [{**make.records[0], "ts": "2027-01-01T00:00:00.000000Z"}, *make.records[1:]]
    assert [one["seq"] for one in fold(ahead, **period)["incidents"]["dark"]["rows"]] == [2]
