"""What no model in reach can do is refused before anything is sent, and the vendor's own library says why."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openai
import pytest
from harness import QUICK, Ringfence, StandIn, eventually, ringfence, upstreams_file
from openai import OpenAI

from audit.access import Filters, Records

CARD = "4929 7182 0364 5103"
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
LOOK: Any = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, PICTURE]}]
SCHEMA: Any = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
OLLAMA = {"/api/status": {"cloud": {"disabled": True}}, "/api/tags": {"models": [{"name": "old", "model": "old"}]}}


def said(text: str) -> Any:
    return [{"role": "user", "content": text}]


@pytest.fixture(scope="module")
def old() -> Iterator[StandIn]:
    """A server that would cut a prompt that is too long, and say nothing."""
    made = StandIn("old", routes=dict(OLLAMA))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def estate(
    tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn, old: StandIn
) -> Iterator[Ringfence]:
    """Models that can do different things: of `local-model` and `old` it is known what they cannot."""
    home: Path = tmp_path_factory.mktemp("estate")
    path = upstreams_file(
        home / "up.yaml",
        cloud,
        onprem,
        models={"seeing": {"onprem": "local-eyes"}},
        profiles={
            "local-model": {"vision": False, "json_schema": False, "context_window": 2000, "max_output": 500},
            "local-eyes": {"vision": True, "tools": True},
        },
    )
    eyes = {"name": "eyes", "kind": "openai", "zone": "onprem", "base_url": onprem.url, "models": ["local-eyes"]}
    cuts = {"name": "old", "kind": "ollama", "zone": "onprem", "base_url": old.url, "models": ["old"]}
    cpp = {"name": "cpp", "kind": "llamacpp", "zone": "onprem", "base_url": onprem.url, "models": ["cpp"]}
    text = path.read_text().replace("upstreams:\n", f"upstreams:\n- {eyes}\n- {cuts}\n- {cpp}\n")
    path.write_text(text)
    with ringfence(home, path, **QUICK) as server:
        yield server


@pytest.fixture
def client(estate: Ringfence, old: StandIn, quiet: None) -> Iterator[OpenAI]:
    old.clear()
    with ExitStack() as stack:
        key = estate.key("app", "team")
        yield stack.enter_context(OpenAI(base_url=f"{estate.url}/v1", api_key=key, max_retries=0, timeout=30))


@pytest.fixture
def nothing_sent(cloud: StandIn, onprem: StandIn, old: StandIn) -> Callable[[], bool]:
    return lambda: not any(map(asked, (cloud, onprem, old)))


def refused(work: Callable[[], Any]) -> tuple[dict[str, Any], openai.APIStatusError]:
    with pytest.raises(openai.BadRequestError) as error:
        work()
    body: Any = error.value.body
    return body, error.value


def records(estate: Ringfence, kind: str) -> list[dict[str, Any]]:
    page = Records(estate.home / "audit.db").page(Filters(kind=kind), after=-1, limit=1000)
    return [record.body for record in page.records]


def asked(server: StandIn) -> int:
    """Count what a server was asked, but for what it can do."""
    return sum(seen.path.startswith("/v1/") for seen in server.posts)


def audit_id(error: openai.APIStatusError) -> str:
    return error.response.headers["x-ringfence-audit-id"]


def test_a_pinned_picture_that_no_model_at_home_can_see_is_refused_at_once(
    client: OpenAI, estate: Ringfence, nothing_sent: Callable[[], bool]
) -> None:
    body, error = refused(lambda: client.chat.completions.create(model="gpt-4o-mini", messages=LOOK))
    assert (error.status_code, body["code"]) == (400, "capability_unavailable")
    assert body["missing"] == ["vision"]
    assert body["models"] == ["cpp", "local-eyes", "old", "seeing"]
    assert "vision" in body["message"]
    assert "has to stay on your organisation's own servers" in body["message"]
    assert error.response.headers["x-should-retry"] == "false"
    assert nothing_sent()

    decision = next(
        record
        for record in records(estate, "route.decision")
        if record["req"]["id"] == error.response.headers["x-request-id"]
    )
    assert (decision["decision"], decision["missing"]) == ("pin", ["vision"])
    assert "up" not in decision
    outcome = eventually(lambda: [one for one in records(estate, "route.outcome") if one["dec"] == audit_id(error)])
    assert [(one["status"], one["bytes_sent"]) for one in outcome] == [("not_sent", 0)]


@pytest.mark.parametrize("model", ["local-eyes", "seeing"])
def test_a_model_that_is_named_there_sees_it(client: OpenAI, onprem: StandIn, model: str) -> None:
    answer = client.chat.completions.with_raw_response.create(model=model, messages=LOOK)
    assert (answer.status_code, answer.headers["x-ringfence-zone"]) == (200, "onprem")
    assert onprem.posts[0].json["model"] == "local-eyes"


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"messages": said(f"My card: {CARD}. " + "Again and again. " * 1000)}, ["context_window"]),
        ({"messages": said(CARD), "response_format": SCHEMA}, ["json_schema"]),
        ({"messages": said(CARD), "max_tokens": 501}, ["max_output"]),
    ],
    ids=["too long", "a schema", "a long answer"],
)
def test_what_else_is_missing_is_named_and_nothing_of_the_prompt_is(
    client: OpenAI, estate: Ringfence, nothing_sent: Callable[[], bool], fields: Any, missing: list[str]
) -> None:
    body, _ = refused(lambda: client.chat.completions.create(model="gpt-4o-mini", **fields))
    assert (body["code"], body["missing"]) == ("capability_unavailable", missing)
    assert nothing_sent()
    log = estate.log_path.read_text()
    assert not any(CARD in text for text in (str(body), log))


def test_what_is_harmless_goes_where_somebody_can_do_it(client: OpenAI, cloud: StandIn) -> None:
    client.chat.completions.create(model="gpt-4o-mini", messages=said("What is a monad?"), response_format=SCHEMA)
    assert len(cloud.posts) == 1


def test_the_same_short_prompt_is_answered_at_home(client: OpenAI, onprem: StandIn) -> None:
    client.chat.completions.create(model="gpt-4o-mini", messages=said(CARD))
    assert CARD in onprem.posts[0].body.decode()


def test_a_server_that_would_cut_a_prompt_gets_only_what_surely_fits(
    client: OpenAI, old: StandIn, onprem: StandIn
) -> None:
    def ask(words: int) -> Any:
        return client.responses.with_raw_response.create(model="old", input="word " * words)

    assert ask(100).status_code == 200
    assert (asked(old), asked(onprem)) == (1, 0)
    ask(1500)  # which may be too long there, and is not for the one that says what is
    assert (asked(old), asked(onprem)) == (1, 1)
    body, _ = refused(lambda: ask(3000))
    assert body["missing"] == ["context_window"]
    assert (asked(old), asked(onprem)) == (1, 1)


TOOL: Any = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}
NAMED: Any = {"type": "function", "function": {"name": "look_up"}}


def test_a_parameter_that_would_not_be_obeyed_is_told_or_where_it_matters_refused(
    client: OpenAI, estate: Ringfence, onprem: StandIn
) -> None:
    def ask(**fields: Any) -> Any:
        return client.chat.completions.with_raw_response.create(model="cpp", messages=said("Hello"), **fields)

    answer = ask(tools=[TOOL], verbosity="low", service_tier="flex")
    assert answer.headers["x-ringfence-dropped-params"] == "service_tier, verbosity"
    decided = next(r for r in records(estate, "route.decision") if r["req"]["id"] == answer.headers["x-request-id"])
    assert decided["up"]["dropped"] == ["service_tier", "verbosity"]
    assert "x-ringfence-dropped-params" not in ask(tools=[TOOL]).headers
    named = ask(tools=[TOOL], tool_choice=NAMED)  # by a server that obeys it
    assert named.headers["x-ringfence-upstream"] == "local"
    body, _ = refused(lambda: ask(tools=[TOOL], tool_choice=NAMED, response_format=SCHEMA))
    assert set(body["missing"]) == {"tool_choice", "json_schema"}
    assert len(onprem.posts) == 3


def test_the_list_of_models_says_what_each_can_do(client: OpenAI) -> None:
    models: dict[str, Any] = {model.id: model for model in client.models.list()}
    assert models["local-model"].context_window == 2000
    assert models["seeing"].abilities == {"tools": True, "vision": True}
    assert not hasattr(models["old"], "max_output")
