"""What a caller is told whose request was decided and got no answer, in words of ours."""

from collections.abc import Sequence

from proxy.answers import Attempt
from proxy.errors import PolicyRefused, RequestRefused, RingfenceError, Unavailable, UpstreamRefused
from proxy.evidence import Judged
from proxy.policy.explain import explain
from proxy.policy.model import Outcome
from proxy.routing import Route
from proxy.upstreams.errors import Lost, UpstreamError

TOO_MANY = 429


def nowhere(judged: Judged) -> RingfenceError:
    """Say why there is nowhere to send a request."""
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
