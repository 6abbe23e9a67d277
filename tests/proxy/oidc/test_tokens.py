"""What is accepted as a token, and every way of one that is not."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from issuing import AUDIENCE, MADE, Issuer, public, signed, unsigned
from joserfc.jwk import RSAKey

from proxy.oidc.jwks import usable
from proxy.oidc.tokens import LEEWAY_S, MAX_BYTES, REASONS, Expected, Refused, UnknownKey, is_token, verified

STRANGER = RSAKey.generate_key(2048)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.stop()


def judge(issuer: Issuer, token: str, *, after_s: float = 0) -> str:
    """Verify a token; returns why not, or nothing."""
    try:
        verified(token, usable(issuer.jwks()), Expected(issuer.url, AUDIENCE), time.time() + after_s)
    except Refused as refused:
        return refused.why if refused.why in REASONS else "a word that callers are not told"
    except UnknownKey:
        return "unknown"
    return ""


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_token_by_a_key_of_the_set_is_accepted(issuer: Issuer, alg: str) -> None:
    assert is_token(issuer.token(alg))
    assert judge(issuer, issuer.token(alg)) == ""
    assert judge(issuer, issuer.token(alg, aud=["other", AUDIENCE], header={"typ": "at+JWT"})) == ""


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://elsewhere.example"}, "issuer"), ({"iss": None}, "issuer"), ({"iss": 1}, "issuer"),
        ({"aud": "another"}, "audience"), ({"aud": []}, "audience"), ({"aud": None}, "audience"),
        ({"aud": "ringfence2"}, "audience"), ({"aud": {"ringfence": 1}}, "audience"),
        ({"sub": None}, "subject"), ({"sub": ""}, "subject"), ({"sub": 7}, "subject"), ({"sub": "x" * 2000}, "subject"),
        ({"exp": None}, "expired"), ({"exp": "2999-01-01"}, "expired"), ({"exp": True}, "expired"),
        ({"exp": 1}, "expired"),
        ({"nbf": 2**40}, "early"), ({"iat": 2**40}, "early"), ({"nbf": "soon"}, "early"),
    ],
)  # fmt: skip
def test_a_claim_that_is_not_right_is_told_by_a_word(issuer: Issuer, claims: dict[str, Any], why: str) -> None:
    assert judge(issuer, issuer.token(**claims)) == why


def test_clocks_may_differ_a_little_and_no_more(issuer: Issuer) -> None:
    token = issuer.token(nbf=int(time.time()))
    assert [judge(issuer, token, after_s=each) for each in (300 + LEEWAY_S - 5, 300 + LEEWAY_S + 5)] == ["", "expired"]
    assert [judge(issuer, token, after_s=each) for each in (5 - LEEWAY_S, -5 - LEEWAY_S)] == ["", "early"]


def test_a_number_that_compares_with_nothing_is_no_time(issuer: Issuer) -> None:
    text = json.dumps(issuer.claims()).replace(str(issuer.claims()["exp"]), "NaN")
    head = {"alg": "RS256", "kid": "kid-RS256"}
    assert judge(issuer, signed(head, text.encode(), MADE["RS256"])) == "malformed"
    assert judge(issuer, signed(head, text.replace("NaN", "1e400").encode(), MADE["RS256"])) != ""


@pytest.mark.parametrize("name", ["none", "None", "NONE", ""])
def test_a_token_that_nobody_signed_is_refused_whatever_it_calls_that(issuer: Issuer, name: str) -> None:
    assert judge(issuer, unsigned({"alg": name, "kid": "kid-RS256"}, issuer.claims())) == "algorithm"


def test_a_public_key_is_never_a_shared_secret(issuer: Issuer) -> None:
    """The classic: HS256 with the bytes of the public key, in each form that a library might use."""
    key = MADE["RS256"].public_key
    forms = [key.public_bytes(Encoding.PEM, each) for each in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)]
    forms.append(json.dumps(public("RS256", "kid-RS256")).encode())
    for form in forms:
        head = {"alg": "HS256", "typ": "JWT", "kid": "kid-RS256"}
        text = unsigned(head, issuer.claims()).rpartition(".")[0]
        assert judge(issuer, forged(text, hmac.digest(form, text.encode(), hashlib.sha256))) == "algorithm"


def test_a_key_is_used_for_its_own_algorithm_alone(issuer: Issuer) -> None:
    assert judge(issuer, issuer.token("RS256", header={"kid": "kid-ES256"})) == "algorithm"
    assert judge(issuer, issuer.token("RS256", header={"kid": "kid-PS256"})) == "algorithm"
    assert judge(issuer, signed({"alg": "RS512", "kid": "kid-RS256"}, b"{}", MADE["RS256"])) == "algorithm"


def test_what_a_token_says_of_keys_is_not_believed(issuer: Issuer) -> None:
    own = {"jwk": STRANGER.as_dict(private=False), "jku": f"{issuer.url}/theirs", "x5u": f"{issuer.url}/theirs"}
    payload, head = json.dumps(issuer.claims()).encode(), {"alg": "RS256", "kid": "kid-RS256", **own}
    before = len(issuer.server.requests)
    assert judge(issuer, signed(head, payload, STRANGER)) == "signature"
    assert judge(issuer, signed({**head, "kid": "theirs"}, payload, STRANGER)) == "unknown"
    assert judge(issuer, signed({**head, "kid": None}, payload, STRANGER)) == "key"
    assert judge(issuer, signed(head, payload, MADE["RS256"])) == ""  # by the right key it does no harm
    assert len(issuer.server.requests) == before


def test_a_changed_token_and_another_ones_signature_are_refused(issuer: Issuer) -> None:
    head, payload, signature = issuer.token().split(".")
    other = issuer.token(sub="another").split(".")
    assert judge(issuer, ".".join((head, other[1], signature))) == "signature"
    assert judge(issuer, f"{head}.{payload}.") == "signature"
    assert judge(issuer, ".".join((head, payload, signature[:-8]))) == "signature"


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"b64": False, "crit": ["b64"]}, {"b64": False}])
def test_what_it_calls_critical_is_refused(issuer: Issuer, header: dict[str, Any]) -> None:
    token = unsigned({"alg": "RS256", "kid": "kid-RS256", **header}, issuer.claims(), b"x")
    assert judge(issuer, token) == "malformed"


def test_other_types_of_token_are_refused(issuer: Issuer) -> None:
    assert judge(issuer, issuer.token(header={"typ": "logout+jwt"})) == "type"
    assert judge(issuer, unsigned({"alg": "RS256", "kid": "kid-RS256", "typ": 1}, issuer.claims())) == "type"


def test_what_is_too_large_is_not_looked_at(issuer: Issuer) -> None:
    assert judge(issuer, issuer.token(note="x" * MAX_BYTES)) == "too_large"
    assert judge(issuer, issuer.token(note="x" * (MAX_BYTES // 2))) == ""


@pytest.mark.parametrize(
    "token", ["eyJ.e30.", "eyJhIjoxfQ.e30.e30", "eyJ9.!.x", "eyIiOiJhbGciOnt9.e.e", "eyIiXQ.a.a", "eyI.."]
)
def test_what_is_no_token_is_told_so(issuer: Issuer, token: str) -> None:
    assert judge(issuer, token) == "malformed"


def test_claims_that_are_no_object_are_refused(issuer: Issuer) -> None:
    for payload in (b"[]", b'"x"', b"\xff", b"", b"[" * 5000):
        token = signed({"alg": "RS256", "kid": "kid-RS256"}, payload, MADE["RS256"])
        assert judge(issuer, token) in {"malformed", "signature"}


def test_an_api_key_is_no_token() -> None:
    assert not any(map(is_token, ("rf-" + "a.b.c", "", "e.y.z", "ey.a.b.c", "eyJhIjox fQ.e30.e30", "eyJhIjoxfQ.e30")))


def forged(text: str, signature: bytes) -> str:
    return text + "." + unsigned({}, {}, signature).rpartition(".")[2]
