"""Joins the routes of the auditors' API to the parts that answer them."""

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audit.access import Records
from audit.api import checkpoints
from audit.api.absent import Erasures
from audit.api.exports import ExportJobs
from audit.api.fingerprints import Fingerprints
from audit.api.guessing import Guesses, Limit
from audit.api.in_force import InForce
from audit.api.openapi import document
from audit.api.proofs import Proofs, Prover
from audit.api.query import parameters
from audit.api.records import Reads
from audit.api.roles import PREFIX
from audit.api.service import Asked, Authorize, Explain, Handler, Service, endpoint
from audit.api.statistics import Figures
from audit.exporting import Exports
from audit.log import AuditLog
from audit.statistics import Statistics

TREE = "audit-tree"
"""Beside the folder of exports: hashes that proofs are made from."""


def routes(
    log: AuditLog, authorize: Authorize, exports: Exports, explain: Explain | None = None, limit: Limit | None = None
) -> list[Route]:
    """Build the routes. `authorize` returns the reader, or raises what the server answers instead.

    `explain`, which knows what this package does not, adds an explanation to a decision that is read by its id.
    """
    records = Records(log.place)
    prover = Prover(records, log.place, exports.folder.with_name(TREE))
    reads = Reads(prover, Erasures(records), InForce(records), explain)
    proofs, jobs = Proofs(prover), ExportJobs(exports)
    figures = Figures(Statistics(records), prover)
    fingerprints = Fingerprints(log.fingerprinter, Guesses(log, limit or Limit()), prover)
    served: Mapping[str, Mapping[str, Handler]] = {
        "/records": {"GET": reads.page},
        "/records/{record_id}": {"GET": reads.one},
        "/texts/{sha256}": {"GET": reads.text},
        "/checkpoints": {"GET": checkpoints.page},
        "/checkpoints/latest": {"GET": checkpoints.latest},
        "/checkpoints/{size}": {"GET": checkpoints.one},
        "/proofs/inclusion": {"GET": proofs.inclusion},
        "/proofs/consistency": {"GET": proofs.consistency},
        "/statistics": {"GET": figures.answer},
        "/exports": {"GET": jobs.page, "POST": jobs.begin},
        "/exports/{job}": {"GET": jobs.one},
        "/exports/{job}/pack": {"GET": jobs.pack},
        "/fingerprints": {"POST": fingerprints.answer},
        "/openapi.json": {"GET": describe},
    }
    service = Service(log, records)
    return [
        Route(f"{PREFIX}{path}", endpoint(service, authorize, path, handlers), methods=list(handlers))
        for path, handlers in served.items()
    ]


async def describe(asked: Asked) -> Response:
    """Answer with the description of this API. Nothing of the log is in it, so that this is not a read of it."""
    parameters(asked.request, ())
    return JSONResponse(document())
