import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from proxy.api import requests
from proxy.api.requests import authenticate, read_ask
from proxy.endpoints.chat import CHAT
from proxy.errors import RequestRefused
from proxy.evidence import Ask
from proxy.identity import Caller, KeyStore, Role, new_key

CALLER = Caller("ak_0", "app", "team", Role.APP)
JSON = ("content-type", "application/json")


def request(*headers: tuple[str, str], pieces: Iterable[bytes] = (b"{}",)) -> Request:
    body = [*({"type": "http.request", "body": piece, "more_body": True} for piece in pieces)]
    body.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return body.pop(0)

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "POST", "headers": raw, "client": ("10.0.0.9", 1)}, receive)


def read(*headers: tuple[str, str], pieces: Iterable[bytes] = (b"{}",), limit: int = 100) -> Ask:
    return asyncio.run(read_ask(request(*headers, pieces=pieces), CALLER, CHAT, limit))


@pytest.fixture
def keys(tmp_path: Path) -> Any:
    store = KeyStore(tmp_path / "state.db")
    yield store
    store.close()


def test_a_body_is_read_once_and_kept_as_it_came() -> None:
    ask = read(JSON, pieces=(b'{"a"', b": 1", b"}"))
    assert (ask.raw, ask.body) == (b'{"a": 1}', {"a": 1})
    assert (ask.caller, ask.address, ask.endpoint) == (CALLER, "10.0.0.9", CHAT)


def test_every_request_gets_an_id_of_ours() -> None:
    asks = [read(JSON, ("x-request-id", "theirs")) for _ in range(2)]
    assert len({ask.id for ask in asks} | {"theirs"}) == 3


def test_a_long_body_is_parsed_beside_what_serves_others(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    monkeypatch.setattr(requests, "parse", lambda raw: threads.append(threading.get_ident()) or {"bytes": len(raw)})
    for size in (10, requests.LONG):
        assert read(JSON, pieces=(b"0" * size,), limit=requests.LONG).body == {"bytes": size}
    assert [thread == threading.get_ident() for thread in threads] == [True, False]


@pytest.mark.parametrize("pieces", [[b"x" * 101], [b"x" * 50, b"x" * 51], [b"x"] * 101])
def test_reading_stops_at_the_limit(pieces: list[bytes]) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(JSON, pieces=pieces)
    assert refused.value.status == 413


def test_a_length_over_the_limit_is_refused_before_reading() -> None:
    with pytest.raises(RequestRefused) as refused:
        read(JSON, ("content-length", "101"), pieces=())
    assert refused.value.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "identity,gzip", "GZIP"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(JSON, ("content-encoding", encoding))
    assert refused.value.status == 415


def test_a_second_content_encoding_cannot_hide_behind_the_first() -> None:
    with pytest.raises(RequestRefused) as refused:
        read(JSON, ("content-encoding", "identity"), ("content-encoding", "gzip"))
    assert refused.value.status == 415


@pytest.mark.parametrize("media", ["text/json", "application/jsonx", "application/json;charset=latin-1", "*/*"])
def test_another_media_type_is_refused(media: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        read(("content-type", media))
    assert refused.value.status == 415


def test_one_valid_key_names_the_caller(keys: KeyStore) -> None:
    secret, row = new_key("app", "team", Role.APP, None)
    key_id = row.id
    keys.add(row)
    for given in (f"Bearer {secret}", f"bearer   {secret} "):
        assert authenticate(request(("authorization", given)), keys, frozenset({Role.APP})).key_id == key_id


def test_a_valid_key_with_the_wrong_role_is_403_and_told_which_one_is_needed(keys: KeyStore) -> None:
    secret, row = new_key("app", "team", Role.APP, None)
    keys.add(row)
    with pytest.raises(RequestRefused) as refused:
        authenticate(request(("authorization", f"Bearer {secret}")), keys, frozenset({Role.AUDITOR}))
    assert (refused.value.status, refused.value.code) == (403, "wrong_role")
    assert "auditor" in refused.value.message


@pytest.mark.parametrize("given", [(), ("Bearer",), ("Basic x",), ("Bearer x",), ("x",), ("Bearer \xff",)])
def test_no_valid_key_is_401_with_a_challenge(keys: KeyStore, given: tuple[str, ...]) -> None:
    with pytest.raises(RequestRefused) as refused:
        authenticate(request(*(("authorization", value) for value in given)), keys, frozenset({Role.APP}))
    assert refused.value.status == 401
    assert refused.value.headers()["www-authenticate"].startswith("Bearer")


def test_two_credentials_are_refused_even_when_both_are_valid(keys: KeyStore) -> None:
    secret, row = new_key("app", "team", Role.APP, None)
    keys.add(row)
    both = [("authorization", f"Bearer {secret}")] * 2
    with pytest.raises(RequestRefused) as refused:
        authenticate(request(*both), keys, frozenset({Role.APP}))
    assert (refused.value.status, refused.value.code) == (400, "duplicate_authorization")


KEY_HEADER = "x-api-key"


def test_a_header_that_is_named_may_carry_the_key_alone_and_no_other_may(keys: KeyStore) -> None:
    secret, row = new_key("app", "team", Role.APP, None)
    key_id = row.id
    keys.add(row)
    app = frozenset({Role.APP})
    assert authenticate(request((KEY_HEADER, secret)), keys, app, KEY_HEADER).key_id == key_id
    assert authenticate(request(("authorization", f"Bearer {secret}")), keys, app, KEY_HEADER).key_id == key_id
    empty = request(("authorization", f"Bearer {secret}"), (KEY_HEADER, " "))
    assert authenticate(empty, keys, app, KEY_HEADER).key_id == key_id, "as a library sends that is given none"
    for header, named in ((KEY_HEADER, ""), ("x-key", KEY_HEADER)):
        with pytest.raises(RequestRefused) as refused:
            authenticate(request((header, secret)), keys, app, named)
        assert refused.value.status == 401


@pytest.mark.parametrize("given", ["", " ", "x", "rf-", "\xff", "Bearer x"])
def test_a_key_of_no_worth_in_that_header_is_401(keys: KeyStore, given: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        authenticate(request((KEY_HEADER, given)), keys, frozenset({Role.APP}), KEY_HEADER)
    assert refused.value.status == 401


@pytest.mark.parametrize("names", [(KEY_HEADER, KEY_HEADER), (KEY_HEADER, "authorization")])
def test_two_credentials_are_refused_wherever_they_stand(keys: KeyStore, names: tuple[str, str]) -> None:
    secret, row = new_key("app", "team", Role.APP, None)
    keys.add(row)
    both = [(name, f"Bearer {secret}" if name == "authorization" else secret) for name in names]
    with pytest.raises(RequestRefused) as refused:
        authenticate(request(*both), keys, frozenset({Role.APP}), KEY_HEADER)
    assert refused.value.code == "duplicate_authorization"
