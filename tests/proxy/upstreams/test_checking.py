import asyncio
import ipaddress
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn
from receivers import authority

from proxy.upstreams import checking, client
from proxy.upstreams.checking import Checked, Said, across, check, check_all, is_vendors, of_file
from proxy.upstreams.client import Timeouts
from proxy.upstreams.kinds.kind import Observation
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.profile import Profile
from proxy.upstreams.registry import Estate, Registry
from proxy.upstreams.tls import Tls
from proxy.upstreams.upstream import Upstream

SOON = Timeouts(2, 2)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
AT = Upstream("u", "openai", "onprem", "http://127.0.0.1:1/v1", models=("a",), vendor=False, networks=LOOPBACK)


class Secure(StandIn):
    """A stand-in that speaks TLS."""

    terms: ssl.SSLContext

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._handle, "127.0.0.1", self.port, ssl=self.terms)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()


def registry(*upstreams: Upstream, **more: Any) -> Registry:
    return Registry(upstreams, more.pop("stand_ins", {}), "0" * 64, {}, estate=Estate(**more))


def checked(upstream: Upstream, **more: Any) -> Checked:
    return asyncio.run(check(upstream, registry(upstream, **more), SOON))


def problems(found: Checked | list[Said]) -> list[tuple[str, str]]:
    said = found.said if isinstance(found, Checked) else found
    return [(each.what, each.text) for each in said if each.grade == "problem"]


def answers(own: StandIn, status: int, body: bytes = b"{}") -> None:
    async def answer(method: str, path: str, sent: bytes, writer: asyncio.StreamWriter) -> bool:
        return own._reply(writer, status, body)

    own._answer = answer  # type: ignore[method-assign]


def test_an_upstream_that_is_as_the_file_says_has_no_problem(own: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "invented-key")
    own.models = ("a", "b")
    found = checked(replace(AT, base_url=own.url, api_key_env="A_KEY"), profiles={"a": Profile(context_window=8192)})
    assert found.ok
    assert [(each.what, each.grade) for each in found.said] == [
        ("key", "ok"),
        ("address", "ok"),
        ("key", "ok"),
        ("api", "ok"),
        ("context", "ok"),
    ]
    assert all(problem.fix for problem in found.said if problem.grade == "problem")


def test_no_content_and_no_model_request_is_ever_sent_and_no_key_is_shown(
    own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "invented-key")
    own.models = ("a",)
    found = checked(replace(AT, base_url=own.url, api_key_env="A_KEY"))
    assert own.posts == []
    assert b"invented-key" in own.received  # the control: it is asked with the key
    assert "invented-key" not in str(found)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"{}", "key: it is not accepted (401)"),
        (403, b"{}", "key: it is not allowed to list models (403)"),
        (404, b"{}", "api: there is no /models at this URL (404)"),
        (500, b'{"error": "zebra"}', "api: it fails (500)"),
        (200, b"<html>zebra", "api: what it answers is no JSON"),
    ],
    ids=["401", "403", "404", "500", "html"],
)
def test_what_it_answers_is_said_with_what_to_do(
    own: StandIn, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, said: str
) -> None:
    monkeypatch.setenv("A_KEY", "invented-key")
    answers(own, status, body)
    found = checked(replace(AT, base_url=own.url, api_key_env="A_KEY"))
    assert problems(found) == [tuple(said.split(": "))]
    assert [each.fix != "" for each in found.said if each.grade == "problem"] == [True]
    assert "zebra" not in str(found)


def test_a_server_that_takes_the_connection_and_says_nothing_is_told_from_one_that_is_not_there(
    own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> bool:
        await asyncio.sleep(60)
        return False

    own._answer = hang  # type: ignore[method-assign]
    monkeypatch.setattr(client, "PROBE_S", 0.3)
    said = problems(checked(replace(AT, base_url=own.url)))
    assert said == [("api", "it took the connection and does not answer")]


def test_a_key_that_is_needed_and_was_not_named_is_told_from_a_wrong_one(own: StandIn) -> None:
    answers(own, 401)
    assert problems(checked(replace(AT, base_url=own.url))) == [("key", "none was sent, and one is needed (401)")]


def test_a_server_that_is_not_there_or_has_no_name_is_said() -> None:
    assert [what for what, _ in problems(checked(AT))] == ["tcp"]
    assert [what for what, _ in problems(checked(replace(AT, base_url="http://nothing.invalid/v1")))] == ["name"]


def test_nothing_connects_to_an_address_outside_the_zones_networks(own: StandIn) -> None:
    home = (ipaddress.ip_network("10.0.0.0/8"),)
    found = checked(replace(AT, base_url=own.url, networks=home))
    assert problems(found) == [("address", "127.0.0.1 is in none of the zone's networks")]
    assert own.connections == 0
    checked(replace(AT, base_url=own.url))
    assert own.connections > 0  # the control


def test_a_certificate_is_judged_and_its_ca_named(tmp_path: Path) -> None:
    made = authority(tmp_path)
    Secure.terms = made.terms
    server = Secure(models=("a",))
    try:
        at = replace(AT, base_url=server.url.replace("http:", "https:"))
        assert [(each.what, each.fix) for each in checked(at).said if each.grade == "problem"] == [
            ("tls", "name the CA that signed it: 'tls: {ca: FILE}'")
        ]
        known = checked(replace(at, tls=Tls(made.ca.read_text())))
        said = next(each for each in known.said if each.what == "tls")
        assert (said.grade, said.text) == ("note", "by test authority (your own CA), 0 days left")
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("host", "vendors"),
    [
        ("api.openai.com", True),
        ("eu.api.openai.com", True),
        ("openrouter.ai", True),
        ("r.openai.azure.com", True),
        ("ollama.com", True),
        ("notopenrouter.ai", False),
        ("gpu.nordwind.example", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_hosts_of_vendors_are_known(host: str, vendors: bool) -> None:
    assert is_vendors(host) is vendors


def test_a_vendors_host_in_a_zone_of_ones_own_is_a_problem_and_in_a_vendors_it_is_not() -> None:
    at = replace(AT, base_url="https://api.openai.com/v1", api_key_env="")
    assert ("zone", "api.openai.com is a vendor's, and 'onprem' is a zone of your own") in problems(list(of_file(at)))
    assert "zone" not in [what for what, _ in problems(list(of_file(replace(at, vendor=True))))]


def test_plain_http_over_a_network_is_a_problem_at_a_vendor_and_noted_at_home() -> None:
    at = replace(AT, base_url="http://10.0.0.7/v1")
    assert [each.grade for each in of_file(at) if each.what == "http"] == ["note"]
    assert [each.grade for each in of_file(replace(at, vendor=True)) if each.what == "http"] == ["problem"]
    assert [each for each in of_file(AT) if each.what == "http"] == []


def test_a_key_that_is_named_and_not_there_is_a_problem_and_one_that_others_read_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_KEY", raising=False)
    file = tmp_path / "a.key"
    at = replace(AT, api_key_env="A_KEY", api_key_file=str(file))
    assert problems(list(of_file(at))) == [("key", "A_KEY or a.key gives none here")]
    file.write_text("invented-key")
    file.chmod(0o644)
    assert [(each.grade, each.text) for each in of_file(at)] == [
        ("ok", "set (A_KEY or a.key)"),
        ("note", "others may read a.key"),
    ]
    file.chmod(0o600)
    assert [each.grade for each in of_file(at)] == ["ok"]


def test_a_model_that_the_file_names_and_the_server_lacks_is_a_problem_with_the_nearest_name(own: StandIn) -> None:
    own.models = ("llama3.2", "b")
    found = checked(replace(AT, base_url=own.url, models=("llama3.1", "b", "gpt-4*"), default_model="c"))
    assert problems(found) == [("models", "llama3.1 is not among them"), ("models", "c is not among them")]
    assert [each.fix for each in found.said if "llama3.1" in each.text] == ["is it 'llama3.2'?"]
    assert [each.text for each in found.said if "gpt-4*" in each.text] == ["none of them is called gpt-4*"]


def test_kinds_that_serve_what_they_do_not_list_get_a_note_only(own: StandIn) -> None:
    own.models = ("other",)
    found = checked(replace(AT, kind="anthropic", base_url=own.url))
    assert ("models", "note", "a is not among them") in [(each.what, each.grade, each.text) for each in found.said]
    assert found.ok
    bare = checked(replace(AT, kind="azure", base_url=own.url))
    assert ("api", "it answers, and lists no models") in [(each.what, each.text) for each in bare.said]
    assert "models" not in [each.what for each in bare.said]


def test_a_context_that_nobody_knows_is_noted_with_what_to_write(own: StandIn) -> None:
    own.models = ("a",)
    (note,) = [each for each in checked(replace(AT, base_url=own.url)).said if each.what == "context"]
    assert (note.grade, "context_window" in note.fix) == ("note", True)


def test_an_ollama_whose_cloud_is_open_is_a_problem_and_so_is_a_remote_model(own: StandIn) -> None:
    at = replace(AT, kind="ollama", base_url=own.url, models=("a:1", "b:cloud"))
    tags = {"models": [{"name": "a:1", "model": "a:1"}, {"name": "b:cloud", "model": "b:cloud"}]}
    own.models = ("a:1", "b:cloud")
    own.routes = {
        "/api/tags": tags,
        "/api/status": {"cloud": {"disabled": False}},
        "/api/version": {"version": "0.12"},
        "/api/ps": {"models": []},
        "/api/show": {},
    }
    said = [text for what, text in problems(checked(at)) if what == "models"]
    assert any("its cloud is open" in text and "a:1" in text for text in said)
    assert any("b:cloud: the name leads to Ollama's cloud" in text for text in said)
    own.routes["/api/status"] = {"cloud": {"disabled": True}}
    lacking = next(each for each in checked(replace(at, models=("c:1",))).said if each.what == "models")
    assert (lacking.text, lacking.fix) == ("c:1: not pulled", "ringfence models pull u c:1")
    closed = [text for what, text in problems(checked(replace(at, models=("a:1",)))) if what == "models"]
    assert closed == []


def test_an_ollama_that_the_file_calls_something_else_is_a_problem_at_home(own: StandIn) -> None:
    at = replace(AT, base_url=own.url)
    assert "kind" not in [each.what for each in checked(at).said]
    own.routes = {"/api/version": {"version": "0.32.1"}, "/api/tags": {"models": []}}
    (said,) = [each for each in checked(at).said if each.what == "kind"]
    assert (said.grade, "'kind: ollama'" in said.fix) == ("problem", True)
    for other in (replace(at, vendor=True, networks=()), replace(at, kind="ollama")):
        assert "kind" not in [each.what for each in checked(other).said]


@pytest.fixture
def talking(monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind that warns, breaks or never ends."""

    async def observe(ask: Any, upstream: Upstream) -> Observation:
        if upstream.id == "hangs":
            await asyncio.sleep(60)
        if upstream.id == "breaks":
            raise ValueError("zebra")
        return Observation(("a",), warnings=("it logs requests: switch that off",))

    monkeypatch.setattr(KINDS["lmstudio"], "observe", observe)
    return "lmstudio"


def test_what_a_kind_warns_of_is_noted(talking: str, own: StandIn) -> None:
    found = checked(replace(AT, kind=talking, base_url=own.url))
    assert found.ok
    assert ("server", "it logs requests", "switch that off") in [
        (each.what, each.text, each.fix) for each in found.said
    ]


def test_one_bad_upstream_hides_no_other_and_none_takes_for_ever(
    talking: str, own: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "WITHIN_S", 0.5)
    own.models = ("a",)
    fine = replace(AT, base_url=own.url)
    bad = [replace(fine, id=name, kind=talking) for name in ("hangs", "breaks")]
    found, _ = asyncio.run(check_all(registry(bad[0], fine, bad[1]), SOON))
    assert [problems(each) for each in found] == [
        [("time", "it is not done after 0 s")],
        [],
        [("check", "it failed (ValueError)")],
    ]
    assert "zebra" not in str(found)


def test_a_stand_in_or_an_arm_that_nobody_serves_is_a_problem_unless_somebody_was_silent() -> None:
    held = registry(
        AT, stand_ins={"gpt-4o": {"onprem": "gone"}}, splits={"house": {"onprem": {"a": 1, "lost": 2, "off": 0}}}
    )
    assert [text.partition(",")[0] for _, text in problems(list(across(held)))] == ["gone", "lost"]
    assert [each.grade for each in across(held, {"onprem"})] == ["note", "note"]
