"""An identity provider on loopback, with keys made at run time; and tokens as it signs them, or as nobody should."""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from harness import StandIn
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

AUDIENCE = "ringfence"
JWKS = "/keys"
MADE = {
    "RS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}
MADE["PS256"] = MADE["RS256"]


class _Any(JWSRegistry):
    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


@dataclass
class Issuer:
    """A provider whose keys are `kid-RS256`, `kid-ES256` and so on, until `rotate` gives them other names."""

    server: StandIn = field(default_factory=lambda: StandIn("issuer"))
    kids: dict[str, str] = field(default_factory=lambda: {name: f"kid-{name}" for name in MADE})

    def __post_init__(self) -> None:
        self.publish()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def jwks_url(self) -> str:
        return self.url + JWKS

    def jwks(self) -> dict[str, Any]:
        return {"keys": [public(name, self.kids[name]) for name in MADE]}

    def publish(self) -> None:
        """Serve the documents as they are now."""
        self.server.routes["/.well-known/openid-configuration"] = {"issuer": self.url, "jwks_uri": self.jwks_url}
        self.server.routes[JWKS] = self.jwks()

    def rotate(self) -> None:
        """Give the keys other names and publish them."""
        self.kids = {name: f"kid-{name}-{secrets.token_hex(4)}" for name in MADE}
        self.publish()

    def fetches(self) -> int:
        """Count how often the keys were asked for."""
        return sum(seen.path == JWKS for seen in self.server.requests)

    def claims(self, **more: Any) -> dict[str, Any]:
        """Return what a good token says; a claim of None is left out."""
        now = int(time.time())
        said = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "248289761001",
            "iat": now,
            "exp": now + 300,
            "groups": ["staff"],
        }
        return {name: value for name, value in (said | more).items() if value is not None}

    def token(self, alg: str = "RS256", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Sign a token with the key that an algorithm has here."""
        head = {"alg": alg, "typ": "JWT", "kid": self.kids.get(alg, "kid-RS256"), **(header or {})}
        return signed(head, json.dumps(self.claims(**claims)).encode(), MADE.get(alg, MADE["RS256"]))


def public(alg: str, kid: str) -> dict[str, Any]:
    """Return the public half of a key, as a set lists it."""
    return {**MADE[alg].as_dict(private=False), "kid": kid, "use": "sig", "alg": alg}


def signed(header: dict[str, Any], payload: bytes, key: Any) -> str:
    """Sign anything."""
    head = {name: value for name, value in header.items() if value is not None}
    registry = _Any(algorithms=list(JWSRegistry.algorithms), strict_check_header=False)
    return jws.serialize_compact(head, payload, key, registry=registry)


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """Put a token together by hand."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
