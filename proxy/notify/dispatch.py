"""Whom to tell of a decision: asked by the way of a request, which it can neither delay nor fail.

Nothing here is durable: a message that waits when the process is killed is lost. Its decision is not: the record says
whom it obliged to be told.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from audit.jobs import Receipt, Spooled
from proxy.notify.channels import Channel, Channels
from proxy.notify.delivery import Note
from proxy.notify.failures import Failures
from proxy.notify.message import encode, message
from proxy.notify.sender import GIVE_UP_S, Sender
from proxy.policy.modes import Mode
from proxy.policy.policy import Policy

log = logging.getLogger(__name__)


class Notifier:
    """A sender for each channel that there was something to tell. A changed channel is another channel."""

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self._senders: dict[Channel, Sender] = {}
        self._closed = False

    def tell(self, body: Mapping[str, Any], policy: Policy, channels: Channels, receipt: Receipt | Spooled) -> None:
        """Queue the messages that a durable decision asks for: one a channel. Never waits and never raises.

        `body` is that of its record, or says the same of an answer that was blocked; `policy` and `channels` are those
        that it was made under.
        """
        wanted = [item["value"] for item in body["obligations"] if item["kind"] == "notify"]
        for name in wanted:
            if name in channels:
                try:
                    self._tell(body, policy, channels[name], receipt)
                except Exception as error:  # noqa: BLE001 - whatever it is, the request goes on
                    log.error("a message was not made: %s", type(error).__name__)  # noqa: TRY400 - may quote a record
                    self._failures.count(Note(receipt.id, name, b"", 0.0), "internal")

    async def close(self, drain_s: float) -> None:
        """Give what waits a moment to be delivered, and give up the rest and whatever still comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await asyncio.gather(*(sender.drain() for sender in self._senders.values()))
        self._closed = True
        await asyncio.gather(*(sender.close() for sender in self._senders.values()))

    def _tell(self, body: Mapping[str, Any], policy: Policy, channel: Channel, receipt: Receipt | Spooled) -> None:
        matched = {item["id"] for item in body["rules"]}
        asked = [
            rule
            for rule in (*policy.bundle.rules, *policy.bundle.answers)
            if rule.id in matched and channel.name in rule.notify and rule.mode is Mode.ENFORCE
        ]
        due = asyncio.get_running_loop().time() + GIVE_UP_S
        seq = receipt.seq if isinstance(receipt, Receipt) else None
        text = encode(message(receipt.id, seq, body, asked))
        note = Note(receipt.id, channel.name, text, due)
        if self._closed:
            self._failures.count(note, "shutdown")
            return
        if channel not in self._senders:
            self._senders[channel] = Sender(channel, self._failures)
        self._senders[channel].offer(note)
