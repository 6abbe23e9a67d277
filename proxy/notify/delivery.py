"""What the three kinds of channel have in common: a note to deliver, and the word for not having delivered it."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Note:
    """One message to one channel. `due` is when it is given up, in seconds of the event loop's clock."""

    record: str
    """Id of the decision's record."""
    channel: str
    text: bytes
    due: float

    @property
    def id(self) -> str:
        """The same for every attempt, so that a receiver can tell a repetition."""
        return f"{self.record}_{self.channel}"


class Undelivered(Exception):
    """An attempt failed. `why` is a word of ours; `final` says that another attempt would fail as well."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.final = final


class Sink(Protocol):
    """Where a channel leads. Connections are opened when they are needed."""

    async def deliver(self, note: Note) -> None:
        """Deliver; raises Undelivered or TimeoutError, and may be cancelled at any point."""

    async def close(self) -> None:
        """Let go of every connection; the next delivery opens another."""


async def tls() -> ssl.SSLContext:
    """Return the terms of a TLS connection: a chain to an authority that the machine trusts, and the host's name.

    Made in a thread: to read a machine's authorities takes 50 ms, in which no request could go on.
    """
    return await asyncio.to_thread(ssl.create_default_context)


def reason(error: OSError) -> str:
    """Say in a word of ours what an error of a connection was."""
    match error:
        case ssl.SSLError():
            return "tls"
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError() | FileNotFoundError():
            return "refused"
        case BlockingIOError():
            return "busy"
        case _:
            return "lost"
