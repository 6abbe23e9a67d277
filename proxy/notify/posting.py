"""Posts JSON to one address: the one door through which anybody is told anything by HTTP.

What never happens here: a proxy from the environment, a cookie kept or sent, a redirect followed, a body of an answer
read, or more of an answer parsed than a receiver can need. Every header is a constant of ours but those that are given.
"""

import asyncio
import functools
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from proxy.notify.delivery import Undelivered, reason, tls

CONNECT_S = 5.0
KEEPALIVE_S = 15.0
MAX_ANSWER_BYTES = 32 * 1024
NONE: Mapping[str, str] = {}


class Post:
    """One connection to one address, opened when it is needed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._terms: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None

    async def send(self, text: bytes, headers: Mapping[str, str] = NONE) -> int:
        """Post and return the status of the answer; raises Undelivered where there is none. It may be cancelled."""
        session = await self._open()
        try:
            async with session.post(self._url, data=text, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except aiohttp.ClientSSLError:
            raise Undelivered("tls") from None
        except aiohttp.ClientConnectorDNSError:
            raise Undelivered("dns") from None
        except aiohttp.ClientConnectorError as error:
            raise Undelivered(reason(error.os_error)) from None
        except OSError as error:
            raise Undelivered(reason(error)) from None
        except (aiohttp.ClientError, ValueError):
            raise Undelivered("lost") from None

    async def close(self) -> None:
        """Close the connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open(self) -> aiohttp.ClientSession:
        if self._terms is None and self._url.startswith("https:"):
            self._terms = await tls()
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=1, keepalive_timeout=KEEPALIVE_S, ssl=self._terms or True)
            connector._factory = functools.partial(_bounded, asyncio.get_running_loop())  # noqa: SLF001 - no public way
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                headers={
                    "accept-encoding": "identity",
                    "content-type": "application/json",
                    "user-agent": "ringfence",
                },
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            )
        return self._session


class _Bounded(ResponseHandler):
    """A connection that ends after so many bytes of one answer, or behind it.

    Every interim answer, and every one that nobody asked for, is parsed and kept by the library: a receiver that sends
    them without end would hold the event loop for seconds and fill the memory.
    """

    _left = MAX_ANSWER_BYTES

    def set_response_params(self, **params: Any) -> None:
        """Begin another answer."""
        self._left = MAX_ANSWER_BYTES
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        """Take what is within the bounds."""
        taken = data[: max(self._left, 0)]
        self._left -= len(data)
        super().data_received(taken)
        if self._left < 0:
            self.force_close()
            if self.transport is not None:
                self.transport.abort()


def _bounded(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return _Bounded(loop)
