"""How an answer in a server's own form becomes one of the OpenAI API, before anything else reads it."""

from collections.abc import AsyncIterator
from typing import Protocol


class Translation(Protocol):
    """Of one answer. What it cannot read is passed on as an error of the OpenAI API, without its text."""

    content_type: str
    """Of what it yields for a stream."""

    def whole(self, body: bytes, status: int) -> bytes:
        """Return a whole answer, of any status, as the OpenAI API's."""

    def stream(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield a stream as server-sent events of the OpenAI API."""
