"""The keys in a provider's set (RFC 7517) that may verify a token, each by its `kid`; the others are left out.

No symmetric key is ever taken: with one, whoever can verify could also sign. Nor is one that is too short, of another
curve, or meant for something else.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

LEAST_BITS, MOST_BITS = 2048, 8192
MOST_KEYS = 100
LONGEST_KID = 256
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

Key = RSAKey | ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class Usable:
    """One key, and the algorithms that a token may name with it."""

    key: Key
    algorithms: frozenset[str]


def is_set(document: Any) -> bool:
    """Whether a parsed document is a set of keys, of whatever keys, or of none."""
    return isinstance(document, dict) and isinstance(document.get("keys"), list)


def usable(document: Any) -> Mapping[str, Usable]:
    """Return the usable keys of a parsed set by `kid`. One that two keys have names none of them."""
    found: dict[str, Usable] = {}
    twice = set()
    for each in document["keys"][:MOST_KEYS] if is_set(document) else []:
        kid, key = (each.get("kid"), _key(each)) if isinstance(each, dict) else (None, None)
        if key is not None and isinstance(kid, str) and 0 < len(kid) <= LONGEST_KID:
            twice |= {kid} & found.keys()
            found[kid] = key
    return {kid: key for kid, key in found.items() if kid not in twice}


def _key(given: dict[str, Any]) -> Usable | None:
    operations = given.get("key_ops", ["verify"])
    if given.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    if PRIVATE & given.keys():  # a set that was published with its private parts is nobody's alone
        return None
    try:
        key, algorithms = _imported(given)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if "alg" in given:
        algorithms &= {given["alg"]} if isinstance(given["alg"], str) else set()
    return Usable(key, algorithms) if algorithms else None


def _imported(given: dict[str, Any]) -> tuple[Key, frozenset[str]]:
    match given.get("kty"), given.get("crv"):
        case "RSA", _:
            if LEAST_BITS <= _bits(given["n"]) <= MOST_BITS:
                rsa = RSAKey.import_key({name: given[name] for name in ("kty", "n", "e")})
                return rsa, frozenset({"RS256", "PS256"} if rsa.public_key else ())
        case "EC", "P-256":
            elliptic = ECKey.import_key({name: given[name] for name in ("kty", "crv", "x", "y")})
            return elliptic, frozenset({"ES256"} if elliptic.public_key else ())
        case "OKP", "Ed25519":
            edwards = OKPKey.import_key({name: given[name] for name in ("kty", "crv", "x")})
            return edwards, frozenset({"EdDSA", "Ed25519"} if edwards.public_key else ())
    raise ValueError("no key of ours")


def _bits(modulus: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(modulus + "==")).bit_length()
