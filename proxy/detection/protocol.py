"""Frames between the server and its workers: four bytes of length, big endian, then one JSON object in ASCII.

JSON and never pickle: a worker that a hostile text took over can send nonsense, but no code. Every object is checked
for exactly the keys, types and ranges below; anything else is a ProtocolError, and the server kills the worker.

    server to worker   {"v": 1, "key": HEX}                                         once, first
                       {"v": 1, "id": N, "tasks": [[kind, [[shape, key, text], ...]], ...]}
    worker to server   {"v": 1, "id": N, "last": BOOL, "results": [[hits, failures, views], ...]}
                       where a hit is [entity type, score, detector, index, value id in hex]
"""

import json
import math
import re
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any

from proxy.detection.tasks import FAILURES, Hit, Result, Task, Text

VERSION = 1
MAX_FRAME = 128 * 1024 * 1024
MAX_ANSWER = 16 * 1024 * 1024
HEADER = struct.Struct("!I")
VALUE_ID_BYTES = 16
TEXT_BYTES = len('["","",""]')
TASK_BYTES = 64
"""More than the rest of a task takes, or of the request around one."""
_DETECTOR = re.compile(r"[a-z][a-z0-9_]{0,31}")


class ProtocolError(Exception):
    """The other end sent something that is not of this protocol. The message never holds what it sent."""


def frame(message: dict[str, Any], *, limit: int = MAX_FRAME) -> bytes:
    """Encode one object; raises ProtocolError when it is longer than a frame may be."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode("ascii")
    if len(body) > limit:
        raise ProtocolError("frame too long")
    return HEADER.pack(len(body)) + body


def parse(body: bytes) -> dict[str, Any]:
    """Decode the body of one frame."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise ProtocolError("not JSON") from None
    if not isinstance(message, dict) or message.get("v") != VERSION:
        raise ProtocolError("not an object of this version")
    return message


def length(header: bytes, *, limit: int) -> int:
    """Return the length that a header announces; raises ProtocolError beyond the limit."""
    (size,) = HEADER.unpack(header)
    if not 0 < size <= limit:
        raise ProtocolError("bad length")
    return int(size)


def receive(sock: socket.socket, *, limit: int = MAX_FRAME) -> dict[str, Any] | None:
    """Read one frame from a blocking socket; None when the other end closed it between frames."""
    header = _exactly(sock, HEADER.size)
    if header is None:
        return None
    body = _exactly(sock, length(header, limit=limit))
    if body is None:
        raise ProtocolError("closed within a frame")
    return parse(body)


def _exactly(sock: socket.socket, size: int) -> bytes | None:
    chunks = bytearray()
    while len(chunks) < size:
        chunk = sock.recv(min(size - len(chunks), 1 << 20))
        if not chunk:
            if chunks:
                raise ProtocolError("closed within a frame")
            return None
        chunks += chunk
    return bytes(chunks)


def request(number: int, tasks: Sequence[Task]) -> bytes:
    """Encode the tasks of one request."""
    rows = [[task.kind, [[text.shape, text.key, text.text] for text in task.texts]] for task in tasks]
    return frame({"v": VERSION, "id": number, "tasks": rows}, limit=MAX_FRAME)


def fits(tasks: Sequence[Task]) -> bool:
    """Whether the request with these tasks is no longer than a frame; costs an encoding only where that is close.

    A character takes one byte at least, and twelve at most: two escaped surrogates.
    """
    chars = sum(len(text.shape) + len(text.key) + len(text.text) + TEXT_BYTES for task in tasks for text in task.texts)
    if chars > MAX_FRAME or 12 * chars + TASK_BYTES * len(tasks) < MAX_FRAME:
        return chars <= MAX_FRAME
    try:
        request(sys.maxsize, tasks)
    except ProtocolError:
        return False
    return True


def read_request(message: dict[str, Any]) -> tuple[int, list[Task]]:
    """Decode a request, in the worker; raises ProtocolError."""
    try:
        number = message["id"]
        tasks = [
            Task(kind, tuple(Text(shape, key, text) for shape, key, text in texts)) for kind, texts in message["tasks"]
        ]
    except (KeyError, TypeError, ValueError):
        raise ProtocolError("not a request") from None
    return number, tasks


def answer(number: int, results: Sequence[Result], *, last: bool) -> bytes:
    """Encode the results of one request."""
    rows = [
        [
            [[hit.entity_type, hit.score, hit.detector, hit.index, hit.value_id.hex()] for hit in result.hits],
            sorted(result.failures),
            result.views,
        ]
        for result in results
    ]
    return frame({"v": VERSION, "id": number, "last": last, "results": rows}, limit=MAX_ANSWER)


def read_answer(
    message: dict[str, Any], number: int, tasks: Sequence[Task], entity_types: frozenset[str]
) -> tuple[list[Result], bool]:
    """Decode and check an answer, in the server; raises ProtocolError on the slightest deviation."""
    if set(message) != {"v", "id", "last", "results"} or message["id"] != number or type(message["id"]) is not int:
        raise ProtocolError("not the answer")
    rows, last = message["results"], message["last"]
    if type(last) is not bool or type(rows) is not list or len(rows) != len(tasks):
        raise ProtocolError("not a list of results")
    return [_result(row, task, entity_types) for row, task in zip(rows, tasks, strict=True)], last


def _result(row: Any, task: Task, entity_types: frozenset[str]) -> Result:
    if type(row) is not list or len(row) != 3:  # noqa: PLR2004
        raise ProtocolError("not a result")
    hits, failures, views = row
    if type(hits) is not list or type(failures) is not list or type(views) is not int or views < 0:
        raise ProtocolError("not a result")
    if not all(type(name) is str and name in FAILURES for name in failures):
        raise ProtocolError("unknown failure")
    return Result(tuple(_hit(hit, len(task.texts), entity_types) for hit in hits), frozenset(failures), views)


def _hit(row: Any, texts: int, entity_types: frozenset[str]) -> Hit:
    if type(row) is not list or [type(field) for field in row] != [str, float, str, int, str]:
        raise ProtocolError("not a hit")
    entity_type, score, detector, index, value_id = row
    sound = (
        entity_type in entity_types
        and math.isfinite(score)
        and 0.0 < score <= 1.0
        and _DETECTOR.fullmatch(detector)
        and -1 <= index < texts
        and re.fullmatch(f"[0-9a-f]{{{VALUE_ID_BYTES * 2}}}", value_id)
    )
    if not sound:
        raise ProtocolError("a hit out of range")
    return Hit(sys.intern(entity_type), score, sys.intern(detector), index, bytes.fromhex(value_id))
