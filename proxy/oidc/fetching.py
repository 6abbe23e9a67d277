"""Reads a provider's documents: the only door to it. It cannot import what knows content, and sends nothing but a path.

What never happens here: plain http to another machine, a proxy from the environment, a cookie kept or sent, a redirect
followed, a compressed answer, more read than MAX_BYTES.
"""

import asyncio
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from proxy.addresses import is_private
from proxy.oidc.configuration import DISCOVERY, Configuration

MAX_BYTES = 256 * 1024
WITHIN_S = 5.0
HEADERS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "ringfence"}


class Unfetched(Exception):
    """A document cannot be had. Its text is a word of ours."""


async def fetch(configuration: Configuration) -> Any:
    """Return the provider's set of keys as parsed JSON; raises Unfetched within WITHIN_S."""
    try:
        async with asyncio.timeout(WITHIN_S):
            jwks = configuration.jwks or await _discover(configuration.issuer)
            return await _document(jwks) if "://" in jwks else _parsed(await asyncio.to_thread(_file, Path(jwks)))
    except TimeoutError:
        raise Unfetched("timeout") from None
    except aiohttp.ClientSSLError:
        raise Unfetched("tls") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise Unfetched("unreachable") from None


async def _discover(issuer: str) -> str:
    """Ask the provider where its keys are (OpenID Connect Discovery 1.0, sections 4.1 to 4.3)."""
    said = await _document(issuer.rstrip("/") + DISCOVERY)
    if not isinstance(said, dict) or said.get("issuer") != issuer:
        raise Unfetched("other_issuer")
    place = said.get("jwks_uri")
    if not isinstance(place, str) or not is_private(place):
        raise Unfetched("no_jwks_uri")
    return place


async def _document(url: str) -> Any:
    terms = await asyncio.to_thread(ssl.create_default_context) if urlsplit(url).scheme == "https" else True
    connector = aiohttp.TCPConnector(limit=1, force_close=True, ssl=terms)
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        headers=HEADERS,
    )
    async with session, session.get(url, allow_redirects=False) as answer:
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise Unfetched(f"http_{answer.status}")
        read = bytearray()
        async for piece in answer.content.iter_any():
            read += piece
            if len(read) > MAX_BYTES:
                raise Unfetched("too_large")
    return _parsed(bytes(read))


def _file(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _parsed(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise Unfetched("too_large")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Unfetched("no_json") from None
