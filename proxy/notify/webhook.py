"""A webhook: each message is a POST, signed as Standard Webhooks does (github.com/standard-webhooks, version 1.0.0).

Every header is a constant of ours but the id, the time and the signature.
"""

import base64
import hashlib
import hmac
import time

from proxy.notify import channels
from proxy.notify.delivery import Note, Undelivered
from proxy.notify.posting import Post

WORTH_ANOTHER = frozenset({408, 425, 429})
"""Refusals that pass by themselves, as every 5xx may."""


class Webhook:
    """Posts to one address."""

    def __init__(self, target: channels.Webhook) -> None:
        self._key = target.key
        self._post = Post(target.url)

    async def deliver(self, note: Note) -> None:
        """Post; any 2xx is a delivery."""
        now = int(time.time())
        headers = {"webhook-id": note.id, "webhook-timestamp": str(now)}
        if self._key:
            headers["webhook-signature"] = sign(self._key, note.id, now, note.text)
        status = await self._post.send(note.text, headers)
        if not 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
            raise Undelivered(f"http_{status}", final=status < 500 and status not in WORTH_ANOTHER)  # noqa: PLR2004

    async def close(self) -> None:
        """Close the connection."""
        await self._post.close()


def sign(key: bytes, note_id: str, timestamp: int, text: bytes) -> str:
    """Return the value of `webhook-signature`: version 1, HMAC-SHA256 of id, time in seconds and body."""
    digest = hmac.new(key, b"%s.%d.%s" % (note_id.encode(), timestamp, text), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
