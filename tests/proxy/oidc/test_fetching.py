"""How the provider is asked: by a path and nothing else, and only whoever can be relied on."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop
from harness import StandIn
from issuing import AUDIENCE, JWKS, Issuer

from proxy.oidc.configuration import DISCOVERY, Configuration
from proxy.oidc.fetching import MAX_BYTES, Unfetched, fetch


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.stop()


def ask(issuer: str, jwks: str = "") -> Any:
    """Fetch a set of keys; returns it, or the word for why not."""
    try:
        return uvloop.run(fetch(Configuration(issuer, AUDIENCE, jwks, ())))
    except Unfetched as error:
        return str(error)


def test_the_provider_says_where_its_keys_are(issuer: Issuer) -> None:
    assert ask(issuer.url) == issuer.jwks()
    assert [seen.path for seen in issuer.server.requests] == [DISCOVERY, JWKS]
    for seen in issuer.server.requests:
        assert (seen.method, seen.body) == ("GET", b"")
        assert set(seen.headers) == {"host", "accept", "accept-encoding", "user-agent", "connection"}


def test_with_a_place_the_provider_is_not_asked_where(issuer: Issuer, tmp_path: Path) -> None:
    assert ask(issuer.url, issuer.jwks_url) == issuer.jwks()
    assert [seen.path for seen in issuer.server.requests] == [JWKS]
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(issuer.jwks()))
    assert ask(issuer.url, str(file)) == issuer.jwks()
    assert len(issuer.server.requests) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"issuer": "https://other.example", "jwks_uri": "http://127.0.0.1:1/"}, "other_issuer"),
        ([], "other_issuer"), ("x", "other_issuer"),
        ({"jwks_uri": "http://keys.example/"}, "no_jwks_uri"), ({"jwks_uri": "file:///etc/passwd"}, "no_jwks_uri"),
        ({"jwks_uri": 1}, "no_jwks_uri"), ({}, "no_jwks_uri"), ({"jwks_uri": "/etc/passwd"}, "no_jwks_uri"),
    ],
)  # fmt: skip
def test_a_document_that_leads_elsewhere_is_not_followed(issuer: Issuer, said: Any, why: str) -> None:
    issuer.server.routes[DISCOVERY] = {"issuer": issuer.url, **said} if isinstance(said, dict) else said
    assert ask(issuer.url) == why


@pytest.mark.parametrize("behaviour", ["redirect", "garbage", "status:500", "hang_up"])
def test_whatever_is_no_answer_is_none(behaviour: str) -> None:
    other = Issuer()
    broken = Broken("broken", behaviour=behaviour, extra_headers={"location": other.jwks_url})
    why = {"redirect": "http_307", "garbage": "no_json", "status:500": "http_500", "hang_up": "unreachable"}[behaviour]
    assert ask(other.url, broken.url) == why
    assert other.server.requests == []
    broken.stop()
    assert ask(other.url, broken.url) == "unreachable"
    other.server.stop()


def test_no_more_is_read_than_a_set_can_be(issuer: Issuer, tmp_path: Path) -> None:
    issuer.server.routes[JWKS] = {"keys": "x" * MAX_BYTES}
    assert ask(issuer.url) == "too_large"
    file = tmp_path / "keys.json"
    file.write_bytes(b" " * (MAX_BYTES + 1))
    assert ask(issuer.url, str(file)) == "too_large"
    assert ask(issuer.url, str(tmp_path / "missing")) == "unreachable"
    assert ask(issuer.url, str(tmp_path)) == "unreachable"


class Broken(StandIn):
    """A server that does to every GET what a model server does to a POST."""

    async def _answer(self, method: str, path: str, body: bytes, writer: Any) -> bool:
        return await super()._answer("POST", path, body or b"{}", writer)
