"""Looks up the names of model servers, each in a thread of its own.

An event loop looks up no more than a few names at a time: as many of them whose name servers do not answer, asked for
in every round of health checks, would keep all other model servers from being connected to.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Apart:
    """Stands for a loop where a resolver asks one for names, each of them once at a time."""

    async def getaddrinfo(self, host: str, port: int, **hints: Any) -> list[tuple[Any, ...]]:
        """Return what a name stands for; raises OSError."""
        return await _apart(partial(socket.getaddrinfo, host, port, **hints))

    async def getnameinfo(self, address: tuple[Any, ...], flags: int) -> tuple[str, str]:
        """Return an address with its scope, as text."""
        return await _apart(partial(socket.getnameinfo, address, flags))


async def _apart(ask: Callable[[], T]) -> T:
    """Ask in a thread that nobody waits for at the end of the process."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[T] = loop.create_future()

    def told(answer: T | None, error: Exception | None) -> None:
        if found.done():  # nobody waits any more
            return
        if error is None:
            found.set_result(cast("T", answer))
        else:
            found.set_exception(error)

    def work() -> None:
        answer, failure = None, None
        try:
            answer = ask()
        except Exception as error:  # noqa: BLE001 - whoever asked gets it
            failure = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(told, answer, failure)

    threading.Thread(target=work, name="names", daemon=True).start()
    return await found
