"""Asks models through a running Ringfence, as an application with a key: its promises hold here as everywhere.

There is no way past it: what answers has to list models as Ringfence does before any prompt is sent there.
"""

import contextlib
import http.client
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from proxy.addresses import is_plain
from proxy.errors import RingfenceError

READ_S = 120.0
"""An answer that brings nothing for longer has failed."""
MAX_BYTES = 16 * 1024 * 1024
CODE = re.compile(r"[a-z][a-z0-9_]{2,40}")
OURS = re.compile(r"(?:detect|audit);dur=([0-9.]+)")
"""What of an answer's time was Ringfence's own, in milliseconds (`Server-Timing`)."""
BROKEN = (ValueError, TypeError, AttributeError)
"""What reading an answer of another form than expected raises."""
FAILURES = (OSError, http.client.HTTPException, *BROKEN)


class NotAnswered(RingfenceError):
    """Ringfence is not there, or does not take the key."""

    code = "unavailable"


@dataclass(frozen=True, slots=True)
class Timing:
    """One answer. Times are seconds since the request began."""

    error: str = ""
    """Why there was none, in a word of ours."""
    first_s: float = 0.0
    """Until the first text."""
    whole_s: float = 0.0
    tokens: int = 0
    counted: bool = False
    """Whether the server counted them; else each piece of the stream is one."""
    ours_ms: float = 0.0
    zone: str = ""
    upstream: str = ""


class Asker:
    """One Ringfence and one key. Safe to use from many threads."""

    def __init__(self, url: str, key: str) -> None:
        if not is_plain(url):
            raise NotAnswered("This is no http(s) URL of a Ringfence.")
        self._url = urlsplit(url)
        self._headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}

    def models(self) -> list[dict[str, str]]:
        """Return what this key may ask for: `id`, `zone` and, in `owned_by`, the upstream; raises NotAnswered."""
        try:
            with self._asked("GET", "/v1/models") as answer:
                said = json.loads(answer.read(MAX_BYTES))
        except FAILURES as error:
            raise NotAnswered(
                f"No Ringfence answers at {self._url.geturl()} ({_why(error)}): ringfence serve"
            ) from None
        if answer.status in {401, 403}:
            text = "Ringfence does not take the key in RINGFENCE_API_KEY: ringfence key create --app bench --team ..."
            raise NotAnswered(text)
        rows = said.get("data") if isinstance(said, dict) else None
        if not isinstance(rows, list) or not all(
            isinstance(row, dict) and {"id", "zone"} <= row.keys() for row in rows
        ):
            raise NotAnswered(f"What answers at {self._url.geturl()} is no Ringfence; nothing is sent past one.")
        return [{name: str(row.get(name, "")) for name in ("id", "zone", "owned_by")} for row in rows]

    def ask(self, model: str, prompt: str, max_tokens: int) -> Timing:
        """Ask for one streamed answer; raises nothing."""
        body = {
            "model": model,
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        begun = time.monotonic()
        try:
            with self._asked("POST", "/v1/chat/completions", json.dumps(body).encode()) as answer:
                if answer.status != http.client.OK:
                    return Timing(_refusal(answer))
                return _read(answer, begun)
        except FAILURES as error:
            return Timing(_why(error))

    @contextlib.contextmanager
    def _asked(self, method: str, path: str, body: bytes | None = None) -> Iterator[http.client.HTTPResponse]:
        secure = self._url.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=READ_S)
        try:
            connection.request(method, self._url.path.rstrip("/") + path, body, self._headers)
            yield connection.getresponse()
        finally:
            connection.close()


def _read(answer: http.client.HTTPResponse, begun: float) -> Timing:
    first, pieces, counted, error = 0.0, 0, 0, ""
    for line in answer:
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        said = json.loads(line[6:])
        if "error" in said:
            error = _code(said)
        usage = said.get("usage")
        if isinstance(usage, Mapping):
            counted = int(usage.get("completion_tokens") or 0)
        if any((choice.get("delta") or {}).get("content") for choice in said.get("choices") or ()):
            pieces += 1
            first = first or time.monotonic() - begun
    whole = time.monotonic() - begun
    if not error and not first:
        error = "empty_answer"
    ours = sum(float(found) for found in OURS.findall(answer.headers.get("server-timing", "")))
    at = {name: answer.headers.get(f"x-ringfence-{name}", "") for name in ("zone", "upstream")}
    return Timing(error, first, whole, counted or pieces, bool(counted), ours, **at)


def _refusal(answer: http.client.HTTPResponse) -> str:
    try:
        return _code(json.loads(answer.read(MAX_BYTES)))
    except ValueError:
        return f"http_{answer.status}"


def _code(said: Any) -> str:
    error = said.get("error") if isinstance(said, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and CODE.fullmatch(code) else "error"


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "broken_answer" if isinstance(error, BROKEN) else "connection_lost"
