"""What comes back is scanned by a real server: held back where a rule could block it, else beside its way."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from answering import CARD, NO_CARDS, NO_KEYS, Model, delta, policies, text_of
from harness import QUICK, Ringfence, channels_file, chat_body, eventually, ringfence, upstreams_file

from audit.access import Filters, Records

KEY = "AKIA" + "Z7QW3RTY5UPL2MNB"
Said = Callable[..., Any]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Model]:
    made = Model("vendor")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def home() -> Iterator[Model]:
    made = Model("own")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory, vendor: Model, home: Model) -> Iterator[Ringfence]:
    """A server whose policy lets vendors show neither cards nor keys."""
    at: Path = tmp_path_factory.mktemp("ruled")
    cards = NO_CARDS.replace("direction", "from: [cloud-us]\n    notify: [security-oncall]\n    direction")
    rules = policies(at / "policies", cards + NO_KEYS)
    told = {"policies": rules, "channels": channels_file(at / "channels.yaml")}
    with ringfence(at, upstreams_file(at / "upstreams.yaml", vendor, home), **told, **QUICK) as running:
        yield running


@pytest.fixture(scope="module")
def key(ruled: Ringfence) -> str:
    return ruled.key("app", "answers")


@pytest.fixture
def client(ruled: Ringfence, key: str, vendor: Model, home: Model) -> Iterator[httpx.Client]:
    for model in (vendor, home):
        model.clear()
        model.says, model.break_off, model.chunk_delay_s = None, False, 0.0
    with ruled.client(key) as made:
        yield made


@pytest.fixture
def outcome(ruled: Ringfence) -> Callable[[httpx.Response], dict[str, Any]]:
    """Find the outcome record of an answer."""

    def find(answer: httpx.Response) -> dict[str, Any]:
        decided = answer.headers["x-ringfence-audit-id"]

        def look() -> dict[str, Any] | None:
            page = Records(ruled.home / "audit.db").page(Filters(kind="route.outcome"), after=-1, limit=1000)
            return next((record.body for record in page.records if record.body["dec"] == decided), None)

        return dict(eventually(look))

    return find


def whole(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "m", "choices": [choice]}


def pieces(text: str, size: int = 3) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def chat(client: httpx.Client, model: str = "gpt-4o-mini", **fields: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json=chat_body(model=model, **fields))


def last_error(answer: httpx.Response) -> dict[str, Any]:
    line = answer.text.strip().splitlines()[-1]
    return dict(json.loads(line.removeprefix("data: ")))


@pytest.mark.parametrize("value", [CARD, KEY], ids=["card", "key"])
def test_a_whole_answer_that_a_rule_is_about_is_blocked_with_the_reason(
    client: httpx.Client, vendor: Model, outcome: Said, value: str
) -> None:
    vendor.says = whole(f"Here you are: {value}, as you asked.")
    answer = chat(client)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "answer_blocked")
    assert len(answer.json()["error"]["because"]) == 1
    assert answer.headers["x-should-retry"] == "false"
    assert value not in answer.text
    record = outcome(answer)
    assert (record["status"], record["answer"]["complete"]) == ("answer_blocked", True)
    assert record["answer"]["rules"] == answer.json()["error"]["rules"]
    assert value not in str(record)


def test_whom_a_rule_wants_to_be_told_is_told_once_the_record_is_there(
    ruled: Ringfence, client: httpx.Client, vendor: Model, outcome: Said
) -> None:
    vendor.says = whole(f"Here you are: {CARD}.")
    record = outcome(chat(client))

    def told() -> list[dict[str, Any]]:
        lines = (ruled.home / "notify.jsonl").read_text().splitlines()
        return [said for said in map(json.loads, lines) if said["data"]["record"] == record["id"]]

    (said,) = eventually(told)
    assert (said["type"], said["data"]["zone"], said["data"]["decision"]) == ("ringfence.answer", "cloud-us", "block")
    assert said["data"]["rules"] == [
        {"id": "no-cards-in-answers", "effect": "block", "because": "Cards are not shown here."}
    ]
    assert "4929" not in str(said)


@pytest.mark.parametrize("value", [CARD, KEY], ids=["card", "key"])
def test_a_stream_is_cut_before_the_value_with_an_error_that_says_why(
    client: httpx.Client, vendor: Model, outcome: Said, value: str
) -> None:
    vendor.says = [delta(piece) for piece in pieces(f"Here you are, the value is: {value}, as you asked. And more. ")]
    answer = chat(client, stream=True)
    assert answer.status_code == 200
    error = last_error(answer)["error"]
    assert (error["code"], error["type"], len(error["because"])) == ("answer_blocked", "permission_error", 1)
    said = text_of(answer.content)
    assert "Here you are, the value is: ".startswith(said)
    assert value[:4] not in answer.text
    assert "[DONE]" not in answer.text
    record = outcome(answer)
    assert (record["status"], record["http"]) == ("answer_blocked", 200)
    assert (record["answer"]["complete"], record["answer"]["fail"]) == (False, ["cut_off"])
    assert len(record["answer"]["rules"]) == 1


def test_control_the_same_answers_from_an_own_model_pass_and_what_they_hold_is_recorded(
    client: httpx.Client, home: Model, outcome: Said
) -> None:
    text = f"Here you are: {CARD} and {KEY}, as you asked."
    home.says = whole(text)
    answer = chat(client, "local-model")
    assert answer.json() == home.says
    streamed = [delta(piece) for piece in pieces(text)]
    home.says = streamed
    stream = chat(client, "local-model", stream=True)
    assert text_of(stream.content) == text
    for record in map(outcome, (answer, stream)):
        assert record["status"] == "ok"
        assert record["answer"]["complete"]
        assert {"CREDIT_CARD", "CLOUD_CREDENTIAL"} <= {item["t"] for item in record["answer"]["types"]}
        assert "rules" not in record["answer"]


def test_a_guarded_stream_in_which_nothing_is_found_is_the_upstreams_byte_for_byte(
    client: httpx.Client, vendor: Model, outcome: Said
) -> None:
    vendor.says = [delta(piece) for piece in pieces("It has 16 digits: 4929 7182 and so on. Ask somebody else.", 2)]
    answer = chat(client, stream=True)
    sent = b"".join(b"data: " + json.dumps(said).encode() + b"\n\n" for said in vendor.says) + b"data: [DONE]\n\n"
    assert answer.content == sent
    record = outcome(answer)
    assert (record["status"], record["answer"]["complete"]) == ("ok", True)


def test_arguments_of_a_tool_call_are_judged_as_well_escaped_or_not(client: httpx.Client, vendor: Model) -> None:
    for written in (CARD, CARD.replace(" ", "\\u0020")):
        arguments = f'{{"amount": "12.50", "card": "{written}"}}'
        vendor.says = [
            delta(None, tool_calls=[{"index": 0, "id": "call_1", "function": {"name": "refund", "arguments": ""}}]),
            *(delta(None, tool_calls=[{"index": 0, "function": {"arguments": piece}}]) for piece in pieces(arguments)),
        ]
        answer = chat(client, stream=True)
        assert last_error(answer)["error"]["code"] == "answer_blocked"
        assert "492" not in answer.text


def test_choices_that_take_turns_do_not_hide_a_value(client: httpx.Client, vendor: Model) -> None:
    text = f"Yes, it is {CARD}, as you asked. "
    other = "No, I will not tell you what it is at all. "
    vendor.says = [
        delta(piece, index)
        for pair in zip(pieces(text), pieces(other), strict=False)
        for index, piece in enumerate(pair)
    ]
    answer = chat(client, stream=True, n=2)
    assert last_error(answer)["error"]["code"] == "answer_blocked"
    assert "4929" not in text_of(answer.content, 0)
    assert "929" not in answer.text


def test_completions_are_guarded_too(client: httpx.Client, vendor: Model) -> None:
    body = {"model": "gpt-4o-mini", "prompt": "Say it."}
    vendor.says = [
        {"object": "text_completion", "choices": [{"index": 0, "text": p}]} for p in pieces(f"It is {CARD}.")
    ]
    answer = client.post("/v1/completions", json={**body, "stream": True})
    assert last_error(answer)["error"]["code"] == "answer_blocked"
    assert "492" not in answer.text


def test_events_of_a_response_are_guarded_and_end_in_its_own_kind_of_error(client: httpx.Client, vendor: Model) -> None:
    text = f"Here you are: {CARD}, as you asked."
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    vendor.says = [
        {"type": "response.created", "response": {"id": "resp_1", "object": "response", "output": []}},
        *({"type": "response.output_text.delta", **place, "delta": piece} for piece in pieces(text)),
        {"type": "response.output_text.done", **place, "text": text},
    ]
    answer = client.post("/v1/responses", json={"model": "gpt-4o-mini", "input": "Hello", "stream": True})
    assert answer.text.strip().splitlines()[-2] == "event: error"
    assert last_error(answer)["code"] == "answer_blocked"
    assert "492" not in answer.text


def test_events_of_messages_are_guarded_and_end_in_their_own_kind_of_error(client: httpx.Client, vendor: Model) -> None:
    begin = {"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "content": []}}
    vendor.says = [
        begin,
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in pieces(f"Here you are: {CARD}, as you asked.")
        ),
    ]
    body = {"model": "gpt-4o-mini", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}], "stream": True}
    answer = client.post("/v1/messages", json=body)
    assert answer.text.strip().splitlines()[-2] == "event: error"
    assert last_error(answer)["error"]["code"] == "answer_blocked"
    assert "492" not in answer.text


def test_embeddings_are_numbers_and_pass(client: httpx.Client, vendor: Model, outcome: Said) -> None:
    rows = [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5] * 200}]
    vendor.says = {"object": "list", "data": rows, "model": "m"}
    answer = client.post("/v1/embeddings", json={"model": "gpt-4o-mini", "input": "Hello"})
    assert answer.json() == vendor.says
    assert outcome(answer)["answer"]["complete"]


def test_the_vendors_own_library_raises_its_errors(
    ruled: Ringfence, key: str, client: httpx.Client, vendor: Model
) -> None:
    assert client
    with openai.OpenAI(base_url=f"{ruled.url}/v1", api_key=key, max_retries=0) as library:
        asked: Any = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}
        vendor.says = whole(f"It is {CARD}.")
        with pytest.raises(openai.PermissionDeniedError) as refused:
            library.chat.completions.create(**asked)
        assert refused.value.code == "answer_blocked"
        vendor.says = [delta(piece) for piece in pieces(f"It is {CARD}.")]
        with pytest.raises(openai.APIError) as cut:
            list(library.chat.completions.create(**asked, stream=True))
        assert "Cards are not shown here." in str(cut.value.body)


def test_the_upstream_of_a_blocked_stream_is_hung_up_on(client: httpx.Client, vendor: Model) -> None:
    vendor.says = [delta(piece) for piece in pieces(f"It is {CARD}, and so on. ")] + [delta("more ")] * 10_000
    vendor.chunk_delay_s = 0.002
    before = time.monotonic()
    assert last_error(chat(client, stream=True))["error"]["code"] == "answer_blocked"
    assert time.monotonic() - before < 15  # twenty seconds, if the vendor were heard out


def test_a_stream_that_breaks_off_is_recorded_as_far_as_it_came(
    client: httpx.Client, home: Model, outcome: Said
) -> None:
    home.says, home.break_off = [delta(f"It is {CARD}, and")], True
    answer = chat(client, "local-model", stream=True)
    assert last_error(answer)["error"]["code"] == "upstream_lost"
    record = outcome(answer)
    assert (record["answer"]["complete"], record["answer"]["fail"]) == (False, ["broken_off"])
    assert "CREDIT_CARD" in {item["t"] for item in record["answer"]["types"]}


def test_a_caller_that_leaves_leaves_a_record_of_what_it_got(client: httpx.Client, home: Model, outcome: Said) -> None:
    home.says = [delta(f"It is {CARD}, and so on. ")] + [delta("more ")] * 10_000
    home.chunk_delay_s = 0.01
    body = chat_body(model="local-model", stream=True)
    with client.stream("POST", "/v1/chat/completions", json=body) as answer:
        next(answer.iter_raw())
    record = outcome(answer)
    assert record["status"] == "client_abort"
    assert (record["answer"]["complete"], record["answer"]["fail"]) == (False, ["broken_off"])
    assert "CREDIT_CARD" in {item["t"] for item in record["answer"]["types"]}
