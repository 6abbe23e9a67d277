"""Tells the log what comes into force: the texts under their digests first, then the record of their activation."""

import asyncio
import hashlib
from typing import Any

from audit.errors import AuditUnavailable
from audit.log import AuditLog
from audit.records.canonical import encode
from audit.records.record import MAX_BODY_BYTES
from proxy.activation import Active, Announce, Asked
from proxy.errors import Unavailable
from proxy.evidence import ENVELOPE_BYTES
from proxy.policy.reach import reach


def announcer(audit: AuditLog) -> Announce:
    """Return what is called before a bundle decides anything; it raises Unavailable where the log takes no record."""

    async def announce(active: Active, previous: str | None, record_id: str, asked: Asked) -> None:
        """Archive the texts under their digests, then record the activation; a request can only follow both."""
        files = active.policy.files_sha256
        body: dict[str, Any] = {
            "bundle": active.record(),
            "source": asked.source,
            "files_sha256": files,
            **({"previous": previous} if previous else {}),
            **({"actor": asked.actor} if asked.actor else {}),
            **({"approval": active.approval.record()} if active.approval else {}),
        }
        body |= _reach(active, len(encode(body)))
        try:
            await asyncio.to_thread(audit.store_bundle, files, active.policy.text())
            await asyncio.to_thread(audit.store_bundle, active.registry.sha256, active.registry.text())
            if active.approval is not None and active.approval.note:
                upstreams = active.upstreams_text
                await asyncio.to_thread(audit.store_bundle, hashlib.sha256(upstreams).hexdigest(), upstreams)
                await asyncio.to_thread(audit.store_bundle, active.approval.note_sha256, active.approval.note)
            await audit.append("policy.activated", body, id=record_id)
        except AuditUnavailable as error:
            raise Unavailable(
                f"The audit log cannot take a record now ({error.reason}).", code="audit_unavailable"
            ) from None

    return announce


def _reach(active: Active, size: int) -> dict[str, Any]:
    """Return what the record of an activation says of zones and classes, where there is room for it."""
    said = reach(active.policy.bundle)
    fits = said is not None and size + len(encode(said)) + ENVELOPE_BYTES < MAX_BODY_BYTES
    return {"reach": said} if fits else {}
