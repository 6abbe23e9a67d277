"""The auditors' API on a real log, asked without a socket."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request

from audit.access import Records
from audit.api import routes
from audit.api.guessing import Limit
from audit.api.roles import PREFIX
from audit.exporting import Exports
from audit.keys import SIGNING
from audit.log import AuditLog, Receipt
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.merkle import root_of
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.sources.postgres import open_source

ACTOR = {"kind": "api_key", "id": "ak_9", "app": "soc", "team": "audit"}
STAND_IN = Path(__file__).with_name("child_export.py")


@dataclass
class Auditor:
    actor: dict[str, Any] = field(default_factory=lambda: dict(ACTOR))


async def authorize(request: Request, roles: frozenset[str]) -> Auditor:
    """Let anybody in who names a role as the key; `good` has them all."""
    role = request.headers.get("authorization", "").removeprefix("Bearer ")
    if role != "good" and role not in roles:
        raise HTTPException(403 if role in {"app", "auditor", "security", "admin"} else 401)
    return Auditor({**ACTOR, "id": f"ak_{role}"})


@dataclass
class Service:
    """One log with the API on it. Each question is asked in an event loop of its own."""

    log: AuditLog
    signer: Signer
    folder: Path
    decisions: list[Receipt] = field(default_factory=list)
    explain: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    limit: Limit | None = None

    def ask(self, method: str, path: str, *, key: str = "good", **more: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            exports = await Exports(self.log, self.folder, (sys.executable, str(STAND_IN))).take_over()
            app = Starlette(routes=routes(self.log, authorize, exports, self.explain, self.limit))
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                headers = {"authorization": f"Bearer {key}", **more.pop("headers", {})}
                return await client.request(method, f"{PREFIX}{path}", headers=headers, **more)

        return asyncio.run(asked())

    def get(self, path: str, *, key: str = "good", **params: Any) -> httpx.Response:
        return self.ask("GET", path, key=key, params=params)

    def reads(self, kind: str = "audit.read") -> list[dict[str, Any]]:
        return [record.body for record in Records(self.log.place).last(1000) if record.body.get("kind") == kind]

    def sign(self) -> Checkpoint:
        """Store a checkpoint over all that is there."""
        return store_checkpoint(self.log, self.signer)


def store_checkpoint(log: AuditLog, signer: Signer) -> Checkpoint:
    source = open_source(log.place)
    links = [raw.link for raw in source.rows(None, 100_000)]
    source.close()
    made = Checkpoint(signer.name, len(links), root_of(links))
    log.store_checkpoint(Note(made.encode()).signed(signer).encode())
    return made


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Service]:
    def make(log: AuditLog, home: Path, **more: Any) -> Service:
        signer = Signer.decode((home / "keys" / SIGNING).read_text().strip())
        return Service(log, signer, home / "exports", **more)

    return make


@pytest.fixture
def service(open_log: Any, decision: Any, tmp_path: Path, serve: Any) -> Iterator[Service]:
    log = open_log()
    made = [log.append_sync("route.decision", decision(zone=zone)) for zone in ("onprem", "cloud-us", "onprem")]
    return serve(log, tmp_path / "home", decisions=made)
