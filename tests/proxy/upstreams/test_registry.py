import hashlib
from pathlib import Path

import pytest

from proxy.errors import RequestRefused
from proxy.files.diagnostics import FileRefused
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.reading import check_zones, load_registry
from proxy.upstreams.registry import Registry, zones_of
from proxy.upstreams.upstream import OTHER, Upstream

ROW = 'name: a, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1"'


def load(tmp_path: Path, text: str) -> Registry:
    path = tmp_path / "upstreams.yaml"
    path.write_text(text)
    return load_registry(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("upstreams: []", "1:12: error[too-few]"),
        ("upstreams:\n  - {%s}" % ROW, "2:5: error[serves-nothing]"),
        ("upstreams:\n  - {%s, default_model: m, zoen: x}" % ROW, "error[unknown-key]"),
        ("upstreams:\n  - {%s, default_model: m}\n  - {%s, default_model: m}" % (ROW, ROW), "3:5: error[duplicate-id]"),
        (
            'upstreams:\n  - {name: a, kind: openai, zone: z, base_url: "http://10.0.0.1/v1", default_model: m}',
            "error[plain-http]",
        ),
        (
            'upstreams:\n  - {name: a, kind: openai, zone: z, base_url: "ftp://h/v1", default_model: m}',
            "error[bad-url]",
        ),
        (
            'upstreams:\n  - {name: a, kind: openai, zone: z, base_url: "https://u:p@h/v1", default_model: m}',
            "error[bad-url]",
        ),
        (
            'upstreams:\n  - {name: a, kind: gpt, zone: z, base_url: "https://h/v1", default_model: m}',
            "error[unknown-value]",
        ),
        ('upstreams:\n  - {%s, api_key_env: "sk-abc", default_model: m}' % ROW, "error[bad-name]"),
        ("upstreams:\n  - {%s, models: ['a*b']}" % ROW, "error[bad-name]"),
        ("upstreams:\n  - {%s, default_model: m}\nmodels:\n  gpt: {cloud: m}" % ROW, "4:9: error[unknown-zone]"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(FileRefused) as refused:
        load(tmp_path, text)
    assert expected in "\n".join(map(str, refused.value.diagnostics))


def test_a_key_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        load(tmp_path, "upstreams:\n  - {%s, api_key_env: 'sk-not-a-name-but-a-key', default_model: m}" % ROW)
    assert "sk-not" not in str(refused.value.diagnostics)


def test_a_zone_that_the_taxonomy_does_not_have_is_refused(tmp_path: Path) -> None:
    registry = load(tmp_path, "upstreams:\n  - {%s, default_model: m}" % ROW)
    check_zones(registry, ["onprem"])
    with pytest.raises(FileRefused, match="2:"):
        check_zones(registry, ["on-prem"])


def test_models_resolve_to_registered_names(tmp_path: Path) -> None:
    registry = load(
        tmp_path,
        "upstreams:\n  - {%s, models: ['gpt-4*', exact, '*'], default_model: d}\nmodels:\n  m: {onprem: d}" % ROW,
    )
    registry = registry.with_observed(registry.upstreams[0], Observation(("listed", "bad name with spaces")))
    assert [registry.resolve(name) for name in ("gpt-4o", "exact", "d", "m", "listed")] == [
        "gpt-4*",
        "exact",
        "d",
        "m",
        "listed",
    ]
    assert registry.registered("gpt-4o jane") == OTHER
    assert registry.registered("bad name with spaces") == OTHER


def test_an_unknown_model_is_404_without_echo(tmp_path: Path) -> None:
    registry = load(tmp_path, "upstreams:\n  - {%s, models: ['gpt-4*']}" % ROW)
    with pytest.raises(RequestRefused) as refused:
        registry.resolve("jane.doe")
    assert refused.value.status == 404
    assert "jane" not in str(refused.value.body())


@pytest.mark.parametrize(
    "model", ["gpt-4o-search-preview", "gpt-4o:online", "gpt-4o@preset/lookup", "gpt-4-deep-research"]
)
def test_a_pattern_never_serves_a_model_that_asks_a_search_engine(tmp_path: Path, model: str) -> None:
    registry = load(tmp_path, "upstreams:\n  - {%s, models: ['gpt-4*']}" % ROW)
    assert registry.registered(model) == OTHER
    listed = load(tmp_path, "upstreams:\n  - {%s, models: ['gpt-4*', '%s']}" % (ROW, model))
    assert listed.registered(model) == model


def test_a_pattern_with_a_colon_serves_names_with_colons(tmp_path: Path) -> None:
    registry = load(tmp_path, "upstreams:\n  - {%s, models: ['ft:gpt-4o*']}" % ROW)
    assert registry.registered("ft:gpt-4o-mini:acme::1") == "ft:gpt-4o*"


def test_the_digest_covers_everything_that_routes(tmp_path: Path) -> None:
    texts = [
        "upstreams:\n  - {%s, default_model: m}" % ROW,
        "upstreams:\n  - {%s, default_model: n}" % ROW,
        "upstreams:\n  - {%s, default_model: m}\nmodels:\n  x: {onprem: m}" % ROW,
    ]
    assert len({load(tmp_path, text).sha256 for text in texts}) == 3
    assert load(tmp_path, "# comment\n" + texts[0]).sha256 == load(tmp_path, texts[0]).sha256


def test_the_text_for_the_archive_has_that_digest_and_names_the_zones(tmp_path: Path) -> None:
    registry = load(tmp_path, "upstreams:\n  - {%s, default_model: m}" % ROW)
    assert hashlib.sha256(registry.text()).hexdigest() == registry.sha256
    assert zones_of(registry.text()) == registry.zones == {"onprem"}
    bound = registry.bind({"onprem": (False, ("127.0.0.0/8",))})
    bound = bound.with_observed(bound.upstreams[0], Observation(("m2",)))
    assert bound.text() == registry.text()


@pytest.mark.parametrize(
    ("kind", "more", "asked"),
    [
        ("openai", "", {"chat", "completions", "embeddings", "responses"}),
        ("openai", ", endpoints: [chat, messages]", {"chat", "messages"}),
        ("anthropic", "", {"messages"}),
        ("vllm", "", {"chat", "completions", "embeddings", "responses", "messages"}),
        ("ollama", "", {"chat", "completions", "embeddings", "responses", "messages"}),
        ("lmstudio", ", endpoints: [chat]", {"chat"}),
    ],
    ids=["openai", "openai with more", "anthropic", "vllm", "ollama", "lmstudio with less"],
)
def test_a_server_is_asked_for_what_its_kind_serves_or_what_its_row_says(
    tmp_path: Path, kind: str, more: str, asked: set[str]
) -> None:
    row = ROW.replace("kind: openai", f"kind: {kind}")
    registry = load(tmp_path, f"upstreams:\n  - {{{row}, default_model: m{more}}}")
    assert set(registry.upstreams[0].endpoints) == asked


@pytest.mark.parametrize(
    ("url", "stores"),
    [
        ("https://api.openai.com/v1", True),
        ("https://EU.API.OpenAI.com:443/v1", True),
        ("https://api.openai.com./v1", True),
        ("https://company.openai.azure.com/openai/v1", False),
        ("https://generativelanguage.googleapis.com/v1beta/openai", False),
        ("https://myapi.openai.com/v1", False),
        ("https://api.openai.com.example/v1", False),
    ],
)
def test_it_is_known_who_keeps_chats_unasked(url: str, stores: bool) -> None:
    assert Upstream("u", "openai", "cloud-us", url).stores_chats is stores
