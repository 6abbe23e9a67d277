"""What is done about an own server's answer that is not sure: the next route is tried, and that answer kept.

Nothing here can send anything or widen where a request may go. The pipeline tries its next route as after a failure,
with a decision record, a permit and a scan of its own; and where nothing better comes of it, the caller is given what
was kept.
"""

from proxy.answers import Answer
from proxy.confidence.held import Held
from proxy.errors import RingfenceError
from proxy.limits.tokens import WANTED
from proxy.upstreams.errors import UpstreamError

Given = Answer | Held
"""What a caller is given: an answer as it comes, or one that has come."""


class Unsure(UpstreamError):
    """An own server gave an answer that is kept, and does not stand."""


class Escalation:
    """Of one request: the answer that is kept, if there is one."""

    def __init__(self) -> None:
        self._kept: Held | None = None

    async def settled(self, answer: Answer) -> Given:
        """Return the answer that the caller is given; raises Unsure where the next route is to be tried.

        A stream that comes of an escalation is passed on as it comes. Where a whole answer that does cannot be had, or
        a rule blocks it, the one that was kept is given.
        """
        gauge = answer.gauge
        if gauge is None and (self._kept is None or answer.streamed):
            return answer
        try:
            held = await Held.of(answer)
        except RingfenceError as error:
            return self.instead(error)
        ask, thresholds = held.attempt.ask, held.attempt.judged.decision.local_first
        if gauge is None or thresholds is None or not answer.ended_well:
            return held
        found = gauge.verdict(thresholds, limited=any(ask.body.get(name) is not None for name in WANTED))
        held = held.telling(found.confidence_bp)
        if found.sure:
            return held
        measured = {} if found.confidence_bp is None else {"confidence_bp": found.confidence_bp}
        ask.fate.escalates = {"dec": held.attempt.decided.id, "why": found.why, **measured}
        self._kept = held
        raise Unsure(found.why)

    def instead(self, error: RingfenceError) -> Held:
        """Return what was kept; raises the error where nothing was."""
        if self._kept is None:
            raise error
        return self._kept
