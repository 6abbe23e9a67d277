"""How many decisions there were, by one or two things at a time, for dashboards and for a first look at a period."""

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from audit.api.errors import bad_request
from audit.api.proofs import Prover
from audit.api.query import parameters, period
from audit.api.service import Asked, said
from audit.statistics import DIMENSIONS, MODES, Period, Statistics

MAX_DIMENSIONS = 2
MAX_ROWS = 10_000


class Figures:
    """The route `/statistics`."""

    def __init__(self, statistics: Statistics, prover: Prover) -> None:
        self._statistics, self._prover = statistics, prover

    async def answer(self, asked: Asked) -> Response:
        """Count the decisions of a period."""
        query = parameters(asked.request, ("from", "to", "by"))
        since, until = period(query)
        by = sorted(query["by"].split(",")) if "by" in query else []
        if not set(by) <= set(DIMENSIONS) or len(set(by)) != len(by) or len(by) > MAX_DIMENSIONS:
            raise bad_request(f"by is one of {', '.join(DIMENSIONS)}, or two with a comma between them")
        size = await run_in_threadpool(self._prover.size)
        lines = await asked.service.heavy(self._statistics.count, by, Period(since, until), size)
        if len(lines) > MAX_ROWS:
            raise bad_request(f"that is more than {MAX_ROWS} rows; ask for less of the log, or by less")
        filters = list(query.keys() & {"from", "to"})
        await asked.record("statistics", len(lines), filters, since=since, until=until, by=by or None, size=size)
        rows = [dict(zip(by, line.values, strict=True)) | dict(zip(MODES, line.numbers, strict=True)) for line in lines]
        return said({"size": size, "from": since, "to": until, "by": by, "rows": rows})
