import asyncio
from pathlib import Path
from typing import Any

import yaml
from harness import StandIn, upstreams_file
from inside import inside


def listed(tmp_path: Path, upstreams: Path, **settings: Any) -> dict[str, str]:
    async def run() -> Any:
        async with inside(tmp_path / "home", upstreams=upstreams, **settings) as ring:
            return (await ring.client.get("/v1/models", headers=ring.key())).json()

    body = asyncio.run(run())
    assert body["object"] == "list"
    return {row["id"]: row["zone"] for row in body["data"]}


def test_models_with_names_are_listed_with_the_zone_of_a_harmless_request(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    file = upstreams_file(tmp_path / "u.yaml", vendor, own, models={"gpt-4o-mini": {"onprem": "local-model"}})
    assert listed(tmp_path, file) == {"gpt-4o-mini": "cloud-us", "local-model": "onprem"}


def test_one_model_is_shown_as_it_is_listed_and_another_is_not_found(
    tmp_path: Path, vendor: StandIn, own: StandIn
) -> None:
    async def run() -> list[Any]:
        async with inside(tmp_path / "home", upstreams=upstreams_file(tmp_path / "u.yaml", vendor, own)) as ring:
            key = ring.key()
            return [
                await ring.client.get(f"/v1/models/{name}", headers=key)
                for name in ("local-model", "gpt-4o-mini", "zebra", "org/zebra", "")
            ]

    known, matched, *others = asyncio.run(run())
    assert (known.json()["id"], known.json()["zone"]) == ("local-model", "onprem")
    assert (matched.json()["id"], matched.json()["zone"]) == ("gpt-4o-mini", "cloud-us")
    for answer in others:
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
        assert "zebra" not in answer.text


def test_what_an_upstream_lists_is_served_and_what_is_no_name_is_left_out(tmp_path: Path, own: StandIn) -> None:
    own.models = ("llama3.2:1b", "qwen2.5", "name with spaces", "x" * 200)
    row = {"name": "local", "kind": "openai", "zone": "onprem", "base_url": own.url, "models": ["*"]}
    file = tmp_path / "u.yaml"
    file.write_text(yaml.safe_dump({"upstreams": [row]}))
    assert listed(tmp_path, file) == {"llama3.2:1b": "onprem", "qwen2.5": "onprem"}


def test_a_model_that_this_caller_may_not_use_is_not_listed(tmp_path: Path, vendor: StandIn, own: StandIn) -> None:
    policies = tmp_path / "policies"
    policies.mkdir()
    shipped = Path(__file__).parents[3] / "policies"
    (policies / "taxonomy.yaml").write_text((shipped / "taxonomy.yaml").read_text())
    grant = {"id": "some", "who": {"teams": ["team"]}, "what": {"endpoints": ["chat"], "models": ["local-model"]}}
    policy = {"policy": "small", "version": 1, "owner": "o@company.example", "grants": [{**grant, "zones": ["onprem"]}]}
    (policies / "small.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))
    file = upstreams_file(tmp_path / "u.yaml", vendor, own, models={"gpt-4o-mini": {"onprem": "local-model"}})
    assert listed(tmp_path, file, policies=policies) == {"local-model": "onprem"}


def test_what_is_known_of_a_model_is_said_and_a_client_reads_it(tmp_path: Path, own: StandIn) -> None:
    file = upstreams_file(
        tmp_path / "u.yaml",
        None,
        own,
        profiles={"local-model": {"context_window": 8192, "tools": True, "vision": False}},
        models={"asked": {"onprem": "local-model"}, "other": {"onprem": "nothing"}},
    )

    async def run() -> list[dict[str, Any]]:
        async with inside(tmp_path / "home", upstreams=file) as ring:
            return list((await ring.client.get("/v1/models", headers=ring.key())).json()["data"])

    rows = {row["id"]: row for row in asyncio.run(run())}
    for name in ("local-model", "asked"):
        assert rows[name]["context_window"] == 8192
        assert rows[name]["abilities"] == {"tools": True, "vision": False}
        assert "max_output" not in rows[name]
        assert {"id", "object", "created", "owned_by", "zone"} < rows[name].keys()


def test_of_a_model_of_which_nothing_is_known_nothing_is_said(tmp_path: Path, own: StandIn) -> None:
    async def run() -> dict[str, Any]:
        async with inside(tmp_path / "home", upstreams=upstreams_file(tmp_path / "u.yaml", None, own)) as ring:
            return dict((await ring.client.get("/v1/models/local-model", headers=ring.key())).json())

    assert asyncio.run(run()).keys() == {"id", "object", "created", "owned_by", "zone"}
