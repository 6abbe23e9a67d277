import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import yaml
from flown import FEW, Flown, Quick, flown
from harness import NO_TLS, chat_body

from audit.access import Filters, Records
from proxy.canary import phrases
from proxy.canary import run as run_module
from proxy.canary.values import KINDS
from proxy.confidence.report import _asked_first
from proxy.costs.log import answered
from proxy.settings import ROOT

Story = Callable[[Flown], Awaitable[Any]]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "PAUSE_S", 0.0)


def during(home: Path, story: Story, detector: Quick | None = None, **settings: Any) -> Any:
    async def go() -> Any:
        async with flown(home, detector, **settings) as flight:
            return await story(flight)

    return asyncio.run(go())


async def fly(flight: Flown) -> dict[str, Any]:
    return await flight.fly()


async def incidents(flight: Flown) -> list[str]:
    return [
        body.get("what") or body["how"]
        for body in await flight.ring.settled()
        if body["kind"] in {"incident.opened", "incident.closed"}
    ]


@dataclass(frozen=True)
class Flight:
    """One whole test, and all that there was afterwards."""

    report: dict[str, Any]
    records: list[dict[str, Any]]
    bundle: str
    connections: tuple[int, int]

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for body in self.records if body["kind"] == kind]


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Flight:
    async def story(flight: Flown) -> Flight:
        report = await flight.fly()
        bundle = flight.ring.runtime.activation.active.sha256
        return Flight(report, await flight.ring.settled(), bundle, (flight.vendor.connections, flight.own.connections))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_module, "PAUSE_S", 0.0)
        made: Flight = during(tmp_path_factory.mktemp("flight"), story)
    return made


def test_what_is_planted_stays_at_home_and_what_is_harmless_arrives(flight: Flight) -> None:
    report = flight.report
    assert (report["passed"], report["leaked"], report["undecided"]) == (True, 0, 0)
    assert report["harmless"] == {"sent": 10, "arrived": 10}
    assert report["zones"] == ["cloud-us"]
    kinds = [row for row in report["rows"] if row["of"] == "kind"]
    assert len(kinds) == len(KINDS) - 2
    assert all(row["found"] == row["home"] == row["sent"] == 1 for row in kinds)


def test_it_is_recorded_with_the_classes_the_detectors_and_the_bundle(flight: Flight) -> None:
    (tested,) = flight.of("control.tested")
    assert (tested["v"], tested["control"], tested["passed"]) == (2, "canary", True)
    assert {"cardholder", "pii", "secret", "phi", "government-id"} <= {each["c"] for each in tested["classes"]}
    assert all(each["recall_bp"] == 10_000 for each in tested["classes"])
    assert (tested["set_sha256"], tested["bundle"]) == ("0" * 64, flight.bundle)
    assert not flight.of("incident.opened")


def test_neither_the_vendor_nor_the_own_server_hears_of_it(flight: Flight) -> None:
    assert flight.connections == (0, 0)
    assert len(flight.of("route.outcome")) >= flight.report["sent"]


def test_its_records_tell_that_it_was_the_canary_and_where_it_ended(flight: Flight) -> None:
    decided = flight.of("route.decision")
    assert {(each["actor"]["kind"], each["actor"]["app"]) for each in decided} == {("system", "ringfence-canary")}
    assert {each["up"]["id"] for each in decided if "up" in each} == {"canary-local", "canary-vendor"}
    planted = [each for each in decided if each["classes"]]
    assert {each["decision"] for each in planted} <= {"pin", "block"}
    assert {each["zone"] for each in planted if "zone" in each} == {"onprem"}


def test_it_costs_nothing(flight: Flight) -> None:
    class Log:
        def bodies(self, *_: Any) -> Any:
            return iter([body for body in flight.records if body["kind"].startswith("route.")])

    assert list(answered(cast("Any", Log()), None, None)) == []
    assert all(not each.get("usage", {}).get("in") for each in flight.of("route.outcome"))


def test_nothing_of_it_is_counted_limited_kept_or_told(tmp_path: Path) -> None:
    limits, channels = tmp_path / "limits.yaml", tmp_path / "channels.yaml"
    limits.write_text("teams:\n  canary: {requests_per_minute: 1}\n")
    names = ("security-oncall", "payments-security", "privacy-officer")
    told = tmp_path / "told.jsonl"
    channels.write_text("channels:\n" + "".join(f"  {name}: {{file: {told}}}\n" for name in names))

    async def story(flight: Flown) -> None:
        assert (await flight.fly())["passed"]
        decided = await flight.ring.records("route.decision")
        assert any(each["kind"] == "notify" for body in decided for each in body["obligations"])
        assert not told.exists()
        state = (tmp_path / "home" / "state.db").read_bytes()
        assert b"canary" not in state

    during(tmp_path / "home", story, channels=channels, limits=limits, **FEW)


def test_a_detector_that_does_not_know_cards_any_more_is_a_leak_and_an_incident_until_it_does(tmp_path: Path) -> None:
    async def story(flight: Flown) -> None:
        flight.detector.blind = {"CREDIT_CARD"}
        failed = await flight.fly()
        assert (failed["passed"], failed["leaked"], failed["why"]) == (False, 1, ["leak", "unfound"])
        assert await incidents(flight) == ["canary_failed"]
        again = await flight.fly()
        assert not again["passed"]
        assert await incidents(flight) == ["canary_failed"]  # the same one goes on
        flight.detector.blind = set()
        assert (await flight.fly())["passed"]
        assert await incidents(flight) == ["canary_failed", "passed"]
        opened = (await flight.ring.records("incident.opened"))[0]
        first = Records(flight.ring.runtime.audit.place).page(Filters(kind="control.tested"), after=-1, limit=1)
        assert opened["from_seq"] == first.records[0].seq

    during(tmp_path, story, **FEW)


def test_a_policy_that_lets_a_class_go_is_a_leak_although_it_is_found(tmp_path: Path) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    for each in policies.glob("*.yaml"):
        if each.name not in {"taxonomy.yaml", "soc2.yaml"}:
            each.unlink()
    baseline = policies / "soc2.yaml"
    rules, _, _ = baseline.read_text().partition("claims:")
    baseline.write_text(rules.replace("{class: pii}", "{class: government-id}"))
    taxonomy = policies / "taxonomy.yaml"
    whole = taxonomy.read_text()
    head, _, tail = whole.partition("  pii:")
    loose = head + "  pii:" + tail.replace("ceiling: [onprem]", "ceiling: [onprem, cloud-us]", 1)

    async def story(flight: Flown) -> None:
        assert (await flight.fly())["passed"] is False
        taxonomy.write_text(whole)
        await flight.ring.runtime.activation.reload()
        assert (await flight.fly())["passed"]
        assert await incidents(flight) == ["canary_failed", "passed"]

    taxonomy.write_text(loose)
    assert loose != whole
    during(tmp_path / "home", story, policies=policies)


def test_a_test_in_which_nothing_harmless_arrives_proves_nothing(tmp_path: Path) -> None:
    async def story(flight: Flown) -> None:
        flight.detector.failures = frozenset({"worker"})
        report = await flight.fly()
        assert (report["passed"], report["leaked"], report["harmless"]["arrived"]) == (False, 0, 0)
        assert "vacuous" in report["why"]
        assert report["unproven"] == [
            f"cloud-us {name}" for name in ("chat", "completions", "embeddings", "messages", "responses")
        ]
        assert await incidents(flight) == ["canary_failed"]

    during(tmp_path, story, **FEW)


def test_a_model_for_names_that_is_gone_is_noticed_by_the_names_that_only_it_finds(tmp_path: Path) -> None:
    others = "CREDIT_CARD,IBAN_CODE,US_SSN,UK_NHS,UK_NINO,NATIONAL_ID,PASSPORT,EMAIL_ADDRESS,PHONE_NUMBER,API_KEY,JWT"

    async def story(flight: Flown) -> None:
        report = await flight.fly()
        rows = {row["name"]: row for row in report["rows"] if row["of"] == "kind"}
        assert rows["person"]["home"] > rows["person"]["sent"] * 3 / 4  # lists know nearly all of these names
        assert rows["unlisted-name"]["home"] < rows["unlisted-name"]["sent"] / 2
        assert report["why"] == ["leak"]

    during(tmp_path, story, canary_except=others, canary_values=20)


def test_each_vendors_zone_is_tested_though_others_are_preferred_or_own_servers_asked_first(tmp_path: Path) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    for each in policies.glob("*.yaml"):
        if each.name not in {"taxonomy.yaml", "soc2.yaml"}:
            each.unlink()
    baseline, order = policies / "soc2.yaml", "zones: [cloud-us, cloud-eu, onprem]"
    text = baseline.read_text().partition("claims:")[0]
    assert order in text
    baseline.write_text(text.replace(order, f"{order}\n    local_first: {{confidence: 0.5}}"))
    rows = [{"name": f"s{at}", "kind": "openai", "base_url": "http://127.0.0.1:9/v1"} for at in range(3)]
    for row, zone in zip(rows, ("onprem", "cloud-us", "cloud-eu"), strict=True):
        row |= {"zone": zone, "default_model": "some-model"}
    upstreams = tmp_path / "upstreams.yaml"
    upstreams.write_text(yaml.safe_dump({"upstreams": rows}))

    async def story(flight: Flown) -> None:
        report = await flight.fly()
        assert (report["passed"], report["zones"]) == (True, ["cloud-eu", "cloud-us"])
        assert report["harmless"]["arrived"] == report["harmless"]["sent"] == 16
        decided = await flight.ring.records("route.decision")
        assert {each["zone"] for each in decided if not each["classes"]} == {"onprem", "cloud-us", "cloud-eu"}
        assert {each["zone"] for each in decided if each["classes"] and "zone" in each} == {"onprem"}
        assert not any(_asked_first(each) for each in decided)  # none of it is in what local-first is reported to save
        assert any(_asked_first({**each, "actor": {**each["actor"], "kind": "api_key"}}) for each in decided)

    during(tmp_path / "home", story, policies=policies, upstreams=upstreams, **FEW)


def test_no_value_is_anywhere_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    planted: list[str] = []
    watching = run_module.Watching

    def noted(**given: Any) -> Any:
        planted.extend(given.get("values", ()))
        return watching(**given)

    monkeypatch.setattr(run_module, "Watching", noted)

    async def story(flight: Flown) -> None:
        flight.detector.blind = {"EMAIL_ADDRESS"}
        assert not (await flight.fly())["passed"]
        report = str(flight.canary.state())
        kept = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
        held = b"".join([*kept, report.encode(), caplog.text.encode()])
        assert len(planted) > 15
        unusual = [value for value in planted if value not in phrases.CONDITIONS]  # policies speak of these
        assert [value for value in unusual if value.encode() in held] == []
        assert b"canary-vendor" in held  # this search finds what is there

    during(tmp_path / "home", story)


def test_traffic_of_others_meanwhile_goes_where_it_always_goes(tmp_path: Path) -> None:
    async def story(flight: Flown) -> None:
        headers = await asyncio.to_thread(flight.ring.key)
        sent, done = 0, False

        async def others() -> None:
            nonlocal sent
            async with httpx.AsyncClient(
                base_url=flight.url, headers=headers, verify=NO_TLS, trust_env=False
            ) as client:
                while not done:
                    answer = await client.post("/v1/chat/completions", json=chat_body(f"describe cup number {sent}"))
                    assert answer.status_code == 200
                    sent += 1

        traffic = asyncio.create_task(others())
        report = await flight.fly()
        done = True
        await traffic
        assert report["passed"]
        assert sent > 5
        assert len(flight.vendor.posts) == sent
        assert all(b"describe cup number" in seen.body for seen in flight.vendor.posts)

    during(tmp_path, story, **FEW)


def test_a_bundle_that_changes_meanwhile_makes_the_test_count_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    sent = run_module._sent

    async def story(flight: Flown) -> None:
        async def changed(*given: Any) -> Any:
            if flight.canary.state()["ended"] == 0:
                baseline = policies / "soc2.yaml"
                baseline.write_text(baseline.read_text().replace("version: 1", "version: 2"))
                await flight.ring.runtime.activation.reload()
            return await sent(*given)

        monkeypatch.setattr(run_module, "_sent", changed)
        assert await flight.fly() == {"error": "changed"}
        assert await flight.ring.records("control.tested") == []
        assert (await flight.fly())["passed"]

    during(tmp_path / "home", story, policies=policies, **FEW)


@pytest.mark.parametrize("end", ["changed", "unreachable"])
def test_what_leaked_before_a_test_was_interrupted_is_a_failed_test(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = Path(shutil.copytree(ROOT / "policies", tmp_path / "policies"))
    baseline, sent, asked = policies / "soc2.yaml", run_module._sent, [0]

    async def story(flight: Flown) -> None:
        bundle = flight.ring.runtime.activation.active.sha256

        async def until_a_card_left(means: Any, order: Any, secret: str) -> Any:
            heard = await sent(means, order, secret)
            asked[0] += 1
            if order.watching.planted["cloud-us"] and end == "unreachable":
                monkeypatch.setattr(run_module, "_sent", lost)
            elif order.watching.planted["cloud-us"]:
                monkeypatch.setattr(run_module, "_sent", changed)
            return heard

        async def lost(*_: Any) -> Any:
            raise run_module.Interrupted("unreachable")

        async def changed(*given: Any) -> Any:
            baseline.write_text(baseline.read_text().replace("version: 1", "version: 2"))
            await flight.ring.runtime.activation.reload()
            return await sent(*given)

        flight.detector.blind = {"CREDIT_CARD"}
        monkeypatch.setattr(run_module, "_sent", until_a_card_left)
        report = await flight.fly()
        assert (report["passed"], report["leaked"], "leak" in report["why"]) == (False, 1, True)
        assert report["sent"] == asked[0]
        assert report["bundle"] == bundle
        assert await incidents(flight) == ["canary_failed"]

    during(tmp_path / "home", story, policies=policies, **{**FEW, "canary_values": 3})


def test_a_server_that_ends_meanwhile_leaves_no_half_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "PAUSE_S", 0.05)

    async def story(flight: Flown) -> None:
        flight.canary.ask()
        async with asyncio.timeout(60):
            while not await flight.ring.records("route.decision"):  # noqa: ASYNC110 - a record is waited for
                await asyncio.sleep(0.02)

    during(tmp_path, story)
    kinds = [
        record.body["kind"] for record in Records(tmp_path / "audit.db").page(Filters(), after=-1, limit=1000).records
    ]
    assert "route.decision" in kinds
    assert not {"control.tested", "incident.opened"} & set(kinds)
    assert during(tmp_path, fly, **FEW)["passed"]
