"""What a caller is told whose request was decided and got no answer, in words of ours."""

from collections.abc import Sequence
from datetime import UTC, datetime

from proxy import capabilities
from proxy.answers import Attempt
from proxy.errors import PolicyRefused, RequestRefused, RingfenceError, Unavailable, UpstreamRefused
from proxy.evidence import Ask, Judged
from proxy.policy.decide import decide
from proxy.policy.explain import explain
from proxy.policy.model import Call, Outcome
from proxy.routing import Route
from proxy.upstreams.errors import Lost, UpstreamError
from proxy.upstreams.estate.turns import Turns

TOO_MANY = 429
QUOTA = "insufficient_quota"


def nowhere(ask: Ask, judged: Judged) -> RingfenceError:
    """Say why there is nowhere to send a request."""
    if judged.lacking:
        return _incapable(ask, judged)
    if judged.decision.outcome is Outcome.BLOCK:
        told = explain(judged.active.policy, judged.decision).for_caller()
        return PolicyRefused("The policy of your organisation refuses this request.", explanation=told)
    zones = ", ".join(judged.decision.zones)
    if judged.holder is not None:
        text = (
            f"What this request refers to is kept in the zone {judged.holder.upstream.zone}, by a model server that it "
            f"may not go to or that does not serve its model; the zones that are left: {zones}. Send the items "
            "themselves, without the reference."
        )
        return RequestRefused(text, status=403, code="state_out_of_reach")
    text = f"No model server of the zones that are left ({zones}) serves this model."
    return Unavailable(text, code="no_upstream", retry_after_s=None)


def unanswered(attempt: Attempt | None, failure: UpstreamError, ways: Sequence[Route]) -> RingfenceError:
    """Say why nothing came back, with the receipt of the last decision."""
    error: RingfenceError
    if isinstance(failure, Lost) and failure.answered == TOO_MANY:
        wait = 1 if failure.retry_after_s is None else failure.retry_after_s
        text, code = "The model server is at its rate limit.", "rate_limit_exceeded"
        if failure.code == QUOTA:
            text, code = "What the organisation may spend at this model server is used up.", QUOTA
        error = UpstreamRefused(text, status=TOO_MANY, code=code, retry_after_s=wait)
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


def unavailable(waits: Sequence[Turns], routes: Sequence[Route]) -> RingfenceError:
    """Say why nothing was tried: every model server that could answer is down, is drained, or has too much to do."""
    zones = ", ".join(route.zone for route in routes)
    if any(turns.why == "busy" for turns in waits):
        text = f"The model servers of the zones that this request may use ({zones}) have as much to do as they may."
        return Unavailable(text, code="upstreams_busy")
    wait = min((turns.retry_after_s for turns in waits if turns.retry_after_s), default=None)
    text = f"No model server of the zones that this request may use ({zones}) takes requests at present."
    return Unavailable(text, code="upstream_unavailable", retry_after_s=wait)


def _incapable(ask: Ask, judged: Judged) -> RingfenceError:
    """Say what no model in reach can do, and which could that the same caller may ask for instead."""
    active, left = judged.active, set(judged.decision.zones)

    def zones_of(model: str) -> set[str]:
        call = Call(ask.endpoint.name, model, active.registry.registered(model))
        return left.intersection(
            decide(active.policy, ask.caller.identity, call, judged.scores, datetime.now(UTC)).zones
        )

    return capabilities.unavailable(
        judged.decision, judged.lacking, capabilities.suggestions(judged.needs, active.registry, zones_of)
    )
