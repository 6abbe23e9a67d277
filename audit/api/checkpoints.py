"""The signed heads of the log, as they are stored: whoever has one can find out later that the log was changed."""

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from audit.access import MAX_LIMIT, Records
from audit.api.errors import not_found
from audit.api.query import number_of, parameters
from audit.api.service import Asked
from audit.errors import AuditUnavailable
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.note import Note
from audit.records.schema import MAX_INT

DEFAULT_LIMIT = 100
BEHIND = "SELECT size, note FROM @checkpoint WHERE size > :after ORDER BY size LIMIT :count"
NEWEST = "SELECT size, note FROM @checkpoint ORDER BY size DESC LIMIT 1"
ONE = "SELECT size, note FROM @checkpoint WHERE size = :size"

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


async def page(asked: Asked) -> Response:
    """Answer with a page, the smallest first."""
    query = parameters(asked.request, ("after", "limit"))
    after = number_of(query, "after", -1, low=-1)
    limit = number_of(query, "limit", DEFAULT_LIMIT, low=1, high=MAX_LIMIT)
    found = await asked.service.heavy(stored, asked.service.records, BEHIND, after=after, count=limit + 1)
    shown = found[:limit]
    await asked.record(
        "checkpoints",
        len(shown),
        list(query.keys() - {"limit"}),
        limit=limit,
        after=after if "after" in query else None,
    )
    return JSONResponse({"checkpoints": shown, "next": shown[-1]["size"] if len(found) > limit else None})


async def latest(asked: Asked) -> Response:
    """Answer with the one of most records."""
    parameters(asked.request, ())
    return await _answer(asked, await run_in_threadpool(stored, asked.service.records, NEWEST), None)


async def one(asked: Asked) -> Response:
    """Answer with the one of a size."""
    parameters(asked.request, ())
    text = asked.request.path_params["size"]
    if _SIZE.fullmatch(text) is None or int(text) > MAX_INT:
        raise not_found("checkpoint")
    found = await run_in_threadpool(stored, asked.service.records, ONE, size=int(text))
    return await _answer(asked, found, int(text))


async def _answer(asked: Asked, found: list[dict[str, Any]], size: int | None) -> Response:
    await asked.record("checkpoint", len(found), size=found[0]["size"] if found else size)
    if not found:
        raise not_found("checkpoint")
    return JSONResponse(found[0])


def stored(records: Records, query: str, **values: int) -> list[dict[str, Any]]:
    """Return checkpoints as plain values; raises AuditUnavailable, also for what is stored and is none."""
    with records.asking() as ask:
        rows = ask(query, **values)
    return [_shown(size, bytes(note)) for size, note in rows]


def _shown(size: int, note: bytes) -> dict[str, Any]:
    try:
        stated = Checkpoint.of(Note.decode(note))
        if stated.size == size:
            return {"size": size, "root": stated.root.hex(), "note": note.decode()}
    except ValueError:
        pass
    raise AuditUnavailable("corrupt")
