"""Around every exchange: what its caller may still have, and, under an `Idempotency-Key`, once and never again.

Limits come first, so that a caller who asks again and again is slowed down whatever it asks. Who sent a key is worked
for to the end even if it leaves, for it will come back for the answer.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxy.api.shield import refuse
from proxy.errors import PolicyRefused, RequestRefused, RingfenceError
from proxy.evidence import Ask
from proxy.limits.limiter import Limiter
from proxy.limits.limits import Limits
from proxy.limits.tokens import foreseen, used
from proxy.state.idempotency import MAX_ANSWER_BYTES, Claim, Idempotency
from proxy.state.sealing import Kept

HEADER = "idempotency-key"
KEY = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"|([\x21\x23-\x7e][\x20-\x7e]{0,254})')
"""A string of RFC 8941, as the draft has it, or the bare text that most clients send; both mean the same."""
REPEATED = re.compile(r"content-type|cache-control|x-accel-buffering|(x-)?request-id|x-should-retry|x-ringfence-.*")
"""Headers that a replay has from the first answer."""
REPLAYED = {"idempotency-replayed": "true"}
MOST_LEFT_BEHIND = 64
"""Exchanges of callers that left, at a time; the caller of one more ends it by leaving."""

Exchange = Callable[[Ask], ASGIApp]


@dataclass(slots=True)
class Guard:
    """What all exchanges share."""

    limiter: Limiter
    idempotency: Idempotency
    left_behind: int = 0

    async def outlast(self, receive: Receive) -> Message:
        """Do not say that a caller left, as long as it need not matter."""
        message = await receive()
        if message["type"] == "http.disconnect" and self.left_behind < MOST_LEFT_BEHIND:
            self.left_behind += 1
            try:
                await asyncio.Future()  # until the work is done, and cancels this
            finally:
                self.left_behind -= 1
        return message

    def around(self, request: Request, ask: Ask, limits: Limits, exchange: Exchange) -> ASGIApp:
        """Return an exchange within the limits and the promise of its caller's key; raises RequestRefused (400)."""
        key = given_key(request.headers)
        return Guarded(self, ask, key, limits, exchange) if key or limits.bounds(ask.caller) else exchange(ask)


class Guarded:
    """One exchange with what comes before and after it. Raises what the exchange raises, 409, 422, 429 and 503."""

    def __init__(self, guard: Guard, ask: Ask, key: str, limits: Limits, exchange: Exchange) -> None:
        self._guard = guard
        self._ask = ask
        self._key = key
        self._limits = limits
        self._exchange = exchange

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take what the request may cost, answer it, and settle what it did cost."""
        ask, limiter = self._ask, self._guard.limiter
        taken = await limiter.take(ask.caller, self._limits, foreseen(ask.body, len(ask.raw)))
        told, cost = Told(send, taken.headers), 0
        try:
            if await self._answer(scope, receive, told.send):
                cost = used(ask.fate.usage, len(ask.raw), told.events)
        except RingfenceError as error:
            error.receipt = {**error.receipt, **taken.headers}
            raise
        finally:
            await limiter.settle(taken, cost)
        await told.end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Work for the answer, or repeat one: whether there was work."""
        ask, memory = self._ask, self._guard.idempotency
        if not self._key:
            await self._exchange(ask)(scope, receive, send)
            return True
        begun = await memory.begin(ask.caller, self._key, scope["path"], ask.raw)
        if isinstance(begun, Kept):
            await replay(begun)(scope, receive, send)
            return False
        keeper = Keeper(memory, begun, send)
        try:
            work = self._exchange(replace(ask, idem_fp=begun.fingerprint))
            await work(scope, partial(self._guard.outlast, receive), keeper.send)
        except PolicyRefused as error:
            if ask.fate.worked:  # what is said of an answer is an answer
                await keeper.keep(refuse(scope, error))
            raise
        finally:
            if not keeper.done:
                await (memory.doubt if ask.fate.worked else memory.free)(begun)
        return True


class Told:
    """Adds headers to an answer, and counts its events. The last piece waits for `end`.

    Who has the whole answer may ask again at once, and is then to find settled what it did cost.
    """

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self._last: Message | None = None
        self.events = 0

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(self._headers)
        elif body := message.get("body"):  # events that came together are passed on together
            self.events += max(1, body.count(b"\n\n") + body.count(b"\r\n\r\n"))
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._last = message
        else:
            await self._send(message)

    async def end(self) -> None:
        """Pass the last piece on."""
        if self._last is not None:
            await self._send(self._last)


class Keeper:
    """Keeps an answer as it passes, before its last piece goes out: who has all of it can ask for it again."""

    def __init__(self, memory: Idempotency, claim: Claim, send: Send) -> None:
        self._memory = memory
        self._claim = claim
        self._send = send
        self._status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: bytearray | None = bytearray()
        self.done = False

    async def send(self, message: Message) -> None:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], message["headers"]
        else:
            await self._take(message.get("body", b""), more=message.get("more_body", False))
        await self._send(message)

    async def keep(self, answer: Response) -> None:
        """Keep an answer that is sent by others."""
        self._status, self._headers = answer.status_code, answer.raw_headers
        await self._take(bytes(answer.body), more=False)

    async def _take(self, piece: bytes, *, more: bool) -> None:
        if self._body is not None:
            self._body += piece
            if len(self._body) > MAX_ANSWER_BYTES:
                self._body = None
        if not more and not self.done:
            self.done = True
            headers = tuple(each for each in Headers(raw=self._headers).items() if REPEATED.fullmatch(each[0]))
            whole = None if self._body is None else Kept(self._status, headers, bytes(self._body))
            await self._memory.keep(self._claim, whole)


def given_key(headers: Headers) -> str:
    """Return the caller's key, empty without one; raises RequestRefused."""
    given = headers.getlist(HEADER)
    if not given:
        return ""
    found = KEY.fullmatch(given[0].strip())
    if found is None or len(given) > 1:
        text = "The header Idempotency-Key must be sent once, with 1 to 255 printable characters of ASCII."
        raise RequestRefused(text, code="idempotency_key_invalid")
    quoted, bare = found.groups()
    return re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else str(bare)


def replay(kept: Kept) -> Response:
    """Return an answer once more."""
    answer = Response(kept.body, kept.status)
    answer.headers.update(dict(kept.headers) | REPLAYED)
    return answer
