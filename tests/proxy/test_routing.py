import json
from typing import Any

from proxy.routing import routes
from proxy.upstreams.registry import Registry, Upstream


def upstream(name: str, zone: str, **more: Any) -> Upstream:
    return Upstream(name, "openai", zone, "https://host.example/v1", vendor=zone != "onprem", **more)


REGISTRY = Registry(
    (
        upstream("v1", "cloud-us", models=("gpt-4*",)),
        upstream("v2", "cloud-us", models=("gpt-4*",)),
        upstream("eu", "cloud-eu", models=("mistral",)),
        upstream("l1", "onprem", default_model="small"),
        upstream("l2", "onprem", models=("big",)),
    ),
    {"gpt-4o": {"onprem": "big"}},
    "0" * 64,
    {},
)


def shape(zones: list[str], model: str) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(r.zone, [(c.upstream.id, c.model) for c in r.candidates]) for r in routes(zones, model, REGISTRY)]


def test_a_route_holds_upstreams_of_one_zone_only() -> None:
    for route in routes(["cloud-us", "cloud-eu", "onprem"], "gpt-4o", REGISTRY):
        assert {candidate.zone for candidate in route.candidates} == {route.zone}


def test_a_pinned_request_never_has_a_vendor_candidate() -> None:
    assert shape(["onprem"], "gpt-4o-mini") == [("onprem", [("l1", "small")])]


def test_a_stand_in_answers_instead_of_the_requested_model_and_a_default_one_if_it_fails() -> None:
    assert shape(["onprem"], "gpt-4o") == [("onprem", [("l2", "big"), ("l1", "small")])]


def test_zones_keep_the_order_of_the_decision() -> None:
    assert [zone for zone, _ in shape(["cloud-us", "cloud-eu", "onprem"], "gpt-4-turbo")] == ["cloud-us", "onprem"]
    assert [zone for zone, _ in shape(["onprem", "cloud-us"], "gpt-4-turbo")] == ["onprem", "cloud-us"]


def test_no_zone_left_means_no_route() -> None:
    assert shape([], "gpt-4o") == []


def test_a_vendor_is_told_not_to_store_and_an_own_server_gets_the_body_as_it_is() -> None:
    body = {"model": "gpt-4o", "messages": [], "store": True}
    vendor, own = (routes([zone], "gpt-4o", REGISTRY)[0].candidates[0] for zone in ("cloud-us", "onprem"))
    assert json.loads(vendor.final_body(body)) == {"model": "gpt-4o", "messages": [], "store": False}
    assert json.loads(own.final_body(body)) == {"model": "big", "messages": [], "store": True}
