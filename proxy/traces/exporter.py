"""Tells a collector of requests that have ended: behind them, and without a second try.

What waits is bounded in bytes, and so is the time that each post may take. What there is no room for, and what the
collector does not take, is lost and counted: traces are for people who look at a server, the record is the log.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from contextlib import suppress
from itertools import islice

from proxy.notify.delivery import Undelivered
from proxy.notify.posting import Post
from proxy.traces import otlp
from proxy.traces.notes import Trace
from proxy.traces.spans import spans

log = logging.getLogger(__name__)
EVERY_S = 1.0
WITHIN_S = 5.0
CLOSE_S = 1.0
MAX_BYTES = 4 * 1024 * 1024
"""Of what waits: a thousand requests or two."""
BATCH = 256
"""Requests in one post."""


class Exporter:
    """Belongs to one event loop: of several server processes, each has its own."""

    def __init__(self, url: str) -> None:
        self._post = Post(url)
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._fates = Counter({"sent": 0, "lost": 0})
        self._wrong = ""
        """What was wrong with the last post."""

    def take(self, trace: Trace) -> None:
        """Queue the spans of a request that ended now. Never waits and never raises."""
        try:
            piece = otlp.encoded(trace.caller.trace, spans(trace, time.perf_counter()))
        except Exception as error:  # noqa: BLE001 - whatever it is, the request has its answer
            log.error("a trace was not made: %s", type(error).__name__)  # noqa: TRY400 - no text of an exception
            piece = b""
        if not piece or self._size + len(piece) > MAX_BYTES:
            self._fates["lost"] += 1
            return
        self._waiting.append(piece)
        self._size += len(piece)

    def fates(self) -> dict[tuple[str, ...], float]:
        """Return how many requests the collector was told of, and how many it was not."""
        return {(fate,): float(count) for fate, count in self._fates.items()}

    async def run(self) -> None:
        """Send what there is every second until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self._flush()

    async def close(self) -> None:
        """Send what is left, within CLOSE_S."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._flush()
        await self._post.close()

    async def _flush(self) -> None:
        while self._waiting:
            batch = list(islice(self._waiting, BATCH))
            wrong = await self._send(otlp.request(batch))
            for piece in batch:
                self._waiting.popleft()
                self._size -= len(piece)
            self._fates["lost" if wrong else "sent"] += len(batch)
            if wrong != self._wrong:
                self._wrong = wrong
                log.warning("the collector of traces %s", f"takes none: {wrong}" if wrong else "takes them again")

    async def _send(self, text: bytes) -> str:
        """Post; returns what was wrong, in a word of ours."""
        try:
            async with asyncio.timeout(WITHIN_S):
                status = await self._post.send(text)
        except Undelivered as failed:
            return failed.why
        except TimeoutError:
            return "timeout"
        except Exception as error:  # noqa: BLE001 - one post must not end the others
            log.error("a post failed in a way that it should not: %s", type(error).__name__)  # noqa: TRY400
            return "internal"
        return "" if 200 <= status < 300 else f"http_{status}"  # noqa: PLR2004 - what HTTP calls success
