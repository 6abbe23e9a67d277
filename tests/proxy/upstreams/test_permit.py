import dataclasses
import hashlib
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.jobs import Receipt, Spooled
from proxy.upstreams import permit as module
from proxy.upstreams.permit import EgressPermit, Outgoing, PermitError
from proxy.upstreams.upstream import Upstream

BODY = Outgoing("chat", "POST", "/chat/completions", b'{"model":"m"}')


def fingerprint(tenant: str, endpoint: str, told: bytes) -> str:
    return hashlib.sha256(tenant.encode() + b"\0" + endpoint.encode() + b"\0" + told).hexdigest()


def decision(**changes: Any) -> dict[str, Any]:
    up = {"id": "vendor", "zone": "cloud-us", "body_fp": fingerprint("team", "chat", BODY.body)}
    made = {
        "kind": "route.decision",
        "zone": "cloud-us",
        "zones_left": ["cloud-us"],
        "dry_run": False,
        "up": up,
        "req": {"endpoint": "chat"},
    }
    return {**made, **changes}


def permit(**changes: Any) -> EgressPermit:
    given = {"record_id": "r", "tenant": "team", "upstream_id": "vendor", "zone": "cloud-us", "outgoing": BODY}
    return EgressPermit(**{**given, **changes})


def redeem(given: EgressPermit, record: Mapping[str, Any] | None = None, outgoing: Outgoing = BODY) -> None:
    given.redeem("vendor", "cloud-us", outgoing, lambda _: decision() if record is None else record, fingerprint)


def test_a_permit_whose_record_says_the_same_is_redeemed_once() -> None:
    made = permit()
    redeem(made)
    with pytest.raises(PermitError, match="used before"):
        redeem(made)


@pytest.mark.parametrize(("zone", "vendor"), [("cloud-us", True), ("onprem", False)])
def test_a_record_of_the_log_permits_its_upstream_and_one_of_the_spool_only_an_own_one(zone: str, vendor: bool) -> None:
    upstream = Upstream("u", "openai", zone, "http://127.0.0.1:1/v1", vendor=vendor)
    made = EgressPermit.issue(Receipt("r", 7, "ff"), "team", upstream, BODY)
    assert (made.record_id, made.tenant, made.upstream_id, made.zone) == ("r", "team", "u", zone)
    if vendor:
        with pytest.raises(PermitError, match="permits no vendor"):
            EgressPermit.issue(Spooled("r"), "team", upstream, BODY)
    else:
        assert EgressPermit.issue(Spooled("r"), "team", upstream, BODY).record_id == "r"


def test_a_permit_that_failed_is_spent() -> None:
    made = permit()
    with pytest.raises(PermitError):
        redeem(made, outgoing=dataclasses.replace(BODY, body=b"other"))
    with pytest.raises(PermitError, match="used before"):
        redeem(made)


def test_a_permit_lasts_for_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    made, now = permit(), time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: now + module.LIFETIME_S + 1)
    with pytest.raises(PermitError, match="expired"):
        redeem(made)
    assert module.LIFETIME_S <= 30


def test_the_record_is_the_one_that_the_permit_names() -> None:
    asked: list[str] = []

    def confirm(record_id: str) -> Mapping[str, Any]:
        asked.append(record_id)
        return decision()

    permit(record_id="r-7").redeem("vendor", "cloud-us", BODY, confirm, fingerprint)
    assert asked == ["r-7"]


def redeem_attempt(**decided: Any) -> None:
    attempt = {name: value for name, value in decision(kind="route.attempt", dec="d").items() if name != "zones_left"}
    records = {"r": attempt, "d": decision(**decided)}
    permit().redeem("vendor", "cloud-us", BODY, records.get, fingerprint)


def test_a_further_attempt_stands_on_a_record_of_its_own_and_on_the_decision() -> None:
    redeem_attempt()


@pytest.mark.parametrize(
    "decided",
    [
        {"zones_left": ["onprem"]},
        {"zone": "onprem", "zones_left": ["onprem", "cloud-us"]},
        {"dry_run": True},
        {"kind": "route.outcome"},
    ],
)
def test_a_further_attempt_cannot_leave_the_zone_of_its_decision(decided: dict[str, Any]) -> None:
    with pytest.raises(PermitError):
        redeem_attempt(**decided)


@given(body=st.binary(max_size=40), at=st.integers(0, 7))
def test_no_other_bytes_are_let_through(body: bytes, at: int) -> None:
    other = dataclasses.replace(BODY, body=BODY.body[:at] + body + BODY.body[at + 1 :])
    if other != BODY:
        with pytest.raises(PermitError, match="other bytes"):
            redeem(permit(), outgoing=other)


@given(
    st.dictionaries(
        st.sampled_from(["kind", "zone", "zones_left", "dry_run", "up"]),
        st.none() | st.just("") | st.just([]) | st.just({}) | st.just(True) | st.just("onprem") | st.just(["onprem"]),  # noqa: FBT003
        min_size=1,
    )
)
def test_a_record_that_says_anything_else_is_never_enough(changes: dict[str, Any]) -> None:
    harmless = {"dry_run": (None, "", [], {})}
    record = decision(**changes)
    same = all(record[name] == decision()[name] or record[name] in harmless.get(name, ()) for name in record)
    if not same:
        with pytest.raises((PermitError, TypeError, AttributeError)):
            redeem(permit(), record)


def test_nobody_can_widen_a_permit_by_accident() -> None:
    assert not dataclasses.is_dataclass(EgressPermit)
    made = permit()
    with pytest.raises(AttributeError):
        made.zones = ["onprem"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("at_hand", "found"),
    [
        ({}, None),
        ({"r": decision()}, ["r"]),
        ({"r": {"kind": "route.attempt", "dec": "d"}}, None),
        ({"r": {"kind": "route.attempt", "dec": "d"}, "d": decision()}, ["r", "d"]),
    ],
    ids=["nothing", "its decision", "an attempt without its decision", "both"],
)
def test_what_a_permit_stands_on_is_at_hand_as_a_whole_or_not(at_hand: dict[str, Any], found: list[str] | None) -> None:
    records = permit().stands_on(at_hand.get)
    assert (None if records is None else list(records)) == found
