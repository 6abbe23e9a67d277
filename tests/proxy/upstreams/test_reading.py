from pathlib import Path

import pytest

from proxy.files.diagnostics import FileRefused
from proxy.upstreams.profile import Profile
from proxy.upstreams.reading import NUMBERS, check_zones, load_registry
from proxy.upstreams.registry import Registry
from proxy.upstreams.upstream import Upstream

ROW = 'name: a, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1"'


def load(tmp_path: Path, text: str) -> Registry:
    path = tmp_path / "upstreams.yaml"
    path.write_text(text)
    return load_registry(path)


def one(tmp_path: Path, more: str) -> Upstream:
    return load(tmp_path, "upstreams:\n  - {%s, models: [m, 'n*']%s}" % (ROW, more)).upstreams[0]


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
    ("more", "expected"),
    [
        (", weight: 0", "2:105: error[out-of-range]"),
        (", weight: 1001", "error[out-of-range]"),
        (", weight: 1.5", "error[wrong-type]"),
        (", max_in_flight: 0", "error[out-of-range]"),
        (", max_queue: -1", "error[out-of-range]"),
        (", queue_s: 3601", "error[out-of-range]"),
        (", connect_s: 0", "error[out-of-range]"),
        (", read_s: 5s", "error[wrong-type]"),
        (", drain: yes", "error[wrong-type]"),
        (", api_key_file: 7", "error[wrong-type]"),
        (", api_key_file: ''", "error[bad-text]"),
        (", tls: {ca: none.pem}", "error[bad-certificate]"),
        (", max_inflight: 4", "did you mean 'max_in_flight'?"),
        ("}\nprofiles: {m: {tools: 1}", "3:23: error[wrong-type]"),
        ("}\nprofiles: {m: {context_window: 0}", "error[out-of-range]"),
        ("}\nprofiles: {m: {context_window: 128k}", "error[wrong-type]"),
        ("}\nprofiles: {m: {visoin: true}", "did you mean 'vision'?"),
        ("}\nprofiles: {m: true", "error[wrong-type]"),
        ("}\nprofiles: {'m m': {}", "error[bad-name]"),
        ("}\nprofiles: [m", "error"),
        ("}\nsplits: {m: {cloud: {m: 1}}", "3:14: error[unknown-zone]"),
        ("}\nsplits: {m: {onprem: {m: 0}}", "error[too-few]"),
        ("}\nsplits: {m: {onprem: {}}", "error[too-few]"),
        ("}\nsplits: {m: {onprem: {m: -1}}", "error[out-of-range]"),
        ("}\nsplits: {m: {onprem: {m: 1, zebra: 1}}", "3:29: error[unserved]"),
        ("}\nsplits: {m: {onprem: m}", "error[wrong-type]"),
        ("}\nbalance: {cloud: weighted", "error[unknown-zone]"),
        ("}\nbalance: {onprem: random", "error[unknown-value]"),
    ],
)
def test_a_mistake_in_what_says_how_to_share_and_wait_is_refused_with_its_place(
    tmp_path: Path, more: str, expected: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        one(tmp_path, more)
    assert expected in "\n".join(map(str, refused.value.diagnostics))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refused:
        one(tmp_path, ", weight: 0, drain: 1}\nbalance: {onprem: random}\nprofiles: {m: {tools: 1}")
    assert len(refused.value.diagnostics) == 4


def test_what_is_not_said_of_an_upstream_is_as_before(tmp_path: Path) -> None:
    made = one(tmp_path, "")
    assert (made.weight, made.max_in_flight, made.drain, made.tls) == (1, 0, False, None)
    assert (made.connect_s, made.read_s, made.api_key_file) == (0, 0, "")


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_read_from_the_least_to_the_most(tmp_path: Path, name: str) -> None:
    for value in NUMBERS[name]:
        assert getattr(one(tmp_path, f", {name}: {value}"), name) == value


def test_a_key_file_lies_beside_the_file_of_upstreams_unless_its_path_says_where(tmp_path: Path) -> None:
    assert one(tmp_path, ", api_key_file: keys/a").api_key_file == str(tmp_path / "keys/a")
    assert one(tmp_path, ", api_key_file: /run/secrets/a").api_key_file == "/run/secrets/a"


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("openai", "https://api.openai.com/v1"),
        ("anthropic", "https://api.anthropic.com/v1"),
        ("openrouter", "https://openrouter.ai/api/v1"),
        ("ollama", "http://127.0.0.1:11434/v1"),
        ("vllm", "http://127.0.0.1:8000/v1"),
        ("lmstudio", "http://127.0.0.1:1234/v1"),
        ("llamacpp", "http://127.0.0.1:8080/v1"),
    ],
)
def test_a_kind_that_has_a_usual_place_needs_no_address(tmp_path: Path, kind: str, url: str) -> None:
    text = "upstreams:\n  - {name: a, kind: %s, zone: z, default_model: m}"
    assert load(tmp_path, text % kind).upstreams[0].base_url == url


def test_one_that_has_none_does(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match=r"2:5: error\[missing-key\] 'base_url' is missing here"):
        load(tmp_path, "upstreams:\n  - {name: a, kind: azure, zone: z, default_model: m}")


def test_profiles_splits_and_balance_are_read_as_they_are_written(tmp_path: Path) -> None:
    more = """}
profiles:
  m: {context_window: 8192, tools: true, vision: false}
  "n*": {}
splits:
  m: {onprem: {m: 3, n-1: 1}}
balance: {onprem: weighted"""
    path = tmp_path / "upstreams.yaml"
    path.write_text("upstreams:\n  - {%s, models: [m, 'n*']%s}" % (ROW, more))
    estate = load_registry(path).estate
    assert estate.profiles == {"m": Profile(8192, tools=True, vision=False), "n*": Profile()}
    assert estate.splits == {"m": {"onprem": {"m": 3, "n-1": 1}}}
    assert estate.balance == {"onprem": "weighted"}


@pytest.mark.parametrize("serves", ["models: ['*']", "models: ['n*']", "models: [n-1]", "default_model: n-1"])
def test_an_arm_is_served_if_an_upstream_of_its_zone_might(tmp_path: Path, serves: str) -> None:
    split = "splits: {m: {onprem: {n-1: 1}}}"
    assert load(tmp_path, "upstreams:\n  - {%s, %s}\n%s" % (ROW, serves, split)).estate.splits


def test_a_profile_may_be_of_a_model_that_comes_later(tmp_path: Path) -> None:
    assert load(tmp_path, "upstreams:\n  - {%s, models: [m]}\nprofiles: {later: {tools: true}}" % ROW).estate.profiles
