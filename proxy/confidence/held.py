"""An answer that was read to its end before any of it is passed on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Self

from proxy.answers import Answer, Attempt


class Held:
    """Reads as the open answer did from which it was taken. Its outcome is recorded, its connection closed."""

    def __init__(self, attempt: Attempt, pieces: list[bytes], *, streamed: bool) -> None:
        self.attempt = attempt
        self.streamed = streamed
        self._pieces = pieces

    @classmethod
    async def of(cls, answer: Answer) -> Self:
        """Read an answer; raises what its reading raises."""
        async with answer:
            if answer.streamed:
                async with aclosing(answer.events()) as events:
                    pieces = [event async for event in events]
            else:
                pieces = [await answer.whole()]
        answer.attempt.ask.clock.mark("ttfb")
        return cls(answer.attempt, pieces, streamed=answer.streamed)

    def telling(self, confidence_bp: int | None) -> Self:
        """Return it with how sure it is, if that was measured, for its caller."""
        return type(self)(replace(self.attempt, confidence_bp=confidence_bp), self._pieces, streamed=self.streamed)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Do nothing: it has ended."""

    async def whole(self) -> bytes:
        """Return a whole answer."""
        return b"".join(self._pieces)

    async def events(self) -> AsyncGenerator[bytes]:
        """Pass a stream on."""
        for piece in self._pieces:
            yield piece
