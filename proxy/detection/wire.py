"""The server's end of a worker's socket. A worker speaks when it is asked, and then once: all else is its end."""

import asyncio
from collections.abc import Callable
from typing import cast

from proxy.detection import protocol


class Wire(asyncio.Protocol):
    """One connection, of one event loop. `ended` is called once, when the worker is gone or of no more use."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.over = False
        """Whether nothing can be asked any more."""
        self._ended = ended
        self._transport: asyncio.WriteTransport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._come = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def tell(self, frame: bytes) -> None:
        """Send what is not answered."""
        if self._transport is not None:
            self._transport.write(frame)

    async def ask(self, frame: bytes) -> bytes:
        """Send a frame and return the body of the one that answers it.

        Raises ConnectionError where the worker is gone, and ProtocolError where no frame can begin like that.
        """
        if self.over:
            raise ConnectionResetError
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self.tell(frame)
            return await self._answer
        finally:
            self._answer = None

    def data_received(self, data: bytes) -> None:
        """Take what comes; more than the one answer is an end."""
        answer = self._answer
        if answer is None or answer.done():
            self._end()
            return
        come, begin = self._come, protocol.HEADER.size
        come += data
        if len(come) < begin:
            return
        try:
            end = begin + protocol.length(bytes(come[:begin]), limit=protocol.MAX_ANSWER)
        except protocol.ProtocolError as error:
            answer.set_exception(error)
            return
        if len(come) >= end:
            answer.set_result(bytes(come[begin:end]))
            self._come = bytearray()
        if len(come) > end:
            self._end()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """Take note that the worker is gone."""
        self._end()

    def close(self) -> None:
        """Let go of the worker, which then ends by itself."""
        if self._transport is not None:
            self._transport.abort()

    def _end(self) -> None:
        if not self.over:
            self.over = True
            if self._answer is not None and not self._answer.done():
                self._answer.set_exception(ConnectionResetError())
            self._ended()
