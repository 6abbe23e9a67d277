"""Of a provider's set, only what may verify a token is taken."""

from typing import Any

import pytest
from issuing import MADE, public
from joserfc.jwk import ECKey, OctKey, OKPKey

from proxy.oidc.jwks import MOST_KEYS, usable

RSA, EC, ED = (public(name, name) for name in ("RS256", "ES256", "EdDSA"))


def algorithms(*keys: Any) -> dict[str, set[str]]:
    return {kid: set(key.algorithms) for kid, key in usable({"keys": list(keys)}).items()}


def without(key: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in names}


def test_each_kind_of_key_is_for_its_own_algorithms() -> None:
    assert algorithms(RSA, EC, ED) == {"RS256": {"RS256"}, "ES256": {"ES256"}, "EdDSA": {"EdDSA"}}
    bare = [without(key, "alg", "use") for key in (RSA, EC, ED)]
    assert algorithms(*bare) == {"RS256": {"RS256", "PS256"}, "ES256": {"ES256"}, "EdDSA": {"EdDSA", "Ed25519"}}


@pytest.mark.parametrize(
    "key",
    [
        {**OctKey.generate_key(256).as_dict(), "kid": "x"},
        {**OctKey.generate_key(256).as_dict(), "kid": "x", "alg": "HS256"},
        {**RSA, "n": RSA["n"][: len(RSA["n"]) // 2]}, {**RSA, "n": RSA["n"] * 5},
        {**ECKey.generate_key("P-384").as_dict(private=False), "kid": "x"},
        {**OKPKey.generate_key("X25519").as_dict(private=False), "kid": "x"},
        {**MADE["RS256"].as_dict(private=True), "kid": "x"},
        {**RSA, "use": "enc"}, {**RSA, "key_ops": ["encrypt"]}, {**RSA, "key_ops": "verify"}, {**RSA, "alg": "HS256"},
        {**RSA, "alg": "RS512"}, {**RSA, "alg": 1}, {**RSA, "n": "AQAB"}, {**RSA, "n": 5}, without(RSA, "kid"),
        {**RSA, "kid": 7}, {**RSA, "kid": ""}, {**RSA, "kid": "x" * 300}, {**EC, "x": "AA"}, {**ED, "x": "AA"},
        without(RSA, "kty"), {"kty": "RSA", "kid": "x"}, "key", None, [],
    ],
)  # fmt: skip
def test_what_could_not_be_relied_on_is_left_out(key: Any) -> None:
    assert set(algorithms(key, ED)) == {"EdDSA"}


def test_a_name_that_two_keys_have_names_none() -> None:
    assert set(algorithms(RSA, {**EC, "kid": "RS256"}, ED)) == {"EdDSA"}


def test_only_so_many_keys_are_read() -> None:
    assert len(algorithms(*({**ED, "kid": str(number)} for number in range(MOST_KEYS + 5)))) == MOST_KEYS


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, {"keys": None}, "x", 3])
def test_a_document_that_is_no_set_has_no_keys(document: Any) -> None:
    assert dict(usable(document)) == {}
