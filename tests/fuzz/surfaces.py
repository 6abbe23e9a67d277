"""What each route of a server is asked in earnest: the seeds of all that is not. A route that is missing fails."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import chat_body
from properties.translating import SAID_AT

from audit.api.roles import PREFIX

MAIL = "jane.doe@" + "nordwind-klinik.de"
"""Whatever asks about it stays at home."""
ID = "01a200d4-d7c6-73bc-8fa8-b6295d4b7eed"
APP, STAFF = ("app",), ("admin", "security", "auditor")
_CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"city": "Turin"}'}}
_SHAPE = {"name": "answer", "strict": True, "schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
RICH: dict[str, Any] = chat_body(
    "What is a monad?",
    temperature=0.5,
    max_tokens=64,
    stop=["END"],
    metadata={"ticket": "7"},
    tools=[{"type": "function", "function": {"name": "look_up", "description": "Looks up.", "parameters": {}}}],
    tool_choice="auto",
    response_format={"type": "json_schema", "json_schema": _SHAPE},
)
RICH["messages"] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "How warm is it?"}]},
    {"role": "assistant", "content": None, "tool_calls": [_CALL]},
    {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"},
    *RICH["messages"],
]
PLAIN = chat_body("Why is the sky blue?", stream=True, stream_options={"include_usage": True})
PINNED = chat_body(f"Write to {MAIL} about the lanterns.", stream=False)
IMAGE = chat_body("", messages=[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}])
CHATS = (RICH, PLAIN, PINNED, IMAGE)


@dataclass(frozen=True)
class Surface:
    """One route and method: what it is asked, with which bodies and queries, and by whom."""

    method: str
    target: str
    bodies: tuple[Any, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    roles: tuple[str, ...] = APP
    status: int = 200
    """What it is answered with by a server that was just begun; 404 says only that there is nothing of this name."""


def _serving() -> Iterator[tuple[str, Surface]]:
    said = {"chat/completions": lambda body: body, **SAID_AT}
    for at, translate in said.items():
        bodies = [translate(body) for body in CHATS]
        if at in {"embeddings", "messages/count_tokens"}:  # have no streams
            bodies = [{name: value for name, value in body.items() if "stream" not in name} for body in bodies]
        yield f"POST /v1/{at}", Surface("POST", f"/v1/{at}", tuple(bodies))
    kept = {"include": "reasoning.encrypted_content", "limit": "3", "order": "asc", "after": "item_1"}
    yield "GET /v1/responses/{id}", Surface("GET", "/v1/responses/resp_0", query={"stream": "true"}, status=404)
    yield (
        "GET /v1/responses/{id}/input_items",
        Surface("GET", "/v1/responses/resp_0/input_items", query=kept, status=404),
    )
    yield "POST /v1/responses/{id}/cancel", Surface("POST", "/v1/responses/resp_0/cancel", ({},), status=404)
    yield "DELETE /v1/responses/{id}", Surface("DELETE", "/v1/responses/resp_0", status=404)
    yield "GET /v1/models", Surface("GET", "/v1/models")
    yield "GET /v1/models/{name:path}", Surface("GET", "/v1/models/gpt-4o-mini")


def _governing() -> Iterator[tuple[str, Surface]]:
    at = "/ringfence/v1"
    yield f"POST {at}/inspect", Surface("POST", f"{at}/inspect", CHATS, {"endpoint": "chat"})
    yield f"GET {at}/policy", Surface("GET", f"{at}/policy", roles=STAFF)
    yield f"POST {at}/policy/reload", Surface("POST", f"{at}/policy/reload", ({},), roles=STAFF)
    glass = f"{at}/break-glass"
    yield f"GET {glass}", Surface("GET", glass, roles=STAFF)
    yield f"POST {glass}", Surface("POST", glass, ({"minutes": 5, "reason": "exercise"},), roles=STAFF, status=409)
    yield f"POST {glass}/confirm", Surface("POST", f"{glass}/confirm", ({"proposal": ID},), roles=STAFF, status=409)
    yield f"POST {glass}/end", Surface("POST", f"{glass}/end", ({},), roles=STAFF, status=409)
    yield "GET /livez", Surface("GET", "/livez")
    yield "GET /readyz", Surface("GET", "/readyz")


PAGED = {"limit": "3", "after": "2", "kind": "route.decision", "from": "2026-01-01T00:00:00Z", "team": "team"}
FIGURES = {"by": "class,day", "from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}
PERIOD = {"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
LOOKED_UP = {"team": "team", "purpose": "idem", "value": MAIL}


def _auditing() -> Iterator[tuple[str, Surface]]:
    for at, target, query, status in (
        ("/records", "/records", PAGED, 200),
        ("/records/{record_id}", f"/records/{ID}", {}, 404),
        ("/texts/{sha256}", f"/texts/{64 * '0'}", {}, 404),
        ("/checkpoints", "/checkpoints", {"limit": "2", "after": "1"}, 200),
        ("/checkpoints/latest", "/checkpoints/latest", {}, 200),
        ("/checkpoints/{size}", "/checkpoints/3", {}, 404),
        ("/proofs/inclusion", "/proofs/inclusion", {"seq": "1", "size": "2"}, 200),
        ("/proofs/consistency", "/proofs/consistency", {"old_size": "1", "size": "2"}, 200),
        ("/statistics", "/statistics", FIGURES, 200),
        ("/exports", "/exports", {}, 200),
        ("/exports/{job}", f"/exports/{ID}", {}, 404),
        ("/exports/{job}/pack", f"/exports/{ID}/pack", {}, 404),
        ("/openapi.json", "/openapi.json", {}, 200),
    ):
        yield f"GET {PREFIX}{at}", Surface("GET", f"{PREFIX}{target}", query=query, roles=STAFF, status=status)
    yield f"POST {PREFIX}/exports", Surface("POST", f"{PREFIX}/exports", (PERIOD,), roles=STAFF, status=202)
    yield f"POST {PREFIX}/fingerprints", Surface("POST", f"{PREFIX}/fingerprints", (LOOKED_UP,), roles=STAFF)


SURFACES: Mapping[str, Surface] = dict((*_serving(), *_governing(), *_auditing()))
