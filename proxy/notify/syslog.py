"""Syslog: RFC 5424 messages, in datagrams (RFC 5426), counted over TCP (RFC 6587, 3.4.1) or over TLS (RFC 5425).

Syslog has no acknowledgement. A datagram may be lost unseen; over TCP and TLS, what was written in the moment in which
a receiver died is lost as well. Whoever needs to know uses a webhook.
"""

import asyncio
import datetime as dt
import os
import re
import socket
import ssl

from proxy.notify.channels import Syslog as Target
from proxy.notify.delivery import Note, Undelivered, reason, tls

NOTICE_OF_AUDIT = 13 * 8 + 5
"""PRI: facility 13, log audit; severity 5, notice."""
HOSTNAME = re.compile(r"[!-~]{1,255}")


class Syslog:
    """Sends to one receiver, over one socket or connection that is kept until something is wrong with it."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._terms: ssl.SSLContext | None = None
        self._socket: socket.socket | None = None
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def deliver(self, note: Note) -> None:
        """Send; a socket or connection on which that failed is not used again."""
        text = syslog_message(note.text)
        try:
            if self._target.transport in {"udp", "unix"}:
                await self._send(text)
            else:
                await self._write(b"%d %s" % (len(text), text))
        except BaseException as error:
            await self.close()
            if isinstance(error, (socket.gaierror, UnicodeError)):  # the latter: no host can have such a name
                raise Undelivered("dns") from None
            if isinstance(error, OSError):
                raise Undelivered(reason(error)) from None
            raise

    async def close(self) -> None:
        """Close what is open, without a word to the receiver."""
        made, self._socket = self._socket, None
        if made is not None:
            made.close()
        stream, self._stream = self._stream, None
        if stream is not None:
            stream[1].transport.abort()

    async def _send(self, text: bytes) -> None:
        if self._socket is None:
            self._socket = await self._datagrams()
        self._socket.send(text)

    async def _datagrams(self) -> socket.socket:
        unix = self._target.transport == "unix"
        if unix:
            family, address = socket.AF_UNIX, self._target.host
        else:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(self._target.host, self._target.port, type=socket.SOCK_DGRAM)
            family, address = found[0][0], found[0][4]  # type: ignore[assignment]
        made = socket.socket(family, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)  # noqa: FBT003 - the standard library's signature
            made.connect(address)
        except BaseException:
            made.close()
            raise
        return made

    async def _write(self, frame: bytes) -> None:
        if self._stream is not None and (self._stream[0].at_eof() or self._stream[1].is_closing()):
            await self.close()
        if self._terms is None and self._target.transport == "tls":
            self._terms = await tls()
        if self._stream is None:
            self._stream = await asyncio.open_connection(self._target.host, self._target.port, ssl=self._terms)
        writer = self._stream[1]
        writer.write(frame)
        await writer.drain()


def syslog_message(text: bytes) -> bytes:
    """Return the message (RFC 5424, 6) with this text, which is ASCII: no structured data, no byte order mark."""
    time = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    host = os.uname().nodename
    named = host if HOSTNAME.fullmatch(host) else "-"
    return f"<{NOTICE_OF_AUDIT}>1 {time} {named} ringfence {os.getpid()} decision - ".encode() + text
