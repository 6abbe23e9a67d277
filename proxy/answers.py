"""What comes back: an answer passed on as it comes, or our own words in place of an upstream's error.

An upstream's error text may repeat the prompt (vLLM and llama.cpp do), so none is relayed, logged or recorded: the
status is kept where it means something to the caller, and the code only if it is one of those listed here.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Self

import orjson

from audit.jobs import Receipt, Spooled
from proxy import evidence, stopping
from proxy.confidence.gauge import Gauge
from proxy.confidence.measured import Measured
from proxy.confidence.measuring import measured
from proxy.costs.ledger import Ledger
from proxy.endpoints.endpoint import with_usage
from proxy.errors import PolicyRefused, RingfenceError, Unavailable, UpstreamRefused
from proxy.evidence import Ask, Judged
from proxy.holders import Keeping, not_found
from proxy.notify.dispatch import Notifier
from proxy.outcomes import Outcomes
from proxy.outgoing import priced
from proxy.policy.answering import Verdict
from proxy.policy.local_first import BASIS
from proxy.policy.model import Call, Outcome
from proxy.routing import Candidate
from proxy.scanning.tally import Asked
from proxy.scanning.watch import Watch
from proxy.state.database import StateUnavailable
from proxy.state.held import HeldStates
from proxy.traces import notes
from proxy.upstreams import said
from proxy.upstreams.connection import Response
from proxy.upstreams.errors import Lost
from proxy.upstreams.estate.turns import Turn
from proxy.upstreams.kinds.known import KINDS
from proxy.upstreams.permit import Outgoing
from proxy.upstreams.sse import relay

MAX_ANSWER_BYTES = 64 * 1024 * 1024
BLOCKED = "answer_blocked"
WHOLE = frozenset({"ok", BLOCKED})
"""How an answer ends of which all was looked at that had to be."""
FAULTS = frozenset({"upstream_error", "timeout"})
"""How an answer ends for which its server is to blame."""
LEFT = frozenset({"client_abort", "unknown"})
"""And one that might have ended in any way."""
BROKEN_OFF = "The model server broke off its answer."
CALLER_LEFT = "the caller left"
"""The message of the cancellation of a request whose caller closed the connection."""
TOO_LONG = "context_length_exceeded"
UNKNOWN_THERE = frozenset({404, 405, 501})
"""Answers of a model server that does not keep something any more, or cannot be asked for what it keeps."""
KEPT_STATUS = frozenset({400, 404, 409, 413, 415, 422, 429})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recorded attempt, with the permit for it."""

    ask: Ask
    judged: Judged
    candidate: Candidate
    number: int
    decided: Receipt | Spooled
    """Of the decision record, which further attempts refer to as well."""
    receipt: Receipt | Spooled
    """Of this attempt's own record; the permit is issued under it."""
    outgoing: Outgoing
    ledger: Ledger
    dropped: tuple[str, ...] = ()
    """Parameters that its upstream does not obey."""
    confidence_bp: int | None = None
    """How sure its answer was measured to be."""

    def outcome(self, status: str, **facts: Any) -> dict[str, Any]:
        """Return the body of the attempt's outcome record, which the request's fate and the ledger follow."""
        self.ask.fate.ended(status, facts.get("http"), facts.get("observed"))
        body = evidence.outcome(
            self.decided.id,
            self.number,
            status,
            candidate=self.candidate,
            active=self.judged.active,
            lat_us=self.ask.clock.total(),
            **facts,
        )
        notes.attempted(self.candidate.upstream.id, self.candidate.zone, body)
        if not self.ask.endpoint.op:
            registry, at = self.judged.active.registry, self.candidate
            model, prices = registry.registered(at.model), registry.estate.prices
            self.ledger.spent(self.ask.caller.identity, at.zone, model, body, prices)
        return body

    def blocked(self, verdict: Verdict) -> dict[str, Any]:
        """Return what channels are told of its answer, in the shape in which they are told of a decision."""
        told = [{"kind": "notify", "value": channel} for channel in verdict.notify]
        return {
            "answer": True,
            "req": {"endpoint": self.ask.endpoint.name},
            "actor": self.ask.caller.actor,
            "bundle": self.judged.active.record(),
            "classes": evidence.classes(verdict.classes),
            "decision": Outcome.BLOCK.value,
            "rules": [{"id": rule} for rule in verdict.rules],
            "obligations": told,
            "zone": self.candidate.zone,
            "dry_run": False,
        }

    def keeping(self, states: HeldStates) -> Keeping:
        """Return what remembers where its answer is kept, if it is."""
        at = self.candidate.upstream
        stores = self.candidate.zone in self.judged.decision.stores
        stored = self.ask.endpoint.stored(self.ask.body, vendor=at.vendor, stores=stores)
        return Keeping(states, self.ask.caller.team, at, stored)

    def asked(self) -> Asked:
        """Return what the rules on answers go by."""
        ask, judged = self.ask, self.judged
        requested = ask.body.get("model") if ask.body else judged.model
        call = Call(ask.endpoint.name, requested if isinstance(requested, str) else judged.model, judged.model)
        return Asked(judged.active.policy, ask.caller.identity, call, self.candidate.zone)

    def headers(self) -> dict[str, str]:
        """Return what a caller learns beside the answer: the decision, the zone, and the receipt of its record."""
        sure, unsure = self.confidence_bp, self.ask.fate.escalates
        return {
            **receipt_headers(self.ask, self.decided),
            "x-ringfence-decision": self.judged.decision.outcome.value,
            "x-ringfence-zone": self.candidate.zone,
            "x-ringfence-upstream": self.candidate.upstream.id,
            **({"x-ringfence-dropped-params": ", ".join(self.dropped)} if self.dropped else {}),
            **({"x-ringfence-confidence": f"{sure / BASIS:.2f}"} if sure is not None else {}),
            **({"x-ringfence-escalated": unsure["why"]} if unsure and unsure["dec"] != self.decided.id else {}),
            "server-timing": ", ".join(f"{stage};dur={us / 1000:.3f}" for stage, us in self.ask.clock.spent.items()),
        }


class Answer:
    """An upstream's open answer to one attempt, to be read under `async with`.

    Its end writes the outcome record, once, and closes the upstream's connection: whether the answer was read to the
    end, the caller left, or something failed.
    """

    def __init__(
        self,
        attempt: Attempt,
        response: Response,
        outcomes: Outcomes,
        keeping: Keeping,
        *,
        watch: Watch,
        notifier: Notifier,
        turn: Turn,
    ) -> None:
        self.attempt = attempt
        self._turn = turn
        self._keeping = keeping
        self._watch = watch
        self._notifier = notifier
        self._response = response
        self._outcomes = outcomes
        self._received = 0
        at, ask = attempt.candidate.upstream, attempt.ask
        hides = ask.endpoint.hides_usage(ask.body) and priced(attempt.judged, attempt.candidate)
        self._dialect = ask.endpoint.dialect()
        self._dialect.hides_usage = hides
        asked = with_usage(ask.body) if hides else ask.body
        self._translation = KINDS[at.kind].translation(at, ask.endpoint.name, asked)
        self.gauge: Gauge | None = None
        """What measures it; None where nothing does."""
        if measured(ask, attempt.judged, attempt.candidate):
            self.gauge = Gauge()
            self._translation = Measured(self._translation, self.gauge, asked=ask.body.get("logprobs") is True)
        self._status = ""
        """How the answer ended by itself; empty as long as it has not."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        status = self._status or how_it_ended(error)
        if status in LEFT:
            self._turn.left()
        else:
            self._leave(ok=status not in FAULTS and self._response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR)
        body = self.attempt.outcome(
            status,
            http=self._response.status_code,
            observed=self._dialect.observed,
            sent=len(self.attempt.outgoing.body),
            received=self._received,
        )
        if self.ended_well and self.gauge is not None and self.gauge.confidence_bp is not None:
            body["confidence_bp"] = self.gauge.confidence_bp
        self._outcomes.write(
            body,
            partial(self._watch.finish, broken=self._status not in WHOLE),
            self._tell,
        )
        self._response.close()

    @property
    def streamed(self) -> bool:
        """Whether the answer is a stream of events."""
        kind = self._translation.content_type if self._translation else "text/event-stream"
        return self._response.status_code == HTTPStatus.OK and self._response.headers.get(
            "content-type", ""
        ).startswith(kind)

    @property
    def ended_well(self) -> bool:
        """Whether it was read to its end, and nothing was wrong with it."""
        return self._status == "ok"

    async def whole(self) -> bytes:
        """Read the whole answer as JSON bytes; raises one of `proxy.errors` in place of what is not to be had."""
        try:
            body = await self._read()
        except Lost as error:
            self._status = how_it_ended(error)
            self._leave(ok=False)
            raise self._receipted(UpstreamRefused(BROKEN_OFF, status=502, code="upstream_lost")) from None
        status, answer = self._judge(body)
        if status != "ok":
            self._status = status
            raise self._receipted(_refusal(self._response, answer, self.attempt))
        try:
            await self._watch.whole(body, answer)
            await self._keeping.remember(self._dialect.states)
            if self.attempt.ask.endpoint.op == "delete":
                await self._keeping.forget(self.attempt.judged.content.references)
        except StateUnavailable as error:
            self._status = "unknown"
            raise self._receipted(error) from None
        except (PolicyRefused, Unavailable) as error:
            self._status = BLOCKED
            raise self._receipted(error) from None
        self._status = status
        return body

    async def events(self) -> AsyncGenerator[bytes]:
        """Pass a stream on, event by event."""
        try:
            async with (
                aclosing(relay(self._chunks(), self._dialect)) as events,
                aclosing(self._watch.passed(events)) as passed,
            ):
                async for event in passed:
                    await self._keeping.remember(self._dialect.states)
                    yield event
            self._status = "upstream_error" if self._dialect.observed.failed else "ok"
        except Lost as error:
            self._status = "timeout" if error.reason == "timeout" else "upstream_error"
            yield self._dialect.error_event(BROKEN_OFF, "upstream_lost")
        except asyncio.CancelledError as error:
            if not stopping.caught(error):
                raise
            self._status = "unknown"
            yield self._dialect.error_event(stopping.SAID, stopping.refusal().code)
        except StateUnavailable as error:
            self._status = "unknown"
            yield self._dialect.error_event(error.message, error.code)
        except (PolicyRefused, Unavailable) as error:
            self._status = BLOCKED
            yield self._dialect.refusal_event(error)

    def _leave(self, *, ok: bool) -> None:
        """Give the place at the upstream back, once, and say whether it did its part."""
        self._turn.ended(ok=ok, ttfb_us=self.attempt.ask.clock.spent.get("ttfb"))

    def _tell(self, receipt: Receipt | Spooled) -> None:
        """Tell whom a rule that blocked the answer obliges to be told, once its record is durable."""
        if self._watch.blocked is not None:
            active = self.attempt.judged.active
            body = self.attempt.blocked(self._watch.blocked)
            self._notifier.tell(body, active.policy, active.channels, receipt)

    def _receipted(self, error: RingfenceError) -> RingfenceError:
        error.receipt = self.attempt.headers()
        return error

    async def _read(self) -> bytes:
        body = bytearray()
        while chunk := await self._response.read():
            self._received += len(chunk)
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise Lost("answer_too_large")
        return self._translation.whole(bytes(body), self._response.status_code) if self._translation else bytes(body)

    def _chunks(self) -> AsyncIterator[bytes]:
        return self._translation.stream(self._count()) if self._translation else self._count()

    async def _count(self) -> AsyncIterator[bytes]:
        while chunk := await self._response.read():
            self._received += len(chunk)
            yield chunk

    def _judge(self, body: bytes) -> tuple[str, Any]:
        try:
            answer = orjson.loads(body)
        except orjson.JSONDecodeError:
            answer = None
        if self._response.status_code != HTTPStatus.OK:
            return "refused_by_upstream", answer
        if not isinstance(answer, dict) or self._dialect.is_error(answer):
            return "upstream_error", answer
        self._dialect.see(answer)
        return "ok", answer


def how_it_ended(error: BaseException | None) -> str:
    """Name, for an outcome, what broke off an attempt that had begun. Only a caller's leaving is called that."""
    if isinstance(error, Lost) and error.reason == "timeout":
        return "timeout"
    left = isinstance(error, asyncio.CancelledError) and CALLER_LEFT in error.args
    return "client_abort" if left else "unknown"


def receipt_headers(ask: Ask, receipt: Receipt | Spooled) -> dict[str, str]:
    """Return the headers with which a caller can later prove that the record existed.

    A record in the spool has no place in the log yet, only the id that it will have there.
    """
    named = {**dict.fromkeys(ask.endpoint.id_headers, ask.id), "x-ringfence-audit-id": receipt.id}
    if isinstance(receipt, Spooled):
        return {**named, "x-ringfence-audit": "spooled"}
    return {
        **named,
        "x-ringfence-audit-seq": str(receipt.seq),
        "x-ringfence-audit-link": receipt.link,
    }


def _refusal(response: Response, answer: Any, attempt: Attempt) -> RingfenceError:
    if attempt.ask.endpoint.bodiless and response.status_code in UNKNOWN_THERE:
        return not_found(None)
    code = said.code(answer)
    status = HTTPStatus.BAD_REQUEST.value if code == TOO_LONG else response.status_code
    if status in KEPT_STATUS:
        return UpstreamRefused(
            f"The model server refused the request with status {status}.",
            status=status,
            code=code or "upstream_refused",
            retry_after_s=said.retry_after(response.headers),
        )
    return UpstreamRefused(
        f"The model server gave no usable answer (status {status}).", status=502, code=code or "upstream_error"
    )
