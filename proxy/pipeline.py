"""The way of a request, from a parsed body to an open answer. Read this page to believe the promises.

    endpoint.read       every part of the body, or what cannot be read as text
    look_up             what holds whatever it refers to: then it may go only there
    detector.scan       findings, or an incomplete scan, which is a finding of its own
    decide              the zones that are left; pure
    audit.append        the decision record, durable before anything else happens: in the log, or, if it leads to an own
                        server and the operator allows it, in the spool while the log takes none
    notifier.tell       whom the decision obliges to be told, behind the request
    EgressPermit        only from the receipt of that record, for these bytes and this upstream
    client.send         redeems the permit, or sends nothing

What has a decision's record gets an outcome's. A route holds the upstreams of one zone; the routes are those of the
zones that the decision left, so no retry can leave them, and no escalation (`confidence`), which only goes on to the
next one, and to a vendor's only if the policy and the upstreams of that moment leave it too (`deciding`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from audit.errors import AuditError, AuditUnavailable
from audit.jobs import Late, Receipt, Spooled
from audit.log import AuditLog
from proxy import evidence
from proxy.activation import Activation
from proxy.answers import Answer, Attempt, how_it_ended, receipt_headers
from proxy.capabilities import dropped
from proxy.confidence.escalation import Escalation, Given, Unsure
from proxy.costs.ledger import Ledger
from proxy.deciding import decided, outlived, still_left
from proxy.detection.findings import Detector
from proxy.errors import RingfenceError, Unavailable
from proxy.evidence import Ask, Judged
from proxy.holders import look_up
from proxy.notify.channels import NO_CHANNELS
from proxy.notify.dispatch import Notifier
from proxy.outcomes import Outcomes
from proxy.outgoing import outgoing
from proxy.refusals import TOO_MANY, nowhere, unanswered, unavailable
from proxy.routing import Candidate
from proxy.scanning.watches import Watches
from proxy.settings import Settings
from proxy.state.held import HeldStates
from proxy.upstreams.errors import Lost, UpstreamError
from proxy.upstreams.estate.estate import Estate
from proxy.upstreams.estate.turns import Turn, Turns
from proxy.upstreams.permit import EgressPermit, PermitError
from proxy.upstreams.pool import Pool
from proxy.upstreams.said import refusal

Of = tuple[str, int] | None
UNTRIED = UpstreamError("none")
TRY_ELSEWHERE = frozenset({408, TOO_MANY, 500, 502, 503, 504, 529})
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
    estate: Estate
    ledger: Ledger
    notifier: Notifier
    states: HeldStates
    watches: Watches
    stopped: Callable[[], Unavailable | None]
    """Says why nothing is to be sent, whatever is asked."""

    async def answer(self, ask: Ask) -> Given:
        """Judge, record, send; the answer is open. Raises the errors of `proxy.errors`."""
        if stop := self.stopped():
            raise stop
        judged = await self.judge(ask)
        if not judged.routes:
            await self._refuse(ask, judged, nowhere(ask, judged))
        failure, attempt, escalation = UNTRIED, None, Escalation()
        waits: list[Turns] = []
        for route in still_left(ask, judged, self.activation, self.ledger):
            last: Attempt | None = None
            again = not (attempt is None or isinstance(failure, Unsure))
            turns = self.estate.turns(route, again=again, balance=judged.active.registry.balance(route.zone))
            while turn := await turns.next():
                ask.clock.mark("queue")
                try:
                    with turn:
                        last = attempt = await self._record(ask, judged, turn.candidate, last, failure)
                        answer = await self._send(attempt, turn)
                    return await escalation.settled(answer)
                except UpstreamError as error:
                    failure = error
                except RingfenceError as error:
                    return escalation.instead(error)
                if isinstance(failure, Unsure):
                    break
                if isinstance(failure, Lost) and not failure.answered and turn.candidate.upstream.vendor:
                    return escalation.instead(unanswered(attempt, failure, judged.routes))
            waits.append(turns)
        if attempt is None:
            await self._refuse(ask, judged, unavailable(waits, judged.routes))
        return escalation.instead(unanswered(attempt, failure, judged.routes))

    async def inspect(self, ask: Ask) -> tuple[Judged, Receipt | Spooled]:
        """Judge and record a dry run: nothing is sent."""
        judged = await self.judge(ask)
        return judged, await self._append_decision(ask, judged)

    async def judge(self, ask: Ask) -> Judged:
        """Read, scan and decide, under one snapshot of the bundle."""
        active = self.activation.active
        said = ask.endpoint.said(ask.body, self.settings.max_depth, active.registry.tokenizers)
        calls = evidence.calls(ask, active.registry)
        loaded = self.detector.loaded
        if loaded is None:
            raise Unavailable("No detector is loaded.", code="detectors_unavailable")
        known = await look_up(self.states, ask.caller.team, said.references, active.registry)
        for state in (known, known.elsewhere()) if known.optional else (known,):
            content = state.of(said)
            scan = await self.detector.scan(ask.caller.team, state.to_scan(said))
            ask.clock.mark("detect")
            found = evidence.findings(scan, content)
            scores = evidence.scores(found)
            for call in calls:
                made = decided(active, self.ledger, ask, call, scores)
                judged = Judged(active, content, call.resolved, loaded.sha256, scan, found, scores, made, state.holder)
                judged = judged.routed(ask)
                if judged.routes:
                    return judged
        return judged

    async def _record(
        self, ask: Ask, judged: Judged, candidate: Candidate, last: Attempt | None, failure: UpstreamError
    ) -> Attempt:
        """Make the record of one attempt durable, the first of a zone's as a decision; return what it lets be sent."""
        if stop := self.stopped():  # since it was judged, or tried elsewhere
            raise stop
        if changed := outlived(ask, judged, candidate, self.activation, self.ledger):
            await self._refuse(ask, judged, changed)
        salt = self.audit.fingerprinter.fingerprint(ask.caller.team, "cache", "salt", b"")
        final, unused = outgoing(ask, judged, candidate, salt), dropped(candidate, judged.needs).reported
        up = evidence.upstream(candidate, judged.active, self._fingerprint(ask, final.told), unused)
        if last is None:
            number = 1
            receipt = decided = await self._append_decision(ask, judged, candidate, up, failure is UNTRIED)
        else:
            decided, number = last.decided, last.number + 1
            again = {"dec": decided.id, "attempt": number, "zone": candidate.zone, "up": up, "why": failure.why}
            receipt = await self._append("route.attempt", again, candidate, (decided.id, number))
        ask.clock.mark("audit")
        return Attempt(ask, judged, candidate, number, decided, receipt, final, self.ledger, unused)

    async def _send(self, attempt: Attempt, turn: Turn) -> Answer:
        """Issue the permit and send. Whatever happens instead of an answer is followed by an outcome record."""
        upstream, outgoing = attempt.candidate.upstream, attempt.outgoing
        permit: EgressPermit | None = None
        try:
            await self.pool.check(attempt.candidate)
            permit = EgressPermit.issue(attempt.receipt, attempt.ask.caller.team, upstream, outgoing)
            response = await self.pool.client(upstream).send(permit, outgoing)
        except BaseException as error:
            written = permit is not None and permit.written
            status, sent = (how_it_ended(error), len(outgoing.body)) if written else ("not_sent", 0)
            self.outcomes.write(attempt.outcome(status, sent=sent))
            if isinstance(error, (PermitError, AuditUnavailable)):
                text = "The audit log does not confirm the decision."
                raise Unavailable(text, code="audit_unavailable") from None
            raise
        attempt.ask.clock.mark("ttfb")
        if response.status_code in TRY_ELSEWHERE:
            self.outcomes.write(attempt.outcome("upstream_error", http=response.status_code, sent=len(outgoing.body)))
            raise await refusal(response)
        watch = self.watches.begin(attempt.asked())
        kept = attempt.keeping(self.states)
        return Answer(attempt, response, self.outcomes, kept, watch=watch, notifier=self.notifier, turn=turn)

    async def _refuse(self, ask: Ask, judged: Judged, error: RingfenceError) -> NoReturn:
        """Record what cannot be sent anywhere, and raise why."""
        receipt = await self._append_decision(ask, judged)
        self.outcomes.write(evidence.outcome(receipt.id, 1, "not_sent"))
        error.receipt = {**receipt_headers(ask, receipt), "x-ringfence-decision": judged.decision.outcome.value}
        raise error

    async def _append_decision(
        self, ask: Ask, judged: Judged, at: Candidate | None = None, up: dict[str, Any] | None = None, new: bool = True
    ) -> Receipt | Spooled:
        """Make a decision durable, and only then tell whom it obliges to be told: once, whatever zones are tried."""
        address = self.audit.fingerprinter.fingerprint(ask.caller.team, "ip", "ip", evidence.address_bytes(ask.address))
        keyed = {"body": self._fingerprint(ask, ask.raw), "ip": address}
        body = evidence.decision(ask, judged, keyed, zone=at.zone if at else judged.decision.zone, up=up)
        channels = judged.active.channels if new else NO_CHANNELS
        tell = partial(self.notifier.tell, body, judged.active.policy, channels)
        receipt = await self._append("route.decision", body, at, None, tell)
        tell(receipt)
        return receipt

    async def _append(
        self, kind: str, body: Mapping[str, Any], at: Candidate | None, of: Of = None, also: Late = lambda _: None
    ) -> Receipt | Spooled:
        """Make a record durable; one that becomes so too late, or when nobody waits any more, is closed at once."""

        def close(receipt: Receipt | Spooled) -> None:
            if not body.get("dry_run"):
                self.outcomes.write(evidence.outcome(*(of or (receipt.id, 1)), "not_sent"))
            also(receipt)

        try:
            append = self.audit.append if at is None or at.upstream.vendor else self.audit.append_or_spool
            return await append(kind, body, late=close)
        except AuditError as error:
            raise evidence.unrecorded(error) from None

    def _fingerprint(self, ask: Ask, told: bytes) -> str:
        return self.audit.fingerprinter.fingerprint(ask.caller.team, "body", ask.endpoint.name, told)
