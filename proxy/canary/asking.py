"""The canary's own client: asks the server that it lives in, by the socket that everybody uses."""

import http.client
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WITHIN_S = 120.0
"""A busy server is waited for: what is not judged is not tested."""
MAX_ANSWER = 1024 * 1024
FAILURES = (OSError, http.client.HTTPException, ValueError)
PATHS: Mapping[str, str] = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "embeddings": "/v1/embeddings",
    "messages": "/v1/messages",
    "completions": "/v1/completions",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back: the status, and the id of the decision's record; 0 and none where nothing did."""

    status: int = 0
    record: str = ""


@dataclass(frozen=True, slots=True)
class At:
    """Where the server listens."""

    host: str
    port: int

    @property
    def reached(self) -> str:
        """The address at which this machine reaches it."""
        if not ipaddress.ip_address(self.host).is_unspecified:
            return self.host
        return "::1" if ":" in self.host else "127.0.0.1"


def ask(at: At, secret: str, endpoint: str, model: str, text: str) -> Heard:
    """Send one request and read its answer. Blocks; raises nothing: what fails brought nothing."""
    connection = http.client.HTTPConnection(at.reached, at.port, timeout=WITHIN_S)
    try:
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        connection.request("POST", PATHS[endpoint], json.dumps(body(endpoint, model, text)), headers)
        answer = connection.getresponse()
        answer.read(MAX_ANSWER)
        return Heard(answer.status, answer.headers.get("x-ringfence-audit-id") or "")
    except FAILURES:
        return Heard()
    finally:
        connection.close()


def body(endpoint: str, model: str, text: str) -> dict[str, Any]:
    """Return the body of a request that says this text."""
    message = [{"role": "user", "content": text}]
    bodies: dict[str, dict[str, Any]] = {
        "chat": {"messages": message, "store": False},
        "responses": {"input": text, "store": False},
        "embeddings": {"input": text},
        "messages": {"messages": message, "max_tokens": 16},
        "completions": {"prompt": text},
    }
    return {"model": model, **bodies[endpoint]}
