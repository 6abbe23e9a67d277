import asyncio
import json
from pathlib import Path

import pytest
import yaml
from harness import StandIn, chat_body, upstreams_file
from inside import inside

from proxy.errors import ConfigurationError
from proxy.model_strings import Zones, key_source, paste, read, resolve
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.reading import read_registry
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

ZONES = Zones({"onprem": False, "cloud-us": True})
FILE = {
    "upstreams": [
        {"name": "ollama", "kind": "ollama", "zone": "onprem", "models": ["llama3.2:latest"], "default_model": "small"},
        {"name": "gpu", "kind": "vllm", "zone": "onprem", "base_url": "http://127.0.0.1:8000/v1", "models": ["big"]},
        {"name": "openai", "kind": "openai", "zone": "cloud-us", "api_key_env": "A_KEY", "models": ["gpt-4*"]},
        {"name": "claude", "kind": "anthropic", "zone": "cloud-us", "models": ["claude-*"]},
    ],
    "models": {"gpt-4o": {"onprem": "big"}},
    "splits": {"house": {"onprem": {"big": 30, "llama3.2:latest": 70, "small": 0}}},
    "profiles": {"big": {"context_window": 8192, "tools": True}},
}


def registry(file: dict[str, object] | None = None) -> Registry:
    return read_registry(yaml.safe_dump(file or FILE).encode(), "upstreams.yaml")


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_a_preset_at_its_usual_place(kind: str) -> None:
    meant = read(f"{kind}/some-model")
    assert (meant.form, meant.kind, meant.model, meant.base_url) == (
        *("preset", kind, "some-model"),
        KINDS[kind].base_url,
    )


@pytest.mark.parametrize(
    ("text", "model", "base", "kind"),
    [
        ("http://127.0.0.1:11434/v1/llama3.2:latest", "llama3.2:latest", "http://127.0.0.1:11434/v1", "ollama"),
        ("https://gpu.nordwind.example/v1/big", "big", "https://gpu.nordwind.example/v1", "openai"),
        ("http://10.0.0.7:8000/v1/big", "big", "http://10.0.0.7:8000/v1", "vllm"),
        ("https://api.anthropic.com/v1/claude-x", "claude-x", "https://api.anthropic.com/v1", "anthropic"),
        ("HTTP://127.0.0.1:1234/v1/m", "m", "HTTP://127.0.0.1:1234/v1", "lmstudio"),
        ("https://r.openai.azure.com/openai/v1/gpt", "gpt", "https://r.openai.azure.com/openai/v1", "azure"),
        ("http://[::1]:9/v1/m", "m", "http://[::1]:9/v1", "openai"),
    ],
)
def test_a_url_is_split_at_its_last_slash(text: str, model: str, base: str, kind: str) -> None:
    meant = read(text)
    assert (meant.form, meant.model, meant.base_url, meant.kind) == ("url", model, base, kind)


def test_a_name_with_a_slash_behind_a_url_is_said_to_be_impossible() -> None:
    meant = read("http://127.0.0.1:8000/v1/meta-llama/Llama-3")
    assert meant.base_url == "http://127.0.0.1:8000/v1/meta-llama"
    assert any("cannot be written" in note for note in meant.notes)


@pytest.mark.parametrize(
    ("text", "vendor", "kind"),
    [
        ("claude-sonnet-4", "anthropic", "anthropic"),
        ("gpt-4o", "openai", "openai"),
        ("o1-mini", "openai", "openai"),
        ("o3", "openai", "openai"),
        ("o4-mini", "openai", "openai"),
        ("gemini-2.5-pro", "google", "openrouter"),
        ("llama-3.1-8b", "meta-llama", "openrouter"),
        ("deepseek-chat", "deepseek", "openrouter"),
        ("mistral-large", "mistralai", "openrouter"),
        ("GPT-4o", "openai", "openai"),
        ("smollm2", "", ""),
        ("llama3.2:latest", "", "ollama"),
    ],
)
def test_a_bare_name_says_by_its_beginning_whose_it_is(text: str, vendor: str, kind: str) -> None:
    meant = read(text)
    assert (meant.form, meant.vendor, meant.kind) == ("name", vendor, kind)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        "x" * 200,
        "modèle",
        "模型",
        "/x",
        "-x",
        "a\nb",
        "a\x1b[2J",
        "http://",
        "http://host",
        "http:///v1/m",
        "http://host/v1/",
        "http://ann:secret@host/v1/m",
        "http://host:0/v1/m",
        "http://host:99999/v1/m",
        "http://host/v1?key=1/m",
        "http://[::1/v1/m",
        "https://host/v1/m#x",
    ],
)
def test_what_is_no_model_string_is_explained_without_repeating_it(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(text)
    assert "secret" not in refused.value.message


def test_a_registered_name_resolves_at_each_zone_by_name_stand_in_and_default_model() -> None:
    found = resolve("gpt-4o", registry(), ZONES)
    assert (found.registered, found.asked, found.entry) == ("gpt-4o", "gpt-4o", "")
    assert [(one.zone, one.upstream, one.model, one.how, one.tier) for one in found.serving] == [
        ("onprem", "gpu", "big", "stand-in", 0),
        ("onprem", "ollama", "small", "stand-in, else default model", 1),
        ("cloud-us", "openai", "gpt-4o", "by this name", 0),
    ]
    assert found.serving[0].profile.context_window == 8192


def test_a_pattern_registers_a_name_and_says_which() -> None:
    assert resolve("gpt-4-turbo", registry(), ZONES).registered == "gpt-4*"


def test_a_split_shows_each_arm_with_its_share_and_none_that_gets_nothing() -> None:
    found = resolve("house", registry(), ZONES)
    exact = [(one.upstream, one.model, one.how) for one in found.serving if one.tier == 0]
    assert exact == [("gpu", "big", "split, 30 of 100"), ("ollama", "llama3.2:latest", "split, 70 of 100")]


def test_a_preset_is_looked_up_among_the_upstreams_of_its_kind() -> None:
    found = resolve("ollama/llama3.2:latest", registry(), ZONES)
    assert (found.registered, found.asked, found.entry) == ("", "llama3.2:latest", "")
    assert [one.upstream for one in found.serving] == ["ollama"]
    assert resolve("lmstudio/llama3.2:latest", registry(), ZONES).serving == ()


def test_a_url_is_looked_up_among_the_upstreams_at_that_place() -> None:
    assert [one.upstream for one in resolve("http://127.0.0.1:8000/v1/big", registry(), ZONES).serving] == ["gpu"]
    assert resolve("http://127.0.0.1:8001/v1/big", registry(), ZONES).entry != ""


def test_a_tag_that_was_left_out_is_shown() -> None:
    found = resolve("ollama/llama3.2", registry(), ZONES)
    assert (found.asked, found.near) == ("", ("llama3.2:latest",))


@pytest.mark.parametrize(
    "text",
    [
        "ollama/llama3.2:latest",
        "vllm/big",
        "openrouter/anthropic/claude-sonnet-4",
        "gemini-2.5-pro",
        "claude-x",
        "azure/gpt-4o",
        "http://10.0.0.7:8000/v1/big",
        "https://gpu.nordwind.example/v1/big",
        "http://[::1]:9/v1/m",
        "http://[fe80::7]/v1/1e5",
        "https://müller.example/v1/m",
        "http://Ä/v1/m",
        "llama3.2:latest",
        "lmstudio/1e5",
    ],
)
def test_an_entry_to_paste_is_one_that_is_read_and_then_serves_it(text: str) -> None:
    meant = read(text)
    made = read_registry(paste(meant, ZONES).encode(), "pasted.yaml")
    assert [upstream.kind for upstream in made.upstreams] == [meant.kind]
    assert made.serves(made.upstreams[0], meant.model) or made.stand_ins[meant.model]
    assert resolve(text, made, ZONES).asked != ""


def test_nothing_is_pasted_where_nothing_says_what_server_it_is() -> None:
    assert resolve("smollm2", registry(), ZONES).entry == ""
    assert paste(read("meta-llama/Llama-3.1-8B"), ZONES) == ""


def test_zones_of_an_entry_are_those_of_the_taxonomy() -> None:
    zones = Zones({"frankfurt": False, "azure-eu": True})
    assert "zone: frankfurt" in paste(read("vllm/big"), zones)
    assert "zone: azure-eu" in paste(read("gpt-4o"), zones)


def test_a_key_is_looked_for_in_the_environment_then_in_a_file_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "gpu.key"
    at = Upstream("u", "openai", "z", "https://h/v1", api_key_env="A_KEY", api_key_file=str(file))
    monkeypatch.delenv("A_KEY", raising=False)
    assert key_source(at) == "none: A_KEY is not set, file gpu.key cannot be read or is empty"
    file.write_text("invented-file-key")
    assert key_source(at) == "file gpu.key"
    monkeypatch.setenv("A_KEY", "invented-key")
    assert key_source(at) == "environment A_KEY"
    assert key_source(Upstream("u", "openai", "z", "https://h/v1")) == "none"


@pytest.mark.parametrize(
    "model", ["http://127.0.0.1:11434/v1/llama3.2", "https://evil.example/v1/gpt-4o", "ollama/gpt-4o", "evil/gpt-4o"]
)
def test_these_forms_are_the_operators_and_a_callers_are_refused_without_an_echo(
    tmp_path: Path, vendor: StandIn, own: StandIn, model: str
) -> None:
    async def run() -> None:
        async with inside(tmp_path, upstreams=upstreams_file(tmp_path / "upstreams.yaml", vendor, own)) as ring:
            key = ring.key()
            refused = await ring.client.post("/v1/chat/completions", json=chat_body(model=model), headers=key)
            assert (refused.status_code, refused.json()["error"]["code"]) == (404, "model_not_found")
            assert model not in refused.text
            assert (await ring.client.get(f"/v1/models/{model}", headers=key)).status_code == 404
            served = await ring.client.post("/v1/chat/completions", json=chat_body(model="gpt-4o"), headers=key)
            assert served.status_code == 200  # the control: the name that they end with is served
            records = json.dumps(await ring.settled())
            assert model not in records
            assert "gpt-4*" in records  # the control: what is registered stands there

    asyncio.run(run())
    assert [seen.json["model"] for seen in vendor.posts] == ["gpt-4o"]


@pytest.mark.parametrize("text", ["gpt-oss:120b-cloud", "ollama/x:Cloud", "http://127.0.0.1:11434/v1/x:cloud"])
def test_a_model_of_ollamas_vendor_is_put_into_no_zone_of_ones_own(text: str) -> None:
    made = read_registry(paste(read(text), ZONES).encode(), "pasted.yaml")
    assert [at.zone for at in made.upstreams] == ["cloud-us"]
    assert [at.zone for at in read_registry(paste(read("ollama/x:8b"), ZONES).encode(), "p").upstreams] == ["onprem"]
