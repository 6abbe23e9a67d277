import hashlib
import shutil
from collections import Counter
from pathlib import Path

import pytest
from certificates import CertificateAuthority

from proxy.errors import RequestRefused
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.profile import Profile
from proxy.upstreams.reading import load_registry
from proxy.upstreams.registry import Registry, zones_of
from proxy.upstreams.upstream import OTHER

ROW = 'name: a, kind: openai, zone: onprem, base_url: "http://127.0.0.1:1/v1"'


def load(tmp_path: Path, text: str) -> Registry:
    path = tmp_path / "upstreams.yaml"
    path.write_text(text)
    return load_registry(path)


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


FULL = """
upstreams:
  - {name: local, kind: ollama, zone: onprem, base_url: "http://127.0.0.1:11434/v1", models: ["*"], default_model: m}
  - {name: vendor, kind: openai, zone: cloud-us, base_url: "https://api.openai.com/v1", api_key_env: K,
     models: ["gpt-4*"], endpoints: [chat]}
models:
  gpt-4o: {onprem: m}
"""
DIGEST = "cd9335cc1513dbff498bf480e231ffab1b9b16eba29c432377a36ff423b44b22"
"""What that file had before there were weights, profiles and all that."""


def test_what_a_file_does_not_mention_leaves_its_digest_as_it_was(tmp_path: Path) -> None:
    assert load(tmp_path, FULL).sha256 == DIGEST


MENTIONED = (
    *("weight: 2", "max_in_flight: 1", "max_queue: 1", "queue_s: 1", "connect_s: 1", "read_s: 1", "drain: true"),
    *("api_key_file: k", "tls: {ca: ca.pem}", "tls: {certificate: us.pem}"),
    "}\nprofiles: {m: {tools: true}",
    "}\nprofiles: {m: {tools: false}",
    "}\nprofiles: {m: {}",
    "}\nsplits: {m: {onprem: {m: 1}}",
    "}\nsplits: {m: {onprem: {m: 2}}",
    "}\nbalance: {onprem: weighted",
)


def mentioning(tmp_path: Path, more: str) -> Registry:
    joined = more if more.startswith("}") else f", {more}"
    row = ROW.replace("http:", "https:") if "tls" in more else ROW
    return load(tmp_path, "upstreams:\n  - {%s, default_model: m%s}" % (row, joined))


def test_whatever_a_file_mentions_is_in_its_digest_and_in_the_text_for_the_archive(tmp_path: Path) -> None:
    made = CertificateAuthority(tmp_path, "ca")
    made.issue("us")
    found = [load(tmp_path, "upstreams:\n  - {%s, default_model: m}" % ROW)]
    found += [mentioning(tmp_path, more) for more in MENTIONED]
    assert len({registry.sha256 for registry in found}) == 1 + len(MENTIONED)
    for registry in found:
        assert hashlib.sha256(registry.text()).hexdigest() == registry.sha256
        assert zones_of(registry.text()) == {"onprem"}
        assert b"BEGIN" not in registry.text()


def test_the_digest_is_the_same_wherever_the_files_lie(tmp_path: Path) -> None:
    made = CertificateAuthority(tmp_path, "ca")
    made.issue("us")
    shutil.copytree(tmp_path, tmp_path / "elsewhere")
    for more in ("api_key_file: k", "tls: {ca: ca.pem, certificate: us.pem}"):
        assert mentioning(tmp_path, more).sha256 == mentioning(tmp_path / "elsewhere", more).sha256


def test_another_authority_under_the_same_name_is_another_registry(tmp_path: Path) -> None:
    CertificateAuthority(tmp_path, "ca")
    before = mentioning(tmp_path, "tls: {ca: ca.pem}")
    CertificateAuthority(tmp_path, "ca")
    assert mentioning(tmp_path, "tls: {ca: ca.pem}").sha256 != before.sha256


SPLIT = "upstreams:\n  - {%s, models: ['*']}\nsplits: {asked: {onprem: {%s}}}"


def drawn(registry: Registry, times: int = 4000) -> Counter[str]:
    return Counter(registry.wanted("asked", "onprem", str(number))[0] for number in range(times))


def test_arms_are_drawn_as_often_as_their_weights_say(tmp_path: Path) -> None:
    counted = drawn(load(tmp_path, SPLIT % (ROW, "old: 7, new: 3, off: 0")))
    assert set(counted) == {"old", "new"}
    assert 0.27 < counted["new"] / 4000 < 0.33


def test_the_same_draw_is_the_same_arm_however_the_file_is_ordered(tmp_path: Path) -> None:
    one, other = (load(tmp_path, SPLIT % (ROW, arms)) for arms in ("old: 7, new: 3", "new: 3, old: 7"))
    assert one.sha256 == other.sha256
    for draw in map(str, range(100)):
        assert one.wanted("asked", "onprem", draw) == other.wanted("asked", "onprem", draw)
        assert one.wanted("asked", "onprem", draw)[1] is True


def test_what_is_not_split_is_its_stand_in_or_itself(tmp_path: Path) -> None:
    text = SPLIT % (ROW, "old: 1") + "\nmodels: {asked: {onprem: no}, stood: {onprem: yes-1}}"
    registry = load(tmp_path, text)
    assert registry.wanted("asked", "onprem", "1") == ("old", True)
    assert registry.wanted("stood", "onprem", "1") == ("yes-1", False)
    assert registry.wanted("asked", "elsewhere", "1") == ("asked", False)
    assert {"asked", "old", "stood", "yes-1"} <= registry.names()


PROFILES = """
profiles:
  "llama3:8b": {context_window: 4096}
  "llama3*": {context_window: 8192, tools: true}
  "*": {logprobs: false, tools: false}
"""


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("llama3:8b", Profile(4096, tools=True, vision=True, logprobs=False)),
        ("llama3:70b", Profile(8192, tools=True, logprobs=False)),
        ("other", Profile(tools=False, logprobs=False)),
    ],
)
def test_of_a_model_is_known_what_is_configured_narrowest_first_and_else_what_was_seen(
    tmp_path: Path, model: str, expected: Profile
) -> None:
    registry = load(tmp_path, "upstreams:\n  - {%s, models: ['*']}%s" % (ROW, PROFILES))
    at = registry.upstreams[0]
    seen = Profile(context_window=1, vision=True)
    registry = registry.with_observed(at, Observation(("llama3:8b",), {"llama3:8b": seen}))
    assert registry.profile(at, model) == expected
    assert registry.saw(at, model) == (seen if model == "llama3:8b" else Profile())


def test_what_was_seen_of_a_server_is_kept_for_the_very_same_server_only(tmp_path: Path) -> None:
    text = "upstreams:\n  - {%s, models: ['*']}"
    before = load(tmp_path, text % ROW)
    said = Observation(("m",), {"m": Profile(4096)})
    before = before.with_observed(before.upstreams[0], said)
    same = load(tmp_path, (text % ROW).replace("models", "weight: 3, models")).with_observed_of(before)
    other = load(tmp_path, (text % ROW).replace(":1/v1", ":2/v1")).with_observed_of(before)
    assert same.profile(same.upstreams[0], "m") == Profile(4096)
    assert same.names() == {"m"}
    assert (other.names(), dict(other.seen)) == (frozenset(), {})
