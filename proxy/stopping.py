"""How a server that was told to stop ends what is still under way when its time is over.

By a cancellation, which becomes an answer (503), or the last event of a stream: who asked is to know that the answer is
not whole.
"""

import asyncio
from collections.abc import Iterable

from proxy.errors import Unavailable

WHY = "the server stops"
SAID = "Ringfence is stopping, and has ended this request before its answer was whole."


def end(tasks: Iterable["asyncio.Task[None]"]) -> None:
    """End these."""
    for task in tasks:
        task.cancel(WHY)


def caught(error: asyncio.CancelledError) -> bool:
    """Whether the task that runs this was ended so; what cancelled it counts as handled then."""
    task = asyncio.current_task()
    if task is None or WHY not in error.args:
        return False
    task.uncancel()
    return True


def refusal() -> Unavailable:
    """Return what is said of it."""
    return Unavailable(SAID, code="server_stopping")
