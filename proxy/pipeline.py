"""The way of a request, from a parsed body to an open answer. Read this page to believe the promises.

    content.read        every part of the body, or what cannot be read as text
    detector.scan       findings, or an incomplete scan, which is a finding of its own
    decide              the zones that are left; pure
    audit.append        the decision record, durable before anything else happens
    EgressPermit        only from the receipt of that record, for these bytes and this upstream
    client.send         redeems the permit, or sends nothing

Every exit writes an outcome record. A route holds the upstreams of one zone; the routes are those of the zones that
the decision left, so no retry can leave them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audit.errors import AuditUnavailable
from audit.log import AuditLog, Receipt
from audit.record import new_id
from proxy import content, evidence
from proxy.activation import Activation
from proxy.answers import Answer, Attempt, Clock, receipt_headers
from proxy.detection.findings import Detector
from proxy.errors import PolicyRefused, RequestRefused, RingfenceError, Unavailable, UpstreamRefused
from proxy.evidence import Ask, Judged
from proxy.outcomes import Outcomes
from proxy.policy.decide import decide
from proxy.policy.model import Call, Identity, Outcome
from proxy.routing import Candidate, Route, routes
from proxy.settings import Settings
from proxy.upstreams.client import Lost, NotSent, UpstreamError
from proxy.upstreams.permit import EgressPermit, PermitError
from proxy.upstreams.pool import Pool

TOO_MANY = 429
TRY_ELSEWHERE = frozenset({408, TOO_MANY, 500, 502, 503, 504})
"""Answers after which another upstream of the same zone may be asked; nothing else is worth a second try."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything that the way of a request needs; holds no state of its own."""

    settings: Settings
    detector: Detector
    activation: Activation
    audit: AuditLog
    outcomes: Outcomes
    pool: Pool

    async def chat(self, ask: Ask) -> Answer:
        """Judge, record, send; the answer is open. Raises the errors of `proxy.errors`."""
        clock = Clock(ask.received)
        judged = await self.judge(ask)
        clock.mark("detect")
        ways = routes(judged.decision.zones, ask.body["model"], judged.active.registry)
        if not ways:
            await self._refuse(ask, judged)
        failure: UpstreamError | None = None
        for route in ways:
            decision_id = ""
            for number, candidate in enumerate(route.candidates, start=1):
                attempt = await self._record(ask, judged, candidate, decision_id, number, failure, clock)
                decision_id = attempt.decision_id
                try:
                    return await self._send(attempt)
                except UpstreamError as error:
                    failure = error
                    if isinstance(error, Lost) and candidate.upstream.vendor and not error.answered:
                        raise Unavailable(
                            "The model server did not answer; it may have received the request.",
                            code="upstream_lost",
                            retry_after_s=None,
                        ) from None
        raise _none_answered(ways, failure)

    async def inspect(self, ask: Ask) -> tuple[Judged, Receipt]:
        """Judge and record a dry run: nothing is sent."""
        judged = await self.judge(ask)
        return judged, await self._append_decision(ask, judged, judged.decision.zone, None, new_id())

    async def judge(self, ask: Ask) -> Judged:
        """Read, scan and decide, under one snapshot of the bundle."""
        active = self.activation.active
        said = content.read(ask.body, self.settings.max_depth)
        requested = ask.body.get("model")
        if not isinstance(requested, str):
            raise RequestRefused("'model' must be a string.", param="model")
        model = active.registry.resolve(requested)
        loaded = self.detector.loaded
        if loaded is None:
            raise Unavailable("No detector is loaded.", code="detectors_unavailable")
        scan = await self.detector.scan(ask.caller.team, said.units)
        decision = decide(
            active.policy,
            Identity(ask.caller.team, ask.caller.app, ask.caller.key_id),
            Call("chat", requested, model),
            evidence.scores(evidence.findings(scan, said)),
            datetime.now(UTC),
        )
        return Judged(active, said, model, loaded.sha256, scan, decision)

    async def _record(  # noqa: PLR0917 - the facts of one attempt
        self,
        ask: Ask,
        judged: Judged,
        candidate: Candidate,
        decision_id: str,
        number: int,
        why: UpstreamError | None,
        clock: Clock,
    ) -> Attempt:
        """Make the record of one attempt durable and return what may be sent under it."""
        body = candidate.final_body(ask.body)
        up = evidence.upstream(candidate, judged.active, self._fingerprint(ask.caller.team, body))
        record_id = new_id()
        if number == 1:
            receipt = await self._append_decision(ask, judged, candidate.zone, up, record_id)
        else:
            attempt = {"dec": decision_id, "attempt": number, "zone": candidate.zone, "up": up, "why": _why(why)}
            receipt = await self._append("route.attempt", attempt, record_id, decision_id, number)
        clock.mark("audit")
        permit = EgressPermit(receipt.id, ask.caller.team, candidate.upstream.id, candidate.zone, body)
        return Attempt(ask, judged, candidate, decision_id or receipt.id, number, receipt, permit, body, clock)

    async def _send(self, attempt: Attempt) -> Answer:
        """Redeem the permit; every failure is followed by an outcome record and raised as UpstreamError."""
        client = self.pool.client(attempt.candidate.upstream)
        try:
            await self.pool.check(attempt.candidate)
            response = await client.send(attempt.permit, attempt.body)
        except PermitError:
            self.outcomes.write(attempt.outcome("not_sent"))
            raise Unavailable("The audit log does not confirm the decision.", code="audit_unavailable") from None
        except NotSent:
            self.outcomes.write(attempt.outcome("not_sent"))
            raise
        except Lost as error:
            self.outcomes.write(
                attempt.outcome("timeout" if error.reason == "timeout" else "unknown", sent=len(attempt.body))
            )
            raise
        except BaseException:
            self.outcomes.write(attempt.outcome("unknown"))
            raise
        attempt.clock.mark("ttfb")
        if response.status_code in TRY_ELSEWHERE:
            await response.aclose()
            self.outcomes.write(attempt.outcome("upstream_error", http=response.status_code, sent=len(attempt.body)))
            raise Lost(f"http_{response.status_code}", answered=response.status_code)
        return Answer(attempt, response, self.outcomes)

    async def _refuse(self, ask: Ask, judged: Judged) -> None:
        """Record what cannot be sent anywhere, and raise why."""
        receipt = await self._append_decision(ask, judged, judged.decision.zone, None, new_id())
        self.outcomes.write(evidence.outcome(receipt.id, 1, "not_sent"))
        if judged.decision.outcome is Outcome.BLOCK:
            raise PolicyRefused(
                "The policy of your organisation refuses this request.",
                because=list(judged.decision.because),
                extra={**receipt_headers(ask, receipt), "x-ringfence-decision": "block"},
            )
        raise Unavailable(
            f"No model server of the zones that are left ({', '.join(judged.decision.zones)}) serves this model.",
            code="no_upstream",
            retry_after_s=None,
        )

    async def _append_decision(
        self, ask: Ask, judged: Judged, zone: str | None, up: dict[str, Any] | None, record_id: str
    ) -> Receipt:
        keyed = {"body": self._fingerprint(ask.caller.team, ask.raw), "ip": self._ip(ask)}
        body = evidence.decision(ask, judged, keyed, zone=zone, up=up)
        return await self._append("route.decision", body, record_id, record_id, 1)

    async def _append(
        self, kind: str, body: Mapping[str, Any], record_id: str, decision_id: str, number: int
    ) -> Receipt:
        try:
            return await self.audit.append(kind, body, id=record_id)
        except AuditUnavailable as error:
            if not body.get("dry_run"):
                self.outcomes.settle(record_id, evidence.outcome(decision_id, number, "not_sent"))
            raise Unavailable(
                f"The audit log cannot take a record now ({error.reason}).", code="audit_unavailable"
            ) from None

    def _fingerprint(self, tenant: str, body: bytes) -> str:
        return self.audit.fingerprinter.fingerprint(tenant, "body", "chat", body)

    def _ip(self, ask: Ask) -> str:
        return self.audit.fingerprinter.fingerprint(ask.caller.team, "ip", "ip", evidence.address_bytes(ask.address))


def _why(error: UpstreamError | None) -> str:
    if isinstance(error, NotSent):
        return "not_sent"
    if isinstance(error, Lost) and error.answered:
        return "upstream_error"
    return "timeout" if error is not None and error.reason == "timeout" else "unknown"


def _none_answered(ways: list[Route], failure: UpstreamError | None) -> RingfenceError:
    if isinstance(failure, Lost) and failure.answered == TOO_MANY:
        return UpstreamRefused(
            "The model server is at its rate limit.", status=TOO_MANY, code="rate_limit_exceeded", retry_after_s=1
        )
    zones = ", ".join(route.zone for route in ways)
    reason = failure.reason if failure else "none"
    return Unavailable(
        f"No model server answered in the zones that this request may use ({zones}); the last failure: {reason}.",
        code="upstream_unavailable",
    )
