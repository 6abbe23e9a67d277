"""Whatever file or token ids a value is put into: it never reaches a vendor, and harmless ones do, as their text."""

import base64
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from harness import NO_TLS, Ringfence, StandIn, channels_file, ringfence, upstreams_file
from hypothesis import given
from hypothesis import strategies as st
from properties.effort import ASKED, effort
from properties.planting import CARRIERS, SENTENCES, Hidden, hidden
from properties.vocabulary import BACKWARDS, WORDS, encode, rank_file

EXAMPLES = ASKED or 60
pytestmark = pytest.mark.usefixtures("quiet")
CARD = "4539 3195 0343 6467"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, cloud: StandIn, onprem: StandIn) -> Iterator[Ringfence]:
    """A server that knows tokenizers: `gpt-4-twin` and the own model share one, other models have another."""
    home = tmp_path_factory.mktemp("tokenizers")
    words, backwards = rank_file(home / "a.tiktoken", WORDS), rank_file(home / "b.tiktoken", BACKWARDS)
    known = {"gpt-4*": words, "gpt-4-twin": backwards, "local-model": backwards}
    upstreams = upstreams_file(home / "upstreams.yaml", cloud, onprem, tokenizers=known)
    with ringfence(home, upstreams, channels=channels_file(home / "channels.yaml")) as running:
        yield running


@dataclass(frozen=True)
class Sent:
    """A request, the value that is hidden in it, if any, and all that says that value."""

    path: str
    body: dict[str, Any]
    hidden: Hidden | None
    pieces: tuple[str, ...]

    def leaked(self, received: bytes) -> bool:
        """Whether the value stands in what somebody received, as it was sent."""
        return self.hidden is not None and any(piece.encode() in received for piece in self.pieces)


@st.composite
def said(draw: st.DrawFn) -> tuple[str, Hidden | None]:
    """Return a text; in three of four a value is hidden."""
    what = draw(hidden()) if draw(st.integers(0, 3)) else None
    text = what.text if what else draw(st.sampled_from(SENTENCES))
    return draw(st.sampled_from(["", "", "Notes:\n"])) + draw(st.sampled_from(CARRIERS)).format(text), what


@st.composite
def files(draw: st.DrawFn) -> Sent:
    text, what = draw(said())
    media = draw(st.sampled_from(["text/plain", "text/markdown;charset=utf-8", "text/csv", "application/json"]))
    name = draw(st.sampled_from(["notes.txt", "rows.csv", "README", "a.JSON"]))
    coded = f";base64,{base64.b64encode(text.encode()).decode()}" if draw(st.booleans()) else f",{quote(text, safe='')}"
    data = f"data:{media}{coded}"
    if draw(st.booleans()):
        part: dict[str, Any] = {"type": "file", "file": {"filename": name, "file_data": data}}
        body: dict[str, Any] = {"messages": [{"role": "user", "content": [{"type": "text", "text": "Read."}, part]}]}
        return Sent("chat/completions", {"model": "gpt-4o", **body}, what, (data,))
    part = {"type": "input_file", "filename": name, "file_data": data}
    item: dict[str, Any] = {"role": "user", "content": [part]}
    if draw(st.booleans()):
        item = {"type": "function_call_output", "call_id": "c", "output": [part]}
    return Sent("responses", {"model": "gpt-4o", "input": [item]}, what, (data,))


@st.composite
def ids(draw: st.DrawFn) -> Sent:
    text, what = draw(said())
    chance = random.Random(draw(st.integers(0, 2**32)))
    given = encode(text, chance if draw(st.booleans()) else None)
    several = draw(st.booleans())
    value: Any = [encode(SENTENCES[0]), given] if several else given
    path, name = draw(st.sampled_from([("completions", "prompt"), ("embeddings", "input")]))
    pieces = (",".join(map(str, given)), *((what.text, what.value.bare) if what else ()))
    return Sent(path, {"model": "gpt-4o", name: value}, what, pieces)


@pytest.mark.parametrize("sort", [files, ids], ids=["files", "token ids"])
def test_a_value_stays_at_home_and_harmless_text_does_not_have_to(sort: Any, server: Ringfence, cloud: StandIn) -> None:
    went: Counter[str] = Counter()

    @effort(EXAMPLES)
    @given(sent=sort())
    def check(sent: Sent) -> None:
        cloud.clear()
        answer = client.post(f"/v1/{sent.path}", json=sent.body)
        assert answer.status_code in {200, 403}, answer.text
        went["planted" if sent.hidden else "harmless"] += 1
        went["harmless at the cloud"] += len(cloud.posts)
        assert not (sent.hidden and cloud.received)

    with server.client() as client:
        check()
    assert went["planted"] > EXAMPLES // 2
    assert went["harmless"] > EXAMPLES // 20
    assert went["harmless at the cloud"] > 0.7 * went["harmless"], "or nothing would have been shown"


@pytest.mark.parametrize("sort", [files, ids], ids=["files", "token ids"])
def test_without_the_proxy_each_is_seen_to_leak(sort: Any, cloud: StandIn) -> None:
    """Control: the same requests, sent straight to the vendor."""
    with httpx.Client(base_url=cloud.url, trust_env=False, verify=NO_TLS) as client:

        @effort(EXAMPLES)
        @given(sent=sort())
        def check(sent: Sent) -> None:
            cloud.clear()
            client.post(f"/{sent.path}", json=sent.body)
            assert sent.leaked(bytes(cloud.received)) == (sent.hidden is not None)

        check()


def test_a_text_file_is_sent_as_it_came(server: Ringfence, cloud: StandIn) -> None:
    part = {"type": "input_file", "filename": "a.csv", "file_data": "data:text/csv;base64,QSBsaWdodGhvdXNlLg=="}
    asked = {"model": "gpt-4o", "input": [{"role": "user", "content": [part]}], "store": False}
    with server.client() as client:
        client.post("/v1/responses", json=asked)
    assert cloud.posts[0].json == asked


def test_what_langchain_sends_for_embeddings_reaches_a_vendor_as_its_text(
    server: Ringfence, cloud: StandIn, onprem: StandIn
) -> None:
    """`OpenAIEmbeddings` sends token ids, and asks for base64, unless it is told not to."""
    asked = {"input": [encode("A lighthouse."), encode("It is raïny.")], "model": "gpt-4o", "encoding_format": "base64"}
    with server.client() as client:
        answer = client.post("/v1/embeddings", json=asked)
    assert answer.headers["x-ringfence-decision"] == "allow"
    assert cloud.posts[0].json == {**asked, "input": ["A lighthouse.", "It is raïny."]}
    assert onprem.received == b""


@pytest.mark.parametrize(("model", "same"), [("gpt-4-twin", True), ("gpt-4o", False)], ids=["the same", "another"])
def test_an_own_server_gets_ids_if_they_say_the_same_to_its_model(
    model: str, same: bool, server: Ringfence, cloud: StandIn, onprem: StandIn
) -> None:
    words = BACKWARDS if same else WORDS
    given = [words.index(bytes([byte])) for byte in f"Card {CARD}".encode()]
    with server.client() as client:
        answer = client.post("/v1/completions", json={"model": model, "prompt": given})
    assert answer.headers["x-ringfence-decision"] == "pin"
    assert onprem.posts[0].json == {"model": "local-model", "prompt": given if same else f"Card {CARD}"}
    assert cloud.received == b""


@pytest.mark.parametrize(
    "given", [[72, len(WORDS)], [0xC3], [72, True], [72, 105.0], [[72], ["i"]], ["Hi", [72]], [-1, 72]], ids=str
)
def test_ids_that_say_no_text_stay_at_home_as_they_came(
    given: Any, server: Ringfence, cloud: StandIn, onprem: StandIn
) -> None:
    with server.client() as client:
        answer = client.post("/v1/embeddings", json={"model": "gpt-4o", "input": given})
    assert answer.headers["x-ringfence-decision"] == "pin"
    assert onprem.posts[0].json["input"] == given
    assert cloud.received == b""
