"""The way of a request, from a parsed body to an open answer. Read this page to believe the promises.

    content.read        every part of the body, or what cannot be read as text
    detector.scan       findings, or an incomplete scan, which is a finding of its own
    decide              the zones that are left; pure
    audit.append        the decision record, durable before anything else happens
    notifier.tell       whom the decision obliges to be told, behind the request
    EgressPermit        only from the receipt of that record, for these bytes and this upstream
    client.send         redeems the permit, or sends nothing

Every exit writes an outcome record. A route holds the upstreams of one zone; the routes are those of the zones that
the decision left, so no retry can leave them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, NoReturn

from audit.errors import AuditError, AuditUnavailable
from audit.log import AuditLog, Receipt
from audit.writer import Late
from proxy import content, evidence
from proxy.activation import Activation
from proxy.answers import Answer, Attempt, how_it_ended, receipt_headers
from proxy.detection.findings import Detector
from proxy.errors import PolicyRefused, RequestRefused, RingfenceError, Unavailable, UpstreamRefused
from proxy.evidence import Ask, Judged
from proxy.notify.channels import NO_CHANNELS
from proxy.notify.dispatch import Notifier
from proxy.outcomes import Outcomes
from proxy.policy.decide import decide
from proxy.policy.explain import explain
from proxy.policy.model import Call, Identity, Outcome
from proxy.routing import Candidate, Route, routes
from proxy.settings import Settings
from proxy.upstreams.client import Lost, UpstreamError
from proxy.upstreams.permit import EgressPermit, PermitError
from proxy.upstreams.pool import Pool

UNTRIED = UpstreamError("none")
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
    notifier: Notifier
    late_anchors: Callable[[], str]
    """Names those without which nothing is to be sent."""

    async def chat(self, ask: Ask) -> Answer:
        """Judge, record, send; the answer is open. Raises the errors of `proxy.errors`."""
        if late := self.late_anchors():
            text = f"Checkpoints of the audit log have not reached {late} for too long, so nothing is sent."
            raise Unavailable(text, code="audit_unanchored")
        judged = await self.judge(ask)
        ways = routes(judged.decision.zones, ask.body["model"], judged.active.registry)
        if not ways:
            await self._refuse(ask, judged)
        failure = UNTRIED
        attempt: Attempt | None = None
        for route in ways:
            first: Attempt | None = None
            for number, candidate in enumerate(route.candidates, start=1):
                attempt = await self._record(ask, judged, candidate, number, first, failure)
                first = first or attempt
                try:
                    return await self._send(attempt)
                except UpstreamError as error:
                    failure = error
                if isinstance(failure, Lost) and not failure.answered and candidate.upstream.vendor:
                    raise _unanswered(attempt, failure, ways)
        raise _unanswered(attempt, failure, ways)

    async def inspect(self, ask: Ask) -> tuple[Judged, Receipt]:
        """Judge and record a dry run: nothing is sent."""
        judged = await self.judge(ask)
        return judged, await self._append_decision(ask, judged, judged.decision.zone, None)

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
        ask.clock.mark("detect")
        found = evidence.findings(scan, said)
        scores = evidence.scores(found)
        decision = decide(
            active.policy,
            Identity(ask.caller.team, ask.caller.app, ask.caller.key_id),
            Call("chat", requested, model),
            scores,
            datetime.now(UTC),
        )
        return Judged(active, said, model, loaded.sha256, scan, found, scores, decision)

    async def _record(  # noqa: PLR0917 - the facts of one attempt
        self, ask: Ask, judged: Judged, candidate: Candidate, number: int, first: Attempt | None, failure: UpstreamError
    ) -> Attempt:
        """Make the record of one attempt durable and return what may be sent under it.

        The first attempt of a zone is a decision record, which the further ones refer to.
        """
        body = candidate.final_body(ask.body)
        up = evidence.upstream(candidate, judged.active, self._fingerprint(ask.caller.team, body))
        if first is None:
            receipt = decided = await self._append_decision(ask, judged, candidate.zone, up, new=failure is UNTRIED)
        else:
            decided = first.decided
            again = {"dec": decided.id, "attempt": number, "zone": candidate.zone, "up": up, "why": failure.why}
            receipt = await self._append("route.attempt", again, (decided.id, number))
        ask.clock.mark("audit")
        return Attempt(ask, judged, candidate, number, decided, receipt, body)

    async def _send(self, attempt: Attempt) -> Answer:
        """Issue the permit and send. Whatever happens instead of an answer is followed by an outcome record."""
        upstream, body = attempt.candidate.upstream, attempt.body
        permit: EgressPermit | None = None
        try:
            await self.pool.check(attempt.candidate)
            permit = EgressPermit(attempt.receipt.id, attempt.ask.caller.team, upstream.id, upstream.zone, body)
            response = await self.pool.client(upstream).send(permit, body)
        except BaseException as error:
            written = permit is not None and permit.written
            status, sent = (how_it_ended(error), len(body)) if written else ("not_sent", 0)
            self.outcomes.write(attempt.outcome(status, sent=sent))
            if isinstance(error, (PermitError, AuditUnavailable)):
                text = "The audit log does not confirm the decision."
                raise Unavailable(text, code="audit_unavailable") from None
            raise
        attempt.ask.clock.mark("ttfb")
        if response.status_code in TRY_ELSEWHERE:
            self.outcomes.write(attempt.outcome("upstream_error", http=response.status_code, sent=len(body)))
            await response.aclose()
            raise Lost(f"http_{response.status_code}", answered=response.status_code)
        return Answer(attempt, response, self.outcomes)

    async def _refuse(self, ask: Ask, judged: Judged) -> NoReturn:
        """Record what cannot be sent anywhere, and raise why."""
        receipt = await self._append_decision(ask, judged, judged.decision.zone, None)
        self.outcomes.write(evidence.outcome(receipt.id, 1, "not_sent"))
        error: RingfenceError
        if judged.decision.outcome is Outcome.BLOCK:
            told = explain(judged.active.policy, judged.decision).for_caller()
            error = PolicyRefused("The policy of your organisation refuses this request.", explanation=told)
        else:
            zones = ", ".join(judged.decision.zones)
            text = f"No model server of the zones that are left ({zones}) serves this model."
            error = Unavailable(text, code="no_upstream", retry_after_s=None)
        error.receipt = {**receipt_headers(ask, receipt), "x-ringfence-decision": judged.decision.outcome.value}
        raise error

    async def _append_decision(
        self, ask: Ask, judged: Judged, zone: str | None, up: dict[str, Any] | None, *, new: bool = True
    ) -> Receipt:
        """Make a decision durable, and only then tell whom it obliges to be told: once, whatever zones are tried."""
        keyed = {"body": self._fingerprint(ask.caller.team, ask.raw), "ip": self._ip(ask)}
        body = evidence.decision(ask, judged, keyed, zone=zone, up=up)
        channels = judged.active.channels if new else NO_CHANNELS
        tell = partial(self.notifier.tell, body, judged.active.policy, channels)
        receipt = await self._append("route.decision", body, None, tell)
        tell(receipt)
        return receipt

    async def _append(
        self, kind: str, body: Mapping[str, Any], of: tuple[str, int] | None, also: Late = lambda _: None
    ) -> Receipt:
        """Make a record durable; one that becomes so too late, or when nobody waits any more, is closed at once."""

        def close(receipt: Receipt) -> None:
            if not body.get("dry_run"):
                self.outcomes.write(evidence.outcome(*(of or (receipt.id, 1)), "not_sent"))
            also(receipt)

        try:
            return await self.audit.append(kind, body, late=close)
        except AuditError as error:
            raise evidence.unrecorded(error) from None

    def _fingerprint(self, tenant: str, body: bytes) -> str:
        return self.audit.fingerprinter.fingerprint(tenant, "body", "chat", body)

    def _ip(self, ask: Ask) -> str:
        return self.audit.fingerprinter.fingerprint(ask.caller.team, "ip", "ip", evidence.address_bytes(ask.address))


def _unanswered(attempt: Attempt | None, failure: UpstreamError, ways: list[Route]) -> RingfenceError:
    """Say why nothing came back, with the receipt of the last decision."""
    error: RingfenceError
    if isinstance(failure, Lost) and failure.answered == TOO_MANY:
        text = "The model server is at its rate limit."
        error = UpstreamRefused(text, status=TOO_MANY, code="rate_limit_exceeded", retry_after_s=1)
    elif isinstance(failure, Lost) and not failure.answered:
        text = f"The model server gave no answer ({failure.reason}); it may have received the request."
        error = Unavailable(text, code="upstream_lost", retry_after_s=None)
    else:
        zones = ", ".join(route.zone for route in ways)
        text = f"No model server answered in the zones that this request may use ({zones}): {failure.reason}."
        error = Unavailable(text, code="upstream_unavailable")
    if attempt is not None:
        error.receipt = attempt.headers()
    return error
