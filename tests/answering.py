"""What tests of watched answers share: rules on answers, a detector that finds given words, and streams of a model."""

import asyncio
import datetime as dt
import json
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

from harness import StandIn

from proxy.detection.findings import Detector, Finding, Scan, Unit
from proxy.errors import PolicyRefused, RingfenceError, Unavailable
from proxy.files.diagnostics import Problems
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files, read_directory
from proxy.policy.model import Call, Identity
from proxy.policy.policy import Policy
from proxy.scanning.tally import Asked
from proxy.scanning.watch import Shared, Watch
from proxy.settings import ROOT
from proxy.upstreams.sse import Event

CARD = "4929 7182 0364 5103"
POLICIES = ROOT / "policies"
NO_CARDS = """
  - id: no-cards-in-answers
    direction: answer
    if: {class: cardholder}
    then: block
    because: "Cards are not shown here."
"""
NO_KEYS = """
  - id: no-keys-in-answers
    direction: answer
    from: [cloud-us]
    if: {class: cloud-credential}
    then: block
    because: "Keys do not come from vendors."
"""


def answers_file(rules: str) -> str:
    """A file of policies with these rules, as lines of YAML; tests that lint asks for are left to be warned of."""
    return f"policy: answers\nversion: 1\nowner: security@company.example\nrules:\n{rules}"


def policies(path: Path, rules: str) -> Path:
    """Write the shipped policies and these rules to a directory, for a server."""
    shutil.copytree(POLICIES, path)
    (path / "answers.yaml").write_text(answers_file(rules))
    return path


def policy(rules: str = "") -> Policy:
    """Load the shipped policies and these rules."""
    problems = Problems()
    files = read_directory(POLICIES, problems)
    if rules:
        files["answers.yaml"] = answers_file(rules).encode()
    checked = check_files(files, Surroundings(dt.date(2026, 6, 1)), problems)
    assert checked.bundle is not None, checked.diagnostics
    return Policy.of(checked.bundle, dict(checked.files))


def asked(rules: str = "", zone: str = "cloud-us") -> Asked:
    """Somebody's call, and the policy that its answer is judged by."""
    return Asked(policy(rules), Identity("team", "app", "ak_1"), Call("chat", "gpt-4o", "gpt-4*"), zone)


class Words:
    """A detector that finds given words, each as a value of its type, in what it is asked to scan and nowhere else."""

    def __init__(self, words: Mapping[str, str] | None = None) -> None:
        self.words = dict(words or {CARD: "CREDIT_CARD"})
        self.failures: frozenset[str] = frozenset()
        self.scanned: list[str] = []
        self.behind: list[bool] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.busy = False
        self.at_work = self.most_at_work = 0

    async def scan(self, tenant: str, units: Sequence[Unit], *, behind: bool = False) -> Scan:
        if self.busy:
            raise Unavailable("Too many scans are waiting.", code="detectors_busy")
        self.behind.append(behind)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
        finally:
            self.at_work -= 1
        texts = [segment.text for unit in units for segment in unit.segments]
        self.scanned += texts
        found = [
            Finding(kind, 0.95, "words", "", word.encode())
            for word, kind in self.words.items()
            if any(word in text for text in texts)
        ]
        return Scan(tuple(found), self.failures, 7, len(texts), 0, 0)


def shared(detector: Words) -> Shared:
    return Shared(cast("Detector", detector))


def delta(text: str | None, index: int = 0, **fields: Any) -> dict[str, Any]:
    """What one event of a chat's stream says."""
    said = {**({} if text is None else {"content": text}), **fields}
    choice = {"index": index, "delta": said, "finish_reason": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}


def event(said: dict[str, Any]) -> Event:
    data = json.dumps(said).encode()
    return Event(b"data: " + data + b"\n\n", data, said)


def chat(pieces: Iterable[str]) -> list[Event]:
    """A stream of one choice, with its end."""
    return [*(event(delta(piece)) for piece in pieces), Event(b"data: [DONE]\n\n")]


def text_of(raw: bytes, index: int = 0) -> str:
    """What a caller reads of a chat's stream."""
    said = ""
    for line in raw.splitlines():
        if line.startswith(b"data: {"):
            for choice in json.loads(line[6:]).get("choices", []):
                if choice["index"] == index:
                    said += choice["delta"].get("content") or ""
    return said


class Passed:
    """What a watch let through of a stream, bit by bit, and what it raised in place of the rest."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.error: RingfenceError | None = None

    @property
    def raw(self) -> bytes:
        return b"".join(self.events)


async def source(events: Iterable[Event], taken: list[Event] | None = None) -> AsyncIterator[list[Event]]:
    """Yield events one by one, as if they came from a network."""
    for each in events:
        await asyncio.sleep(0)
        if taken is not None:
            taken.append(each)
        yield [each]


async def passed(watch: Watch, events: Iterable[Event]) -> Passed:
    """Pass a stream through a watch."""
    seen = Passed()
    try:
        async with aclosing(watch.passed(source(events))) as through:
            async for raw in through:
                seen.events.append(raw)
    except (PolicyRefused, Unavailable) as error:
        seen.error = error
    return seen


class Model(StandIn):
    """A model server that answers with these texts: one event each, and none of them in a whole answer's way.

    `says` is a list of events' objects for streams, or one object for a whole answer.
    """

    says: Any = None
    break_off: bool = False

    def _completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        return super()._completion(asked) if self.says is None else cast("dict[str, Any]", self.says)

    async def _stream(self, asked: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        if self.says is None:
            return await super()._stream(asked, writer)
        writer.write(self._head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"}))
        events = [b"data: " + json.dumps(said).encode() + b"\n\n" for said in self.says]
        for item in [*events, *([] if self.break_off else [b"data: [DONE]\n\n"])]:
            writer.write(b"%x\r\n%s\r\n" % (len(item), item))
            await writer.drain()
            await asyncio.sleep(self.chunk_delay_s)
        if self.break_off:
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True
