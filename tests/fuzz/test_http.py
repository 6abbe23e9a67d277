"""All that a server can be asked over HTTP, asked wrongly: no 500, no caller's words, nothing that was not permitted.

Asked are the routes of the real application, each with requests in earnest in `surfaces`, the listener of figures, and
a witness.
"""

import asyncio
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from fuzz.bodies import OF_EACH_TYPE, bodies, places, replaced
from fuzz.fenced import Broken, Fenced, fenced
from fuzz.rounds import SECONDS, profile, turn
from fuzz.surfaces import MAIL, SURFACES, Surface
from fuzz.wire import MARK, Answer, Message, Sent, sendings
from harness import StandIn
from hypothesis import settings
from hypothesis import strategies as st
from inside import inside

from proxy.identity import Role

PLANTED = (
    "x",
    MARK,
    MAIL,
    "\0",
    "..",
    "/",
    "%2f",
    "\u202e",
    "9" * 40,
    "-1",
    "a" * 3000,
    "true",
    "2026-99-99",
    "💥",
    "",
)
BEHAVIOURS = ("answer",) * 8 + ("garbage", "hang_up", "half_stream", "error_in_stream", "echo_error", "redirect")
BEHAVIOURS += ("status:400", "status:404", "status:429", "status:500", "status:503", "status:418")
OF_WITNESS = {200, 400, 403, 404, 405, 409, 411, 413, 414, 422, 431, 501, 505}
"""501 is for a method that it does not have."""


@pytest.fixture(scope="module")
def fence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fenced]:
    with fenced(tmp_path_factory.mktemp("fuzzed"), detect_workers=1) as made:
        yield made


def headers(fence: Fenced, who: str) -> dict[str, str]:
    """Return what a request says of its caller: one of the roles, nobody, or somebody unknown."""
    known = {"nobody": {}, "unknown": {"authorization": f"Bearer rf-{MARK}"}, "basic": {"authorization": "Basic eDp5"}}
    if who in known:
        return known[who]
    return {
        "x-api-key" if who.startswith("x-") else "authorization": ("" if who.startswith("x-") else "Bearer ")
        + fence.keys[who.removeprefix("x-")]
    }


WHO = st.sampled_from(["right"] * 12 + [role.value for role in Role] + ["nobody", "unknown", "basic"])
LABELS = st.sampled_from(
    [{}] * 6 + [{"idempotency-key": "k"}, {"accept": "text/event-stream"}, {"content-type": "x/y"}]
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Return a request to one of the surfaces: a body, a query and a path that may be almost right."""
    name = draw(st.sampled_from(sorted(SURFACES)))
    surface = SURFACES[name]
    query = [pair for pair in surface.query.items() if draw(st.booleans())]
    if draw(st.integers(0, 3)) == 0:
        key = draw(st.sampled_from([*surface.query, *PLANTED]))
        query.append((key, draw(st.sampled_from(PLANTED))))
    target = surface.target
    if draw(st.integers(0, 9)) == 0:
        target = f"{target.rpartition('/')[0]}/{urlencode({'': draw(st.sampled_from(PLANTED))})[1:]}"
    body = (
        draw(bodies(draw(st.sampled_from(surface.bodies))))
        if surface.bodies
        else draw(st.sampled_from([None, b"", b"{}"]))
    )
    who = draw(WHO)
    return {
        "method": surface.method,
        "target": target + (f"?{urlencode(query)}" if query else ""),
        "who": draw(st.sampled_from(surface.roles)) if who == "right" else who,
        "labels": draw(LABELS),
        "body": body,
        "behaviour": draw(st.sampled_from(BEHAVIOURS)),
    }


def ask(fence: Fenced, asked: dict[str, Any]) -> Answer:
    """Ask, and check the answer and what is left behind."""
    fence.vendor.behaviour = fence.own.behaviour = asked["behaviour"]
    said = {"content-type": "application/json", **asked["labels"], **headers(fence, asked["who"])}
    known = asked["who"] in fence.keys
    answer = fence.ask(asked["method"], asked["target"], said, asked["body"], known=known)
    fence.judge(answer, asked["target"].partition("?")[0])
    fence.well()
    return answer


def earnest(surface: Surface, body: Any) -> dict[str, Any]:
    """Return a request to a surface as it is meant to be."""
    query = f"?{urlencode(surface.query)}" if surface.query and surface.method == "GET" else ""
    return {
        "method": surface.method,
        "target": surface.target + query,
        "who": surface.roles[0],
        "labels": {},
        "body": None if body is None else json.dumps(body).encode(),
        "behaviour": "answer",
    }


def messages(fence: Fenced) -> st.SearchStrategy[tuple[Message, int]]:
    """Return requests in earnest as they stand on the wire, each with the port that it is for."""
    host = b"Host: 127.0.0.1"
    made = []
    for surface in SURFACES.values():
        body = json.dumps({**surface.bodies[0], "x": MARK}).encode() if surface.bodies else b""
        key = fence.keys[surface.roles[0]].encode()
        lines = (
            host,
            b"Authorization: Bearer " + key,
            b"Content-Type: application/json",
            b"Content-Length: %d" % len(body),
        )
        made.append((Message(surface.method.encode(), surface.target.encode(), lines, body), fence.address[1]))
    note = b"old 0\n\nlog.example/audit\n1\n" + b"A" * 43 + b"=\n"
    witness = [
        Message(b"POST", b"/add-checkpoint", (host, b"Content-Length: %d" % len(note)), note),
        Message(b"GET", b"/" + b"0" * 64 + b"/checkpoint", (host,)),
    ]
    made += [(message, fence.witness.port) for message in witness * 3]
    made += [(Message(b"GET", b"/metrics", (host,)), fence.metrics_port)] * 4
    return st.sampled_from(made)


def send(fence: Fenced, sent: Sent, port: int) -> None:
    """Send bytes, and check the answers and what is left behind."""
    fence.vendor.behaviour = fence.own.behaviour = "answer"
    said = b"".join(sent.pieces)
    if port == fence.witness.port:
        for answer in fence.send(sent, port, heads=b"HEAD" in said):
            assert answer.status in OF_WITNESS, answer
        assert fence.witness.process.poll() is None
        return
    for answer in fence.send(sent, port, heads=b"HEAD" in said):
        fence.judge(answer, None, empty=port == fence.metrics_port)
    fence.well()


def test_every_route_of_the_application_is_fuzzed(tmp_path: Path, vendor: StandIn) -> None:
    async def routes() -> set[str]:
        async with inside(tmp_path, vendor) as ring:
            served: Any = ring.app
            while not hasattr(served, "routes"):
                served = served._app
            return {f"{method} {route.path}" for route in served.routes for method in route.methods - {"HEAD"}}

    assert asyncio.run(routes()) == set(SURFACES)


@pytest.mark.parametrize("name", sorted(SURFACES))
def test_each_is_asked_in_earnest_and_answers(fence: Fenced, name: str) -> None:
    """What is spoilt below would otherwise be refused for another reason than its own."""
    surface = SURFACES[name]
    for body in surface.bodies or (None,):
        answer = ask(fence, earnest(surface, body))
        assert answer.status == surface.status, answer.body


def test_whatever_a_body_says_is_answered_or_refused(fence: Fenced) -> None:
    def asked(request: dict[str, Any]) -> None:
        ask(fence, request)

    assert turn(asked, requests(), settings=settings(profile, max_examples=15)) > 0


def test_every_place_may_hold_every_type(fence: Fenced) -> None:
    """All of them in the long form, in an order of chance."""
    made = [
        (surface, replaced(body, path, value))
        for surface in SURFACES.values()
        for body in surface.bodies
        for path in places(body)
        for value in OF_EACH_TYPE
    ]
    random.Random(len(made)).shuffle(made)
    until, tried = time.monotonic() + SECONDS, 0
    while tried < len(made) and time.monotonic() < until:
        ask(fence, earnest(*made[tried]))
        tried += 1
    print(f"{tried} of {len(made)} bodies")
    assert tried


def test_whatever_comes_on_a_connection_is_answered_or_ended(fence: Fenced) -> None:
    drawn = messages(fence).flatmap(lambda its: st.tuples(sendings(its[0]), st.just(its[1])))
    assert turn(lambda its: send(fence, *its), drawn, settings=settings(profile, max_examples=10)) > 0


LENGTHS = ("Content-Length: 4", "Content-Length: 50")
AMBIGUOUS = {
    "a length and chunks": (LENGTHS[0], "Transfer-Encoding: chunked"),
    "chunks and a length": ("Transfer-Encoding: chunked", LENGTHS[0]),
    "two lengths": LENGTHS,
    "two lengths in one": ("Content-Length: 4, 50",),
    "chunks that are not last": ("Transfer-Encoding: chunked, identity",),
    "chunks by another name": ("Transfer-Encoding: xchunked", LENGTHS[0]),
    "a name with a space": ("Transfer-Encoding : chunked", LENGTHS[0]),
    "a tab before chunks": ("Transfer-Encoding:\x0bchunked", LENGTHS[0]),
    "a length with a sign": ("Content-Length: +4",),
    "a folded length": ("Content-Length:\r\n 4",),
}


@pytest.mark.parametrize("framing", AMBIGUOUS.values(), ids=list(AMBIGUOUS))
def test_a_message_that_two_readers_could_end_at_two_places_is_refused_and_nothing_behind_it_is_read(
    fence: Fenced, framing: tuple[str, ...]
) -> None:
    """The request that is hidden in its body is in earnest, so that it would be answered."""
    fence.permitted()
    key = fence.keys["app"]
    body = json.dumps(SURFACES["POST /v1/chat/completions"].bodies[1])
    hidden = f"POST /v1/chat/completions HTTP/1.1\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    hidden += f"Host: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    head = ["POST /v1/chat/completions HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", *framing]
    data = "\r\n".join([*head, "Content-Type: application/json", "", ""]) + "0\r\n\r\n" + hidden
    (answer,) = fence.send(Sent((data.encode(),)))
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "malformed_request")
    assert not fence.vendor.posts + fence.own.posts
    (answered,) = fence.send(Sent((hidden.encode(),)))
    assert answered.status == 200, "control: what was hidden is in earnest"
    assert fence.vendor.posts


def test_many_values_in_turn_reach_the_vendor_or_stay_as_they_should(fence: Fenced) -> None:
    """Control of what is checked at the wire: some requests do go out, and an own server gets the address."""
    fence.permitted()
    for body, goes in zip(SURFACES["POST /v1/chat/completions"].bodies[1:3], (fence.vendor, fence.own), strict=True):
        assert ask(fence, earnest(SURFACES["POST /v1/chat/completions"], body)).status == 200
        assert [seen.path for seen in goes.posts] == ["/v1/chat/completions"]
    assert MAIL.encode() in fence.own.received
    fence.permitted()


ERROR = {"message": "no", "type": "x", "param": None, "code": "invalid_json"}
BAD = {
    "500": (500, {"error": {**ERROR, "code": "internal_error"}}),
    "is in no table": (400, {"error": {**ERROR, "code": "new"}}),
    "has no shape": (400, {"detail": "no"}),
    "has another API's shape": (400, {"type": "error", "error": ERROR}),
    "lacks a field": (400, {"error": {"message": "no", "type": "x", "code": "invalid_json"}}),
    "repeats what was sent": (400, {"error": {**ERROR, "message": f"no {MARK}"}}),
}


@pytest.mark.parametrize(("said", "bad"), BAD.items(), ids=list(BAD))
def test_an_answer_that_is_wrong_is_noticed(fence: Fenced, said: str, bad: tuple[int, Any]) -> None:
    with pytest.raises(Broken, match=said):
        fence.judge(Answer(bad[0], {}, json.dumps(bad[1]).encode(), whole=True), "/v1/chat/completions")


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", f"refused {MARK}", f"mail to {MAIL}"])
def test_a_line_of_the_log_that_says_too_much_is_noticed(fence: Fenced, line: str) -> None:
    with fence.server.log_path.open("a") as log:
        log.write(f"{line}\n")
    with pytest.raises(Broken, match="log says"):
        fence.well()
    with fence.server.log_path.open("r+b") as log:
        log.truncate(fence.read - len(line) - 1)
    fence.read = fence.server.log_path.stat().st_size


def test_bytes_that_no_decision_is_for_are_noticed(fence: Fenced) -> None:
    fence.permitted()
    httpx.post(f"{fence.vendor.url}/chat/completions", json={"model": "gpt-4o", "messages": []}, trust_env=False)
    with pytest.raises(Broken, match="no decision is for"):
        fence.permitted()
    fence.vendor.clear()
