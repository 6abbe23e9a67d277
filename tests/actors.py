"""Detector workers that play a part: they answer, die, hang or lie as the test says, in the test's own event loop.

The engine in front of them is the real one; it speaks the real protocol with them over real sockets, and a stand-in
for the supervisor replaces whomever it has killed.
"""

import asyncio
import contextlib
import hashlib
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Literal

from proxy.detection import control, protocol
from proxy.detection.engine import Engine
from proxy.detection.findings import DetectorSet, Segment, Unit
from proxy.detection.tasks import Hit, Result, Task
from proxy.settings import Settings

Act = Literal["answer", "slow", "retire", "die", "hang", "half", "garbage", "lie", "twice"]
LOADED = DetectorSet(frozenset({"PERSON", "UNSCANNED"}), (), "0" * 64)


def said(text: str, at: int = 0, role: str = "user") -> Unit:
    """Return one message; where it ends in a question mark, it makes no seam with the next."""
    return Unit(f"messages[{at}]", role, (Segment(f"messages[{at}].content", "content", text),))


def value_id(task: Task) -> bytes:
    """Return what a sound answer finds in a task, so that answers cannot be mixed up unseen."""
    return hashlib.blake2b(repr(task).encode(), digest_size=16).digest()


class Actors:
    """The supervisor's part: hands workers to an engine and replaces those that the engine gives up.

    The workers' requests are answered with `acts`, one by one, and `then` ever after. `seen` and `answered` count the
    tasks, `by` lists the slots whose workers took requests, and `acted` what they did.
    """

    def __init__(
        self,
        acts: Iterable[Act] = (),
        then: Act = "answer",
        workers: int = 2,
        slow_s: float = 0.05,
        loaded: DetectorSet = LOADED,
    ) -> None:
        self._acts, self._then = iter(acts), then
        self._slow_s = slow_s
        self._loaded = loaded
        self._mine, its = socket.socketpair()
        self._mine.setblocking(False)  # noqa: FBT003
        self.control_fd = its.detach()
        self._generations = [0] * workers
        self._playing: dict[int, asyncio.Task[None]] = {}
        self.seen: Counter[Task] = Counter()
        self.answered: Counter[Task] = Counter()
        self.by: list[int] = []
        self.acted: list[Act] = []
        self.replaced = 0
        self._sockets: list[socket.socket] = []

    async def supervise(self) -> None:
        """Replace workers for as long as the engine is there."""
        control.send(self._mine, {"loaded": control.describe(self._loaded)})
        for slot in range(len(self._generations)):
            self._hire(slot)
        reader, writer = await asyncio.open_unix_connection(sock=self._mine)
        try:
            while line := await reader.readline():
                message = json.loads(line)
                slot = message["kill"]
                if message["generation"] == self._generations[slot]:
                    self._playing[slot].cancel()
                    await asyncio.sleep(0.005)
                    self.replaced += 1
                    self._hire(slot)
        finally:
            writer.transport.abort()

    def _hire(self, slot: int) -> None:
        self._generations[slot] += 1
        servers_end, its = socket.socketpair()
        self._sockets.append(its)
        message = {"worker": slot, "generation": self._generations[slot], "pid": 1000 + slot}
        with servers_end:
            control.send(self._mine, message, (servers_end.fileno(),))
        self._playing[slot] = asyncio.get_running_loop().create_task(self._play(slot, its))

    async def _play(self, slot: int, sock: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=sock, limit=1 << 22)
        try:
            await _frame(reader)
            while True:
                number, tasks = protocol.read_request(await _frame(reader))
                self.seen.update(tasks)
                self.by.append(slot)
                act = next(self._acts, self._then)
                self.acted.append(act)
                if act in ("slow", "twice"):
                    await asyncio.sleep(self._slow_s)
                await self._perform(act, number, tasks, writer)
        except (asyncio.IncompleteReadError, OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    async def _perform(self, act: Act, number: int, tasks: list[Task], writer: asyncio.StreamWriter) -> None:
        results = [Result((Hit("PERSON", 0.9, "actor", 0, value_id(task)),), frozenset(), 1) for task in tasks]
        sound = protocol.answer(number, results, last=act == "retire")
        if act in ("answer", "slow", "retire", "twice"):
            self.answered.update(tasks)
            writer.write(sound * 2 if act == "twice" else sound)
        elif act == "half":
            writer.write(sound[: len(sound) // 2])
            await writer.drain()
            raise EOFError
        elif act == "die":
            raise EOFError
        elif act == "hang":
            await asyncio.sleep(3600)
        elif act == "garbage":
            writer.write(protocol.HEADER.pack(40) + b"\xff" * 40)
        elif act == "lie":
            writer.write(protocol.answer(number, results[:-1], last=False))
        await writer.drain()

    def end_script(self) -> None:
        """Play what comes after the acts, from now on."""
        self._acts = iter(())

    async def close(self) -> None:
        """End everybody."""
        for task in self._playing.values():
            task.cancel()
        await asyncio.gather(*self._playing.values(), return_exceptions=True)
        for sock in self._sockets:
            sock.close()


async def _frame(reader: asyncio.StreamReader) -> dict[str, object]:
    size = protocol.length(await reader.readexactly(protocol.HEADER.size), limit=protocol.MAX_FRAME)
    return protocol.parse(await reader.readexactly(size))


@contextlib.asynccontextmanager
async def staged(actors: Actors, **settings: object) -> AsyncIterator[Engine]:
    """Host an engine before these workers until the block ends."""
    engine = Engine(actors.control_fd, Settings(**settings))  # type: ignore[arg-type]
    await engine.start()
    supervising = asyncio.create_task(actors.supervise())
    try:
        async with asyncio.timeout(10):
            while len(engine.worker_pids()) < len(actors._generations):  # noqa: ASYNC110 - the engine has no event
                await asyncio.sleep(0.001)
        yield engine
    finally:
        await engine.close()
        supervising.cancel()
        await asyncio.gather(supervising, return_exceptions=True)
        await actors.close()
