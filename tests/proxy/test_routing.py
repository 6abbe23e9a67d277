from dataclasses import replace
from typing import Any

from proxy.routing import routes, to_holder
from proxy.upstreams.registry import Estate, Registry
from proxy.upstreams.upstream import Upstream


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
    return [(r.zone, [(c.upstream.id, c.model) for c in r.candidates]) for r in routes(zones, "chat", model, REGISTRY)]


def test_a_route_holds_upstreams_of_one_zone_only() -> None:
    for route in routes(["cloud-us", "cloud-eu", "onprem"], "chat", "gpt-4o", REGISTRY):
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


def test_an_upstream_is_asked_only_at_the_endpoints_that_it_serves() -> None:
    only_chat = upstream("v3", "cloud-us", models=("gpt-4*",), endpoints=("chat",))
    registry = Registry((only_chat, *REGISTRY.upstreams), {}, "0" * 64, {})

    def asked(endpoint: str) -> list[str]:
        return [c.upstream.id for r in routes(["cloud-us"], endpoint, "gpt-4o", registry) for c in r.candidates]

    assert asked("chat") == ["v3", "v1", "v2"]
    assert asked("embeddings") == ["v1", "v2"]
    assert asked("images") == []


def test_what_refers_to_kept_state_has_its_holder_for_its_only_candidate_or_none() -> None:
    holder = REGISTRY.upstreams[1]
    (route,) = routes(["cloud-us", "onprem"], "chat", "gpt-4o-mini", REGISTRY, only=holder)
    assert [candidate.upstream for candidate in route.candidates] == [holder]
    assert routes(["onprem"], "chat", "gpt-4o-mini", REGISTRY, only=holder) == []
    assert routes(["cloud-us", "onprem"], "chat", "mistral", REGISTRY, only=holder) == [], (
        "it does not serve this model"
    )


def test_what_is_kept_is_asked_for_at_its_holder_whatever_that_serves_if_its_zone_is_left() -> None:
    holder = REGISTRY.upstreams[2]
    (route,) = to_holder(["onprem", "cloud-eu"], holder, "gpt-4*")
    assert (route.zone, [(one.upstream.id, one.model) for one in route.candidates]) == ("cloud-eu", [("eu", "gpt-4*")])
    assert to_holder(["onprem"], holder, "gpt-4*") == []


def test_a_split_draws_an_arm_for_each_request_and_says_so() -> None:
    registry = replace(REGISTRY, estate=Estate(splits={"gpt-4o": {"onprem": {"big": 1, "small": 3}}}))
    drawn = [routes(["onprem"], "chat", "gpt-4o", registry, draw=str(n))[0].candidates[0] for n in range(400)]
    assert {(each.upstream.id, each.model, each.drawn) for each in drawn} == {
        ("l2", "big", True),
        ("l1", "small", True),
    }
    assert 60 < sum(each.model == "big" for each in drawn) < 140
    again = [routes(["onprem"], "chat", "gpt-4o", registry, draw=str(n))[0].candidates[0] for n in range(400)]
    assert again == drawn
    assert not any(each.drawn for each in routes(["cloud-us"], "chat", "gpt-4o", registry)[0].candidates)


def test_a_default_model_is_told_from_one_that_is_served_by_name() -> None:
    (route,) = routes(["onprem"], "chat", "gpt-4o", REGISTRY)
    assert [(each.upstream.id, each.tier) for each in route.candidates] == [("l2", 0), ("l1", 1)]
