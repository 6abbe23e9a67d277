import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from flown import FEW, Flown, flown
from harness import NO_TLS, chat_body

from audit.records.fields import CALLER
from proxy.canary.lane import LOOPBACK, CanaryCaller, Lane, NoLedger, NoStates, Passes, SinkPool, Sunk, canary_of, sunk
from proxy.canary.sink import Sink
from proxy.errors import RequestRefused
from proxy.identity import CANARY_APP, Caller, Role, new_key
from proxy.pipeline import Pipeline
from proxy.policy.model import Budget, Identity
from proxy.upstreams.client import Timeouts
from proxy.upstreams.errors import NotSent
from proxy.upstreams.permit import EgressPermit

Story = Callable[[Flown], Awaitable[Any]]


def during(home: Path, story: Story, **settings: Any) -> Any:
    async def go() -> Any:
        async with flown(home, **settings) as flight:
            return await story(flight)

    return asyncio.run(go())


def asks(flight: Flown, secret: str, path: str = "/v1/chat/completions", method: str = "POST") -> httpx.Response:
    with httpx.Client(base_url=flight.url, verify=NO_TLS, trust_env=False, timeout=30) as client:
        headers = {"authorization": f"Bearer {secret}"}
        return client.request(
            method, path, headers=headers, json=chat_body("describe a cup") if method == "POST" else None
        )


@pytest.fixture
def sink() -> Sink:
    made = Sink()
    made.port = 4
    return made


def test_a_pass_lets_in_only_where_models_are_asked(tmp_path: Path) -> None:
    others = [
        ("GET", "/v1/models"),
        ("GET", "/v1/models/gpt-4o"),
        ("POST", "/ringfence/v1/inspect"),
        ("GET", "/ringfence/v1/policy"),
        ("POST", "/ringfence/v1/policy/reload"),
        ("GET", "/ringfence/v1/break-glass"),
        ("GET", "/v1/responses/resp_1"),
        ("DELETE", "/v1/responses/resp_1"),
        ("GET", "/audit/v1/records"),
    ]

    async def story(flight: Flown) -> None:
        secret = flight.canary._passes.issue("team")
        for method, path in others:
            answer = await asyncio.to_thread(asks, flight, secret, path, method)
            assert answer.status_code == 401, path
        inside = await asyncio.to_thread(asks, flight, secret)
        assert inside.status_code == 503  # a sink, and no test runs
        assert flight.vendor.connections == flight.own.connections == 0
        flight.canary._passes.revoke()
        assert (await asyncio.to_thread(asks, flight, secret)).status_code == 401

    during(tmp_path, story)


def test_no_key_stands_for_the_canary_whoever_wrote_it_into_the_database(tmp_path: Path) -> None:
    async def story(flight: Flown) -> None:
        keys = flight.ring.runtime.admin.keys
        (one, row), (other, alike) = (new_key("app", "canary", Role.APP, None) for _ in range(2))
        keys.add(replace(row, id="canary"))
        keys.add(replace(alike, app=CANARY_APP))
        assert (await asyncio.to_thread(asks, flight, other)).status_code == 401
        answer = await asyncio.to_thread(asks, flight, one)  # of the same id and team, and nobody in particular
        assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "cloud-us")
        assert len(flight.vendor.posts) == 1
        assert flight.canary._sink.strays(["cloud-us", "onprem"]) == 0
        (decided,) = await flight.ring.records("route.decision")
        assert (decided["actor"]["kind"], decided["up"]["id"]) == ("api_key", "vendor")

    during(tmp_path, story)


def test_no_key_can_be_made_for_its_app() -> None:
    with pytest.raises(RequestRefused, match="Ringfence itself"):
        new_key(CANARY_APP, "team", Role.APP, None)


def test_only_the_callers_own_type_chooses_the_lane() -> None:
    usual, canarys = cast("Pipeline", object()), cast("Pipeline", object())
    laid = Lane(usual, canarys, Passes())
    made = canary_of("team")
    alike = Caller(made.key_id, made.app, made.team, made.role)
    assert laid.of(made) is canarys
    assert laid.of(alike) is usual
    assert type(Passes().beside(Passes()).authenticate("rf-guess")) is not CanaryCaller


def test_a_pass_is_of_one_team_and_known_until_it_is_revoked() -> None:
    passes = Passes()
    secret, other = passes.issue("research"), passes.issue("sales")
    found = passes.authenticate(secret)
    assert isinstance(found, CanaryCaller)
    assert (found.team, found.app, found.role) == ("research", CANARY_APP, Role.APP)
    assert secret != other
    assert passes.authenticate(secret[:-1]) is None
    assert secret.encode() not in repr(vars(passes)).encode()
    passes.revoke()
    assert passes.authenticate(secret) is None


def test_its_actor_is_one_that_records_take() -> None:
    assert CALLER.compile()(canary_of("research").actor) is None


def test_every_upstream_is_replaced_by_a_sink_on_loopback_without_a_credential(tmp_path: Path) -> None:
    async def story(flight: Flown) -> None:
        real, sink = flight.ring.runtime.activation.active, flight.canary._sink
        view = Sunk(flight.ring.runtime.activation, sink).active
        assert (view.sha256, view.registry.sha256, view.policy) == (real.sha256, real.registry.sha256, real.policy)
        for was, now in zip(real.registry.upstreams, view.registry.upstreams, strict=True):
            assert (now.zone, now.vendor, now.models, now.default_model) == (
                was.zone,
                was.vendor,
                was.models,
                was.default_model,
            )
            assert (now.id, now.base_url, now.networks) == (f"canary-{was.id}", sink.url(was.zone), LOOPBACK)
            assert (now.api_key(), now.tls, now.drain) == ("", None, False)
        assert view.registry.names() == real.registry.names()
        assert Sunk(flight.ring.runtime.activation, sink).active is not view
        same = Sunk(flight.ring.runtime.activation, sink)
        assert same.active is same.active

    during(tmp_path, story)


def test_its_pool_has_no_client_for_a_real_upstream(tmp_path: Path, sink: Sink) -> None:
    async def story(flight: Flown) -> None:
        registry = flight.ring.runtime.activation.active.registry
        pool = SinkPool(Timeouts(1, 1), lambda _: None, lambda *_: "")
        pool.sink = sink
        for upstream in registry.upstreams:
            with pytest.raises(NotSent):
                pool.client(upstream)
        for upstream in sunk(registry, sink).upstreams:
            assert pool.client(upstream) is not None
            elsewhere = replace(upstream, base_url="http://127.0.0.1:4/v1")
            for other in (elsewhere, replace(upstream, networks=()), replace(upstream, zone="else")):
                with pytest.raises(NotSent):
                    pool.client(other)
        await pool.close()

    during(tmp_path, story)


def test_the_usual_pool_never_gets_a_sink_nor_the_canarys_a_real_upstream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued: list[tuple[str, str]] = []
    real = EgressPermit.issue.__func__  # type: ignore[attr-defined]

    def noted(cls: Any, receipt: Any, tenant: str, upstream: Any, outgoing: Any) -> Any:
        issued.append((tenant, upstream.id))
        return real(cls, receipt, tenant, upstream, outgoing)

    monkeypatch.setattr(EgressPermit, "issue", classmethod(noted))

    async def story(flight: Flown) -> None:
        secret = flight.ring.runtime.admin.create_key("app", "somebody", "app")["secret"]
        flown_ = asyncio.create_task(flight.fly())
        for _ in range(2):
            assert (await asyncio.to_thread(asks, flight, secret)).status_code == 200
        assert (await flown_)["passed"]
        assert {name for tenant, name in issued if tenant == "somebody"} == {"vendor"}
        assert {name for tenant, name in issued if tenant == "canary"} == {"canary-vendor", "canary-local"}

    during(tmp_path, story, **FEW)


def test_no_budget_and_no_state_is_its_business() -> None:
    async def go() -> None:
        states = NoStates()
        await states.remember_all("team", [("item", "i")], cast("Any", None))
        await states.forget("team", "item", "i")
        assert await states.find_all("team", [("item", "i")]) == {}

    asyncio.run(go())
    ledger = NoLedger()
    ledger.spent(Identity("t", "a", "k"), "zone", "m", {}, cast("Any", None))
    assert ledger.exhausted([cast("Budget", None)], Identity("t", "a", "k"), cast("Any", None)) == frozenset()
