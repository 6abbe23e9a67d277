"""A queue that is fair between tenants: they take turns, so that one's hundred requests delay another's one by one."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from proxy.detection.tasks import Result, Task


@dataclass(slots=True, eq=False)
class Job:
    """The uncached tasks of one scan. `deadline` is a time of the event loop's clock, in seconds."""

    tenant: str
    tasks: Sequence[Task]
    deadline: float
    done: asyncio.Future[list[Result] | None]
    """Gets None when the job has to make room for that of a quieter tenant."""

    def finish(self, results: list[Result] | None) -> None:
        """Hand the results over, unless nobody waits any more."""
        if not self.done.done():
            self.done.set_result(results)


class FairQueue:
    """Jobs by tenant, in turns. Belongs to one event loop."""

    def __init__(self) -> None:
        self._tenants: OrderedDict[str, deque[Job]] = OrderedDict()
        self._takers: deque[asyncio.Future[None]] = deque()
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def put(self, job: Job, *, first: bool = False) -> None:
        """Add a job; `first` gives one back that was taken for a worker that turned out to be gone."""
        line = self._tenants.setdefault(job.tenant, deque())
        if first:
            line.appendleft(job)
            self._tenants.move_to_end(job.tenant, last=False)
        else:
            line.append(job)
        self._waiting += 1
        self._wake()

    def make_room(self, tenant: str) -> bool:
        """Drop the newest job of the longest line; False if none is longer than this tenant's would be with one more.

        So whoever fills the queue waits for itself: a tenant with fewer jobs than another always finds room.
        """
        longest = max(self._tenants.values(), key=len, default=deque[Job]())
        if len(longest) <= len(self._tenants.get(tenant, ())) + 1:
            return False
        newest = longest[-1]
        self.discard(newest)
        newest.finish(None)
        return True

    def discard(self, job: Job) -> None:
        """Take out a job for which nobody waits any more, if it is still here."""
        line = self._tenants.get(job.tenant, deque[Job]())
        if job in line:
            line.remove(job)
            self._waiting -= 1
            if not line:
                del self._tenants[job.tenant]

    async def take(self) -> Job:
        """Wait for the next job whose caller still waits."""
        while True:
            while self._waiting:
                job = self._next()
                if not job.done.done():
                    return job
            taker = asyncio.get_running_loop().create_future()
            self._takers.append(taker)
            try:
                await taker
            except asyncio.CancelledError:
                if taker.done() and not taker.cancelled():
                    self._wake()
                raise

    def _next(self) -> Job:
        tenant, line = next(iter(self._tenants.items()))
        job = line.popleft()
        self._waiting -= 1
        if line:
            self._tenants.move_to_end(tenant)
        else:
            del self._tenants[tenant]
        return job

    def _wake(self) -> None:
        while self._takers:
            taker = self._takers.popleft()
            if not taker.done():
                taker.set_result(None)
                return
