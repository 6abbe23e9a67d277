"""Verifies a token: a JWS in compact form (RFC 7515) over claims (RFC 7519), signed by a key of the provider's set.

The algorithm has to be one of ALGORITHMS and one that the key was made for; what the token itself says of keys (`jwk`,
`jku`, `x5u`, `x5c`) is never looked at, and a header that it calls critical is refused.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from proxy.oidc.grants import Claims
from proxy.oidc.jwks import LONGEST_KID, Usable

ALGORITHMS = frozenset({"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
LEEWAY_S = 30
"""By how much the clocks of the provider and of this machine may differ."""
MAX_BYTES = 16 * 1024
LONGEST_SUBJECT = 1024
FORM = re.compile(r"ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")


class Refused(Exception):
    """A token is not accepted. `why` is one of REASONS."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownKey(Exception):
    """A token names a key that is not in the set: it is forged, or the set is old."""


REASONS = {
    "too_large": f"is longer than {MAX_BYTES} bytes",
    "malformed": "is not a signed JSON Web Token with an object of claims",
    "type": "is of another type than JWT or at+jwt",
    "algorithm": "names an algorithm that is not accepted here, or that its key was not made for",
    "key": "names no key of the provider's set",
    "signature": "has a signature that does not verify",
    "issuer": "is of another issuer",
    "audience": "is meant for another audience",
    "subject": "does not say whose it is",
    "expired": "has expired, or does not say when it does",
    "early": "is not valid yet",
}
"""What a caller is told; none of it is the token's."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token has to say."""

    issuer: str
    audience: str


def is_token(secret: str) -> bool:
    """Whether something has the form of a token, which no API key has."""
    return FORM.fullmatch(secret) is not None


def verified(token: str, keys: Mapping[str, Usable], expected: Expected, now: float) -> Claims:
    """Return the claims of a token that is right at `now` (seconds since 1970); raises Refused and UnknownKey."""
    if len(token) > MAX_BYTES:
        raise Refused("too_large")
    try:
        parts = jws.extract_compact(token.encode(), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise Refused("malformed") from None
    if not isinstance(parts.protected, dict):
        raise Refused("malformed")
    key = _key_of(parts.protected, keys)
    try:
        sound = jws.validate_compact(parts, key.key, registry=_REGISTRY)
        claims = _object(parts.payload) if sound else None
    except (JoseError, ValueError, TypeError):
        sound, claims = False, None
    if not sound:
        raise Refused("signature")
    if claims is None:
        raise Refused("malformed")
    _check(claims, expected, now)
    return claims


def _key_of(header: Mapping[str, Any], keys: Mapping[str, Usable]) -> Usable:
    algorithm, kid, type_ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Refused("algorithm")
    if not isinstance(type_, str) or type_.lower() not in TYPES:
        raise Refused("type")
    if "crit" in header or "b64" in header:
        raise Refused("malformed")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        raise Refused("key")
    if kid not in keys:
        raise UnknownKey
    if algorithm not in keys[kid].algorithms:
        raise Refused("algorithm")
    return keys[kid]


def _object(payload: bytes) -> Claims | None:
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return claims if isinstance(claims, dict) else None


def _check(claims: Claims, expected: Expected, now: float) -> None:
    if claims.get("iss") != expected.issuer:
        raise Refused("issuer")
    meant = claims.get("aud")
    if expected.audience not in (meant if isinstance(meant, list) else [meant]):
        raise Refused("audience")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Refused("subject")
    expires = _moment(claims, "exp")
    if expires is None or not now < expires + LEEWAY_S:
        raise Refused("expired")
    for name in ("nbf", "iat"):
        begins = _moment(claims, name)
        if name in claims and (begins is None or not begins <= now + LEEWAY_S):
            raise Refused("early")


def _moment(claims: Claims, name: str) -> float | None:
    """Return a NumericDate, or None where there is none that can be compared."""
    said = claims.get(name)
    return said if isinstance(said, int | float) and not isinstance(said, bool) and math.isfinite(said) else None


class _Registry(JWSRegistry):
    """The algorithms above and no other, whatever a version of the library recommends, or warns of: `EdDSA`."""

    max_header_length = 4096
    max_payload_length = MAX_BYTES
    max_signature_length = 2048

    def get_alg(self, name: str) -> Any:
        """Return an algorithm; raises ValueError for any other."""
        if name not in ALGORITHMS:
            raise ValueError("not accepted")
        return self.algorithms[name]


_REGISTRY = _Registry(algorithms=sorted(ALGORITHMS), strict_check_header=False)
