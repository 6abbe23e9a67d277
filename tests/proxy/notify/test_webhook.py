import asyncio
import base64
import hashlib
import hmac
import os
from collections.abc import Iterator

import pytest
import uvloop
from harness import StandIn
from receivers import note

from proxy.notify import channels
from proxy.notify.delivery import Undelivered
from proxy.notify.webhook import Webhook, sign

KEY = os.urandom(32)


@pytest.fixture
def hook() -> Iterator[StandIn]:
    made = StandIn("hook", behaviour="status:200")
    yield made
    made.stop()


def post(url: str, *, key: bytes = b"", times: int = 1, within_s: float = 5.0) -> str:
    """Deliver to an address; returns why not, or nothing."""

    async def run() -> str:
        sink = Webhook(channels.Webhook(url, key))
        try:
            async with asyncio.timeout(within_s):
                for _ in range(times):
                    await sink.deliver(note())
        except Undelivered as failed:
            return failed.why + ("!" if failed.final else "")
        except TimeoutError:
            return "timeout"
        finally:
            await sink.close()
        return ""

    return uvloop.run(run())


def test_a_message_is_posted_as_it_is_with_headers_of_ours_alone(hook: StandIn) -> None:
    assert post(f"http://127.0.0.1:{hook.port}/ringfence?x=1") == ""
    (seen,) = hook.posts
    assert (seen.path, seen.body) == ("/ringfence?x=1", note().text)
    assert seen.headers.keys() - {"host", "content-length", "accept"} == {
        "webhook-id", "webhook-timestamp", "content-type", "user-agent", "accept-encoding",
    }  # fmt: skip
    assert (seen.headers["webhook-id"], seen.headers["content-type"]) == (note().id, "application/json")


def test_a_receiver_can_tell_by_the_signature_who_sent_it_and_when(hook: StandIn) -> None:
    assert post(f"http://127.0.0.1:{hook.port}/x", key=KEY) == ""
    (seen,) = hook.posts
    version, _, signature = seen.headers["webhook-signature"].partition(",")
    signed = f"{seen.headers['webhook-id']}.{seen.headers['webhook-timestamp']}.".encode() + seen.body
    assert version == "v1"
    assert base64.b64decode(signature) == hmac.digest(KEY, signed, hashlib.sha256)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the reference libraries of Standard Webhooks."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    text = b'{"test": 2432232314}'
    made = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, text)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "why"),
    [(200, ""), (202, ""), (299, ""), (404, "http_404!"), (410, "http_410!"), (408, "http_408"), (429, "http_429"),
     (500, "http_500"), (503, "http_503"), (301, "http_301!")],
)  # fmt: skip
def test_what_an_answer_means(hook: StandIn, status: int, why: str) -> None:
    hook.behaviour = f"status:{status}"
    assert post(f"http://127.0.0.1:{hook.port}/x") == why
