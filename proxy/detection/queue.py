"""A queue that is fair: tenants take turns, and so do the scans of one tenant, part by part.

A scan is cut into parts, so that a long conversation neither keeps a worker from others nor waits for one worker while
more are idle. A task is never cut: one text alone may make a *long* part, which some workers leave to the others.

Work that nobody waits for is done *behind* all other: only what is idle does it, and never all workers at once.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from proxy.detection.tasks import Result, Task, failed

PART_SIZE = 8_000
"""How long one turn may take, in characters: a fifth of a second, or less."""
LONG_SIZE = 20_000
"""What makes a single text a long one."""
TASK_SIZE = 100
"""What a task costs beside its text, in characters."""


class Part:
    """Tasks that go to a worker at once. `results` is None until they were answered or given up, which is once."""

    def __init__(self, job: "Job", keys: Sequence[bytes], tasks: Sequence[Task], size: int) -> None:
        self.job = job
        self.keys = keys
        self.tasks = tasks
        self.size = size
        self.results: list[Result] | None = None

    @property
    def long(self) -> bool:
        """Whether it takes much more than a turn."""
        return self.size > LONG_SIZE

    def finish(self, results: list[Result]) -> None:
        """Hand the results over."""
        assert self.results is None  # noqa: S101 - a part is with one worker
        self.results = results
        self.job.left -= 1
        if not self.job.left:
            self.job.done.set()

    def fail(self, why: str) -> None:
        """Give it up, unless it was answered."""
        if self.results is None:
            self.finish([failed(why)] * len(self.tasks))


class Job:
    """The uncached tasks of one scan, by their keys. `deadline` is a time of the event loop's clock, in seconds."""

    def __init__(self, tenant: str, tasks: Mapping[bytes, Task], *, behind: bool = False) -> None:
        self.tenant = tenant
        self.behind = behind
        keys, these = list(tasks), list(tasks.values())
        self.parts = [Part(self, keys[first:end], these[first:end], size) for first, end, size in _cut(these)]
        self.waiting = deque(self.parts)
        self.size = sum(part.size for part in self.parts)
        self.deadline = float("inf")
        self.left = len(self.parts)
        self.begun = self.dropped = False
        """Whether a worker has some of it, and whether it had to make room for a quieter tenant's."""
        self.done = asyncio.Event()
        """Set as well where it was dropped, so that nobody waits for it."""


Lines = OrderedDict[str, deque[Job]]


class FairQueue:
    """Jobs that have parts waiting, by tenant; `behind` is how many parts of that kind are with workers at most.

    Belongs to one event loop. Counts, sizes and room are those of jobs that somebody waits for.
    """

    def __init__(self, behind: int = 1) -> None:
        self._tenants: Lines = OrderedDict()
        self._behind: Lines = OrderedDict()
        self._free = behind
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._tenants.values()))

    @property
    def behind(self) -> int:
        """How many jobs wait that are done behind all others."""
        return sum(map(len, self._behind.values()))

    def size(self) -> int:
        """Return the size of all that waits."""
        return sum(part.size for line in self._tenants.values() for job in line for part in job.waiting)

    def put(self, job: Job) -> None:
        """Add a job behind the others of its tenant."""
        self._lines(job).setdefault(job.tenant, deque()).append(job)
        self._news.set()

    def returned(self, part: Part) -> None:
        """Take note that a worker is done with a part."""
        self._free += part.job.behind
        self._news.set()

    def make_room(self, tenant: str) -> bool:
        """Drop the newest job of the longest line; False if none is longer than this tenant's would be with one more.

        So whoever fills the queue waits for itself: a tenant with fewer jobs than another always finds room. A job
        that was begun is not dropped.
        """
        lines = {name: [job for job in line if not job.begun] for name, line in self._tenants.items()}
        longest = max(lines.values(), key=len, default=[])
        if len(longest) <= len(lines.get(tenant, ())) + 1:
            return False
        newest = longest[-1]
        self.discard(newest)
        newest.dropped = True
        newest.done.set()
        return True

    def discard(self, job: Job) -> None:
        """Take out a job for which nobody waits any more, if it is still here."""
        lines = self._lines(job)
        line = lines.get(job.tenant, deque[Job]())
        if job in line:
            line.remove(job)
            if not line:
                del lines[job.tenant]

    def wake(self) -> None:
        """Let everyone who waits for a part see whether still to wait."""
        self._news.set()

    async def take(self, *, long: bool = True, until: Callable[[], bool] = lambda: False) -> Part | None:
        """Wait for the next part, for one that is not long unless `long`; None where `until` is true before."""
        while not until():
            if (part := next(self._open(long=long), None)) is not None:
                return self._taken(part)
            self._news.clear()
            await self._news.wait()
        return None

    def _taken(self, part: Part) -> Part:
        job = part.job
        job.begun = True
        job.waiting.remove(part)
        self._free -= job.behind
        lines = self._lines(job)
        line = lines[job.tenant]
        line.remove(job)
        if job.waiting:
            line.append(job)
        lines.move_to_end(job.tenant)
        if not line:
            del lines[job.tenant]
        return part

    def _lines(self, job: Job) -> Lines:
        return self._behind if job.behind else self._tenants

    def _open(self, *, long: bool) -> Iterator[Part]:
        """Yield what may be taken, in the order of turns."""
        for line in chain(self._tenants.values(), self._behind.values() if self._free > 0 else ()):
            for job in line:
                yield from (part for part in job.waiting if long or not part.long)


def _cut(tasks: Sequence[Task]) -> Iterator[tuple[int, int, int]]:
    """Cut into runs that are one turn each, where no single task is more: beginning, end and size."""
    first = size = 0
    for index, task in enumerate(tasks):
        more = TASK_SIZE + sum(len(text.key) + len(text.text) for text in task.texts)
        if index > first and size + more > PART_SIZE:
            yield first, index, size
            first, size = index, 0
        size += more
    if first < len(tasks):
        yield first, len(tasks), size
