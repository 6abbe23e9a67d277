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

    `answered` is the status of an answer that there was after all, such as 503; 0 when there was none.
    """

    def __init__(self, reason: str, *, answered: int = 0) -> None:
        super().__init__(reason)
        self.answered = answered
        self.why = "upstream_error" if answered else "timeout" if reason == "timeout" else "unknown"
