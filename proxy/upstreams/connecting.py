"""The connections to one model server: made when needed, to addresses that its zone may have, and kept for a while.

A connection that was made with other certificates than those of now is not used again.
"""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from aiohappyeyeballs import start_connection

from proxy.upstreams.connection import Connection
from proxy.upstreams.dialing import outside
from proxy.upstreams.errors import NotSent
from proxy.upstreams.names import Apart
from proxy.upstreams.tls import Tls
from proxy.upstreams.upstream import Upstream

KEEPALIVE_S = 15.0
NAMES_S = 10.0
"""How long what a name stands for is not asked for again."""
NEXT_ADDRESS_S = 0.25
"""After which another address of a name is tried as well (RFC 8305)."""

Addresses = Sequence[tuple[Any, ...]]


class Connections:
    """Connections to one upstream, and to no other."""

    def __init__(self, upstream: Upstream, connect_s: float) -> None:
        url = urlsplit(upstream.base_url)
        self._upstream = upstream
        self._connect_s = connect_s
        self._secure = url.scheme == "https"
        self._host, self._port = url.hostname or "", url.port or (443 if self._secure else 80)
        self._all: set[Connection] = set()
        self._idle: list[tuple[Connection, float]] = []
        """Those that wait, and since when; the last to wait is the first to be used."""
        self._names: Addresses = ()
        self._names_until = 0.0
        self._asking = asyncio.Lock()
        self._sweep: asyncio.TimerHandle | None = None

    async def take(self) -> Connection:
        """Return a free connection, made anew where there is none, to be used at once; raises NotSent."""
        context = self._recognised()
        now = asyncio.get_running_loop().time()
        while self._idle:
            kept, since = self._idle.pop()
            if kept.free and kept.context is context and now - since < KEEPALIVE_S:
                return kept
            self._drop(kept)
        try:
            async with asyncio.timeout(self._connect_s):
                made = await self._made(context)
        except TimeoutError:
            raise NotSent("timeout") from None
        if not made.free:  # its server hung up, or spoke, before it was asked anything
            raise NotSent("connect")
        self._all.add(made)
        return made

    def give_back(self, connection: Connection) -> None:
        """Keep a connection that is free, and forget another."""
        if not connection.free:
            self._drop(connection)
            return
        loop = asyncio.get_running_loop()
        self._idle.append((connection, loop.time()))
        if self._sweep is None:
            self._sweep = loop.call_later(KEEPALIVE_S, self._swept)

    def close(self) -> None:
        """Break every connection off."""
        if self._sweep is not None:
            self._sweep.cancel()
        self._idle.clear()
        for connection in list(self._all):
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._all.discard(connection)
        connection.end()

    def _swept(self) -> None:
        """End what was not used for long."""
        self._sweep = None
        loop = asyncio.get_running_loop()
        old = loop.time() - KEEPALIVE_S
        for connection, since in self._idle:
            if since <= old or not connection.free:
                self._drop(connection)
        self._idle = [each for each in self._idle if each[0] in self._all]
        if self._idle:
            self._sweep = loop.call_at(self._idle[0][1] + KEEPALIVE_S, self._swept)

    def _recognised(self) -> ssl.SSLContext | None:
        """Return by what the upstream is recognised; raises NotSent where its files cannot be used any more."""
        try:
            return (self._upstream.tls or Tls()).context() if self._secure else None
        except OSError:
            raise NotSent("tls") from None

    async def _made(self, context: ssl.SSLContext | None) -> Connection:
        try:
            found = await self._addresses()
        except (OSError, UnicodeError):
            raise NotSent("dns") from None
        try:
            reached = await start_connection(
                found, happy_eyeballs_delay=NEXT_ADDRESS_S, interleave=1, socket_factory=self._socket
            )
        except (OSError, RuntimeError):  # the latter by uvloop
            raise NotSent("connect") from None
        try:
            made = await asyncio.get_running_loop().create_connection(
                lambda: Connection(context),
                sock=reached,
                ssl=context,
                server_hostname=self._host.rstrip(".") if context else None,
            )
            return made[1]
        except BaseException as error:
            with suppress(OSError):
                reached.close()  # which the loop may not have taken yet
            if isinstance(error, OSError):
                raise NotSent("tls" if context else "connect") from None
            raise

    async def _addresses(self) -> Addresses:
        """Return what the name of the upstream stands for; raises OSError, or UnicodeError for what is no name."""
        with suppress(OSError):
            return socket.getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            )
        loop = asyncio.get_running_loop()
        async with self._asking:
            if loop.time() >= self._names_until:
                self._names = await Apart().getaddrinfo(
                    self._host, self._port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
                )
                self._names_until = loop.time() + NAMES_S
        return self._names

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        """Make a socket only to an address that the zone may have: a name may lead anywhere."""
        family, kind, protocol, _, target = address
        if outside(target[0], self._upstream.networks):
            raise OSError("address outside the networks of the zone")
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)  # noqa: FBT003 - the standard library's signature
        return made
