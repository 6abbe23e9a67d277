import asyncio
import base64
import hashlib
import hmac
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvloop
from harness import StandIn
from receivers import authority, listening, note

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


def test_a_redirect_is_not_followed(hook: StandIn) -> None:
    with_trap = StandIn("elsewhere")
    hook.behaviour, hook.extra_headers = "redirect", {"location": f"http://127.0.0.1:{with_trap.port}/x"}
    assert post(f"http://127.0.0.1:{hook.port}/x") == "http_307!"
    with_trap.stop()
    assert with_trap.connections == 0


def test_a_proxy_of_the_environment_is_not_used(hook: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = StandIn("proxy")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{elsewhere.port}")
    assert post(f"http://127.0.0.1:{hook.port}/x") == ""
    elsewhere.stop()
    assert elsewhere.connections == 0


def test_a_cookie_is_not_kept(hook: StandIn) -> None:
    hook.extra_headers = {"set-cookie": "a=b; Path=/"}
    assert post(f"http://127.0.0.1:{hook.port}/x", times=2) == ""
    assert all("cookie" not in seen.headers for seen in hook.posts)
    assert len(hook.posts) == 2


def test_connections_that_fail_have_a_word_of_ours(hook: StandIn) -> None:
    url = f"http://127.0.0.1:{hook.port}/x"
    hook.behaviour = "hang_up"
    assert post(url) == "lost"
    hook.behaviour = "hang"
    assert post(url, within_s=0.3) == "timeout"
    hook.stop()
    assert post(url) == "refused"


def test_an_endless_answer_is_not_read(tmp_path: Path) -> None:
    async def run() -> int:
        wrote = 0
        done = asyncio.Event()

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal wrote
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
            try:
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
                    wrote += 65536
            except ConnectionError:
                done.set()
            finally:
                writer.close()

        async with await asyncio.start_server(flood, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            sink = Webhook(channels.Webhook(f"http://127.0.0.1:{port}/x"))
            await sink.deliver(note())
            await sink.close()
            async with asyncio.timeout(10):
                await done.wait()
        return wrote

    assert uvloop.run(run()) < 100_000_000


ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "more", "why"), [(b"", b"HTTP/1.1 100 Continue\r\n\r\n", "lost"), (ANSWER, ANSWER, "")]
)
def test_a_receiver_that_answers_without_end_is_cut_off(first: bytes, more: bytes, why: str) -> None:
    """Each small answer would be parsed and kept: seconds in which no request goes on, and gigabytes."""

    async def run() -> str:
        cut, delivered = asyncio.Event(), asyncio.Event()

        async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(first)
            if first:
                await delivered.wait()
            try:
                for _ in range(100):
                    writer.write(more * 1000)
                    await writer.drain()
                await reader.read()
            except ConnectionError:
                pass
            cut.set()
            writer.close()

        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        sink = Webhook(channels.Webhook(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"))
        said = ""
        try:
            async with asyncio.timeout(10):
                try:
                    await sink.deliver(note())
                except Undelivered as failed:
                    said = failed.why
                delivered.set()
                await cut.wait()
        finally:
            await sink.close()
            server.close()
        return said

    assert uvloop.run(run()) == why


def test_a_long_answer_is_as_good_as_a_short_one() -> None:
    async def run() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(len(note().text))
                body = b"x" * 200_000
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body))

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            sink = Webhook(channels.Webhook(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"))
            for _ in range(20):
                await sink.deliver(note())
            await sink.close()

    uvloop.run(run())


@pytest.mark.parametrize("trusted", [True, False])
def test_over_tls_the_receiver_must_be_one_that_the_machine_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool
) -> None:
    made = authority(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made.ca))

    async def run() -> tuple[bytes, str]:
        async with listening(made.terms) as received:
            sink = Webhook(channels.Webhook(f"https://127.0.0.1:{received.port}/x"))
            delivery = asyncio.create_task(sink.deliver(note()))
            why = ""
            if trusted:
                await received.until(note().text)
                delivery.cancel()
                await asyncio.gather(delivery, return_exceptions=True)
            else:
                try:
                    await delivery
                except Undelivered as failed:
                    why = failed.why
            await sink.close()
            return received.all, why

    arrived, why = uvloop.run(run())
    assert (note().text in arrived, why) == ((True, "") if trusted else (False, "tls"))
