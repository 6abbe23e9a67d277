"""What tests of clients stand on: applications with Ringfence before a scripted vendor, and without."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from clients.programs import Program, installed, program, vocabulary
from clients.scripted import Scripted
from harness import QUICK, ROOT, Ringfence, ringfence

from audit.access import Filters, Records

MODELS = {"MODEL": "gpt-4o-mini", "EMBEDDER": "text-embedding-3-small", "CLAUDE": "claude-sonnet-4-5"}
NO_CARDS = """
policy: answers
version: 1
owner: security@company.example
rules:
  - id: no-cards-in-answers
    direction: answer
    who: {apps: [judged]}
    if: {class: cardholder}
    then: block
    because: "This answer holds a card number."
"""
Application = Callable[[str], Program]


@dataclass(frozen=True)
class Lab:
    """Each application twice: one talks to a model server through Ringfence, one directly to another just like it."""

    fence: Ringfence
    vendor: Scripted
    """The vendor behind Ringfence."""
    own: Scripted
    """The organisation's own server behind Ringfence."""
    plain: Scripted
    """The same as the vendor, with nothing before it."""
    through: Application
    """Names a program that talks to Ringfence, begun when it is first asked for."""
    direct: Application

    def recorded(self, kind: str) -> list[Any]:
        """Return the bodies of the log's records of a kind."""
        page = Records(self.fence.home / "audit.db").page(Filters(kind=kind), limit=1000)
        assert page.next is None
        return [record.body for record in page.records]

    def quieten(self) -> None:
        """Forget what arrived and what was stored, and answer normally again."""
        for server in (self.vendor, self.own, self.plain):
            server.clear()
            server.stored.clear()
            server.extra_headers.clear()
            server.status_body = None


@contextmanager
def scripted(name: str) -> Iterator[Scripted]:
    made = Scripted(name)
    try:
        yield made
    finally:
        made.stop()


def upstreams(home: Path, vendor: Scripted, own: Scripted) -> Path:
    """Write a registry: a vendor that speaks both APIs, an own server that does, and one model's vocabulary."""
    at_vendor = {"zone": "cloud-us", "base_url": vendor.url, "api_key_env": "VENDOR_KEY"}
    at_home = {"zone": "onprem", "base_url": own.url, "default_model": "local-model"}
    endpoints = ["chat", "completions", "embeddings", "responses", "messages"]
    rows = [
        {"name": "vendor", "kind": "openai", **at_vendor, "models": ["gpt-4*", "text-embedding-*"]},
        {"name": "claude", "kind": "anthropic", **at_vendor, "models": ["claude-*"]},
        {"name": "local", "kind": "openai", **at_home, "endpoints": endpoints},
    ]
    (home / "upstreams.yaml").write_text(yaml.safe_dump({"upstreams": rows, **tokenizers(home)}))
    return home / "upstreams.yaml"


def policies(home: Path) -> Path:
    """Copy the shipped policies; a vendor may keep state for the app `keeper`, and `judged` gets no card number."""
    folder = shutil.copytree(ROOT / "policies", home / "policies")
    grant = "{id: keeper-may-store, who: {apps: [keeper]}, zones: [cloud-us, onprem], store: true}"
    text = (folder / "soc2.yaml").read_text()
    (folder / "soc2.yaml").write_text(text.replace("grants:\n", f"grants:\n  - {grant}\n", 1))
    (folder / "answers.yaml").write_text(NO_CARDS)
    return folder


def tokenizers(home: Path) -> dict[str, Any]:
    """Keep the vocabulary of one model, where it is installed; there is none for `text-embedding-ada-002`."""
    if not installed("langchain"):
        return {}
    (home / "cl100k_base.tiktoken").write_bytes(vocabulary())
    return {"tokenizers": {"text-embedding-3-*": "cl100k_base.tiktoken"}}


@contextmanager
def laboratory(home: Path) -> Iterator[Lab]:
    """Set it all up; a program begins when a test first asks for it."""
    with ExitStack() as stack:
        vendor, own, plain = (stack.enter_context(scripted(name)) for name in ("vendor", "own", "plain"))
        limits = home / "limits.yaml"
        limits.write_text("apps: {held: {requests_per_minute: 60}}")
        files = {"policies": policies(home), "limits": limits}
        fence = stack.enter_context(ringfence(home, upstreams(home, vendor, own), **files, **QUICK))
        through = stack.enter_context(applications(fence.url, fence.key("clients", "clients"), home / "through"))
        direct = stack.enter_context(applications(plain.url.removesuffix("/v1"), "a-key", home / "direct"))
        yield Lab(fence, vendor, own, plain, through, direct)


@contextmanager
def applications(url: str, key: str, home: Path) -> Iterator[Application]:
    """Begin each program once, and end all of them."""
    begun: dict[str, Program] = {}
    with ExitStack() as stack:

        def application(name: str) -> Program:
            if name not in begun:
                begun[name] = stack.enter_context(program(name, url, key, home / name, **MODELS))
            return begun[name]

        yield application


def cards(count: int) -> str:
    """Return so many card numbers that nobody holds, each with its check digit."""
    return ", ".join(f"{number}{check_digit(number)}" for number in range(492971820364510, 492971820364510 + count))


def check_digit(number: int) -> int:
    """Luhn's, of ISO/IEC 7812-1."""
    digits = [int(digit) for digit in reversed(str(number))]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits)]
    return -sum(doubled) % 10
