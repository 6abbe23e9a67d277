"""A webhook: each message is a POST, signed as Standard Webhooks does (github.com/standard-webhooks, version 1.0.0).

What never happens here: a proxy from the environment, a cookie kept or sent, a redirect followed, a body of an answer
read. Every header is a constant of ours but the id, the time and the signature.
"""

import base64
import hashlib
import hmac
import ssl
import time

import aiohttp

from proxy.notify import channels
from proxy.notify.delivery import Note, Undelivered, reason, tls

CONNECT_S = 5.0
KEEPALIVE_S = 15.0
WORTH_ANOTHER = frozenset({408, 425, 429})
"""Refusals that pass by themselves, as every 5xx may."""


class Webhook:
    """Posts to one address."""

    def __init__(self, target: channels.Webhook) -> None:
        self._target = target
        self._terms: ssl.SSLContext | None = None
        self._session: aiohttp.ClientSession | None = None

    async def deliver(self, note: Note) -> None:
        """Post; any 2xx is a delivery."""
        now = int(time.time())
        headers = {"webhook-id": note.id, "webhook-timestamp": str(now)}
        if self._target.key:
            headers["webhook-signature"] = sign(self._target.key, note.id, now, note.text)
        session = await self._open()
        try:
            async with session.post(self._target.url, data=note.text, headers=headers, allow_redirects=False) as answer:
                status = answer.status
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
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            raise Undelivered(f"http_{status}", final=status < 500 and status not in WORTH_ANOTHER)  # noqa: PLR2004

    async def close(self) -> None:
        """Close the connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open(self) -> aiohttp.ClientSession:
        if self._terms is None and self._target.url.startswith("https:"):
            self._terms = await tls()
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=1, keepalive_timeout=KEEPALIVE_S, ssl=self._terms or True),
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


def sign(key: bytes, note_id: str, timestamp: int, text: bytes) -> str:
    """Return the value of `webhook-signature`: version 1, HMAC-SHA256 of id, time in seconds and body."""
    digest = hmac.new(key, b"%s.%d.%s" % (note_id.encode(), timestamp, text), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
