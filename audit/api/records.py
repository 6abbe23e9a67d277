"""Records by page, and one with all that belongs to it: its proof, the policy that was in force, and why it is so."""

import base64
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from audit.access import MAX_LIMIT, Filters, Page, ReadRecord
from audit.api.absent import Erasures
from audit.api.errors import bad_request, not_found
from audit.api.in_force import InForce
from audit.api.proofs import Prover
from audit.api.query import Query, name_of, number_of, parameters, period
from audit.api.service import Asked, Explain, said
from audit.records.chain import envelope
from audit.records.fields import SHA256, UUID7
from audit.records.record import DECISION, LATEST

DEFAULT_LIMIT = 100
NAMES = ("app", "team", "decision", "zone", "class", "rule", "kind")
PARAMETERS = frozenset((*NAMES, "from", "to", "after", "limit"))
WITHIN_S = 2.0
"""A page that takes longer to find ends early, with what was found and where to go on."""

_is_id, _is_digest = UUID7.compile(), SHA256.compile()


class Reads:
    """The routes below `/records`, and the texts that records name."""

    def __init__(self, prover: Prover, erasures: Erasures, in_force: InForce, explain: Explain | None) -> None:
        self._prover, self._erasures, self._in_force, self._explain = prover, erasures, in_force, explain

    async def page(self, asked: Asked) -> Response:
        """Answer with a page."""
        query = parameters(asked.request, PARAMETERS)
        filters = filters_of(query)
        after = number_of(query, "after", -1, low=-1)
        limit = number_of(query, "limit", DEFAULT_LIMIT, low=1, high=MAX_LIMIT)
        page, answer = await asked.service.heavy(self._find, asked, filters, after, limit)
        await asked.record(
            "records",
            len(page.records),
            list(query.keys() - {"limit"}),
            limit=limit,
            after=after if "after" in query else None,
            since=filters.since,
            until=filters.until,
        )
        return answer

    async def one(self, asked: Asked) -> Response:
        """Answer with one record and what belongs to it."""
        parameters(asked.request, ())
        record_id = asked.request.path_params["record_id"]
        if _is_id(record_id) is not None:
            raise not_found("record")
        found = await run_in_threadpool(asked.service.records.one, record_id)
        answer = None if found is None else await asked.service.heavy(self._whole, found)
        await asked.record("record", 0 if found is None else 1, ["id"], record=record_id)
        if answer is None:
            raise not_found("record")
        return said(answer)

    async def text(self, asked: Asked) -> Response:
        """Answer with an archived text, as the bytes that have its digest."""
        parameters(asked.request, ())
        sha256 = asked.request.path_params["sha256"]
        if _is_digest(sha256) is not None:
            raise not_found("text")
        text = await asked.service.heavy(asked.service.records.text, sha256)
        await asked.record("text", 0 if text is None else 1, sha256=sha256)
        if text is None:
            raise not_found("text")
        return Response(text, media_type="text/plain")

    def _find(self, asked: Asked, filters: Filters, after: int, limit: int) -> tuple[Page, Response]:
        page = asked.service.records.page(filters, after=after, limit=limit, within_s=WITHIN_S)
        return page, said({"records": [self._erasures.shown(record) for record in page.records], "next": page.next})

    def _whole(self, found: ReadRecord) -> dict[str, Any]:
        shown = self._erasures.shown(found)
        proof = self._prover.proof(found.seq)
        entry = envelope(self._prover.log_id, found.seq, bytes.fromhex(found.prev), bytes.fromhex(found.body_hash))
        shown |= {"entry": base64.b64encode(entry).decode(), "proof": None if proof is None else proof.decode()}
        if found.body.get("kind") == DECISION:
            shown["policy"] = self._in_force.policy(found.body["bundle"])
            if self._explain is not None:
                shown["explanation"] = self._explain(found.body)
        return shown


def filters_of(query: Query) -> Filters:
    """Read the filters; raises ApiError (400)."""
    names: Mapping[str, str | None] = {name: name_of(query, name) for name in NAMES}
    if names["kind"] is not None and names["kind"] not in LATEST:
        raise bad_request("kind is not a kind of record")
    since, until = period(query)
    rest = {name: value for name, value in names.items() if name != "class"}
    return Filters(since=since, until=until, class_=names["class"], **rest)
