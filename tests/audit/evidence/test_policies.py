from typing import Any

from evidenced import ACTIVATION, ACTOR, CANARY, Maker

OTHER = {**ACTIVATION["bundle"], "sha256": "8" * 64}


def approved(author: str, approver: str, standing: str = "verified") -> dict[str, Any]:
    said = {"standing": standing, "author": author, "approver": approver, "ticket": "SEC-7", "note_sha256": "5" * 64}
    return {**ACTIVATION, "bundle": OTHER, "approval": said, "previous": "5" * 64, "source": "api", "actor": ACTOR}


def test_an_activation_says_who_approved_it_and_how_long_it_was_in_force() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    make.add("policy.activated", approved("dana@acme.example", "ciso@acme.example"))
    make.decide(bundle=OTHER)
    make.decide()
    found = make.fold()["policies"]
    first, second = found["activations"]["rows"]
    assert (first["until"], first["in_force_s"]) == (second["ts"], 60)
    assert second["in_force_s"] == 120
    assert "until" not in second
    assert second["approval"] == {
        "standing": "verified",
        "author": "dana@acme.example",
        "approver": "ciso@acme.example",
        "ticket": "SEC-7",
        "distinct": True,
    }
    assert second["by"] == ACTOR
    assert [row["decisions"] for row in found["bundles"]["rows"]] == [1, 1]
    assert found["summary"]["unregistered"] == 0
    assert (found["summary"]["verified"], found["summary"]["none"]) == (1, 1)


def test_an_author_who_approved_is_counted_whatever_the_letters() -> None:
    make = Maker()
    make.add("policy.activated", approved("Dana@acme.example", "dana@ACME.example", "claimed"))
    summary = make.fold()["policies"]["summary"]
    assert (summary["not_distinct"], summary["claimed"]) == (1, 1)


def test_t39_a_decision_under_a_bundle_that_nobody_activated_is_listed() -> None:
    make = Maker()
    make.decide()
    make.add("policy.activated", ACTIVATION)
    make.decide()
    make.decide(bundle=OTHER)
    make.decide(bundle={**ACTIVATION["bundle"], "upstreams_sha256": "9" * 64})
    found = make.fold()["policies"]
    assert [row["seq"] for row in found["unregistered"]["rows"]] == [0, 3, 4]
    assert found["summary"]["unregistered"] == 3


def test_servers_beside_each_other_do_not_end_each_others_policies() -> None:
    make = Maker()
    w = {"inst": "two", "epoch": make.add("policy.activated", ACTIVATION)["w"]["epoch"], "n": 9, "mono_us": 1}
    make.add("policy.activated", ACTIVATION, w=w)
    assert all("until" not in row for row in make.fold()["policies"]["activations"]["rows"])


def test_exceptions_are_counted_where_they_were_used_on_live_traffic() -> None:
    make = Maker()
    used = [{"id": name, "without": {"decision": "pin"}} for name in ("pilot", "pilot", "audit")]
    make.vendor(exceptions=used)
    make.decide(exceptions=used[:1])
    make.vendor(exceptions=used, dry_run=True)
    make.vendor(exceptions=used, actor=CANARY)
    assert make.fold()["policies"]["exceptions"] == {
        "rows": [{"id": "audit", "n": 1, "allowed": 1}, {"id": "pilot", "n": 2, "allowed": 1}],
        "total": 2,
    }
