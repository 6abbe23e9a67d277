"""Receivers of notifications: real sockets that keep what arrives, and an authority whose certificates they show."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from certificates import CertificateAuthority, terms

from audit.records.record import new_id
from proxy.notify.delivery import Note

RECORD = new_id()
SHA, FP = "5" * 64, "fp1.2026q4." + "A" * 22
DECISION: dict[str, Any] = {
    "req": {
        "id": "req_1",
        "endpoint": "chat",
        "model_req": "gpt-4*",
        "model_resolved": "gpt-4*",
        "stream": True,
        "bytes_in": 1234,
        "n_messages": 4,
        "n_tools": 0,
        "n_opaque": 0,
        "body_fp": FP,
    },
    "actor": {"kind": "api_key", "id": "ak_1", "app": "crm", "team": "sales", "auth_strength": "bearer"},
    "net": {"ingress": "http", "ip_fp": FP},
    "bundle": {"sha256": SHA, "policies": [{"id": "soc2", "version": 1}], "upstreams_sha256": "6" * 64},
    "detect": {
        "set_sha256": "7" * 64,
        "complete": True,
        "us": 8123,
        "segments": 12,
        "views": 14,
        "cached": 2,
        "types": [{"t": "PERSON", "det": ["spacy"], "hist": {"17": 1}}],
        "paths": [{"t": "PERSON", "path": "messages[0].content"}],
    },
    "classes": [{"c": "pii", "count": 3, "score_bp": 8500}],
    "decision": "pin",
    "zones_left": ["onprem"],
    "zone": "onprem",
    "rules": [{"id": "r", "effect": "pin"}],
    "ceilings": ["pii"],
    "obligations": [{"kind": "log", "value": "full"}, {"kind": "notify", "value": "oncall"}],
    "exceptions": [],
    "shadow": [],
    "up": {"id": "local", "zone": "onprem", "provider": "vllm", "model": "m", "endpoint_sha256": SHA, "body_fp": FP},
    "dry_run": False,
}
"""The body of a decision that a rule wants `oncall` to be told of."""


def note(text: str = '{"type":"ringfence.decision"}', *, record: str = RECORD, due: float = 1e12) -> Note:
    """Return a message to some channel."""
    return Note(record, "oncall", text.encode(), due)


@dataclass
class Received:
    """Everything that came over each connection, and how many there were."""

    streams: list[bytearray] = field(default_factory=list)
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def all(self) -> bytes:
        return b"".join(self.streams)

    async def until(self, wanted: bytes) -> None:
        """Wait until these bytes have arrived."""
        async with asyncio.timeout(10):
            while wanted not in self.all:
                self.arrived.clear()
                await self.arrived.wait()

    def kill(self) -> None:
        """End every connection, and take no more."""
        assert self.server is not None
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()


@asynccontextmanager
async def listening(terms: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Received]:
    """Take connections and keep what they bring; nothing is ever answered."""
    received = Received()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = bytearray()
        received.streams.append(stream)
        received.writers.append(writer)
        while piece := await reader.read(65536):
            stream.extend(piece)
            received.arrived.set()
        writer.close()

    server = await asyncio.start_server(keep, "127.0.0.1", port, ssl=terms)
    received.server, received.port = server, server.sockets[0].getsockname()[1]
    try:
        yield received
    finally:
        received.kill()
        await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own, and a server on this machine that it vouches for."""

    ca: Path
    terms: ssl.SSLContext


def authority(folder: Path, host: str = "127.0.0.1") -> Authority:
    """Make both; whoever trusts `ca` (SSL_CERT_FILE) takes the server for that host."""
    made = CertificateAuthority(folder)
    return Authority(made.ca, terms(made.issue("server", [host])))
