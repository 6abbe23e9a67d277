"""Who bears a token: the same `Caller` as with an API key, under a pseudonym.

That is `oidc_` and 16 hex digits: a keyed fingerprint of issuer and subject. Nothing that a token says is in a record,
a log line or an error.
"""

import hmac
import time
from collections.abc import Callable

from proxy.errors import RequestRefused, Unavailable
from proxy.identity import Caller
from proxy.oidc.configuration import Configuration
from proxy.oidc.grants import granted
from proxy.oidc.keyset import KeySet
from proxy.oidc.tokens import REASONS, Expected, Refused, UnknownKey, is_token, verified


class TokenRefused(RequestRefused):
    """A token that does not say who calls."""

    kind = "authentication_error"

    def __init__(self, why: str) -> None:
        super().__init__(f"The bearer token {REASONS[why]}.", status=401, code="invalid_token")

    def headers(self) -> dict[str, str]:
        """Add the challenge of RFC 6750, section 3."""
        return {**super().headers(), "www-authenticate": 'Bearer realm="ringfence", error="invalid_token"'}


class Bearers:
    """Tokens of one provider."""

    def __init__(
        self, configuration: Configuration, keys: KeySet, secret: bytes, clock: Callable[[], float] = time.time
    ) -> None:
        """`secret` keys the pseudonyms: whoever does not have it cannot tell whose they are."""
        self._grants = configuration.grants
        self._expected = Expected(configuration.issuer, configuration.audience)
        self._keys, self._secret, self._clock = keys, secret, clock

    def caller(self, token: str) -> Caller | None:
        """Return who bears a token, or None for what has not the form of one, such as an API key.

        Raises RequestRefused (401, 403), and Unavailable where it cannot be known.
        """
        if not is_token(token):
            return None
        keys = self._keys.current()
        if keys is None:
            raise _unavailable()
        try:
            claims = verified(token, keys, self._expected, self._clock())
        except UnknownKey:
            if self._keys.unknown():
                raise _unavailable() from None
            raise TokenRefused("key") from None
        except Refused as refused:
            raise TokenRefused(refused.why) from None
        given = granted(claims, self._grants)
        if given is None:
            text = "The bearer token is valid, but nothing is granted to it here; an administrator can change that."
            raise RequestRefused(text, status=403, code="not_granted")
        return Caller(self._pseudonym(claims["sub"]), given.app, given.team, given.role, "oidc", "oidc")

    def _pseudonym(self, subject: str) -> str:
        text = f"{self._expected.issuer}\0{subject}".encode("utf-8", "surrogatepass")
        return f"oidc_{hmac.digest(self._secret, text, 'sha256')[:8].hex()}"


def _unavailable() -> Unavailable:
    text = "Whether the bearer token is valid cannot be known now: the identity provider's keys are not at hand."
    return Unavailable(text, code="identity_unavailable")
