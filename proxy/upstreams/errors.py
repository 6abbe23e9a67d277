"""How an attempt at a model server fails, and whether a byte of it may have gone out."""


class UpstreamError(Exception):
    """An attempt failed. `reason` is one of ours, never the upstream's or the library's text."""

    why = "unknown"
    """How the record of a further attempt names this failure."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSent(UpstreamError):
    """No byte of the body was written: refused, unresolved, wrong address, failed TLS, or no connection in time."""

    why = "not_sent"


class Lost(UpstreamError):
    """Something was written and no usable answer came back; the upstream may have acted on it.

    `answered` is the status of an answer that there was after all, such as 503; 0 when there was none. `code` is ours
    for what that said, and `retry_after_s` how long it asks to wait; None where it does not say.
    """

    def __init__(
        self, reason: str, *, answered: int = 0, code: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(reason)
        self.answered = answered
        self.code = code
        self.retry_after_s = retry_after_s
        self.why = "upstream_error" if answered else "timeout" if reason == "timeout" else "unknown"
