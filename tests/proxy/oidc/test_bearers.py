"""A good token makes a caller of its bearer, under a pseudonym; whatever else, nobody gets in."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop
from issuing import AUDIENCE, Issuer

from proxy.errors import RequestRefused, RingfenceError, Unavailable
from proxy.identity import Caller, Role
from proxy.oidc.bearers import Bearers
from proxy.oidc.configuration import Configuration
from proxy.oidc.fetching import fetch
from proxy.oidc.grants import Grant, Named
from proxy.oidc.keyset import AGAIN_S, STALE_S, KeySet

GRANTS = (Grant((("groups", "staff"),), Role.SECURITY, Named(("risk",)), Named(("console",))),)
SECRET = b"s" * 32


class Desk:
    """Bearers of one provider, and a clock for how old its keys are."""

    def __init__(self, issuer: Issuer, secret: bytes = SECRET) -> None:
        configuration = Configuration(issuer.url, AUDIENCE, "", GRANTS)
        self.now = 0.0
        self.keys = KeySet(lambda: fetch(configuration), lambda: self.now)
        self.bearers = Bearers(configuration, self.keys, secret)

    def refresh(self) -> None:
        uvloop.run(self.keys.refresh())

    def caller(self, token: str) -> Caller:
        found = self.bearers.caller(token)
        assert found is not None
        return found

    def refused(self, token: str) -> tuple[int, str]:
        with pytest.raises(RingfenceError) as caught:
            self.bearers.caller(token)
        assert not any(part in caught.value.message for part in token.split(".") if part)
        return caught.value.status, caught.value.code


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.stop()


@pytest.fixture
def desk(issuer: Issuer) -> Desk:
    made = Desk(issuer)
    made.refresh()
    return made


def test_a_bearer_is_a_caller_under_a_pseudonym(issuer: Issuer, desk: Desk) -> None:
    subject = "alex.winter@nordwind.example"
    caller = desk.caller(issuer.token("EdDSA", sub=subject, email=subject))
    assert (caller.team, caller.app, caller.role) == ("risk", "console", Role.SECURITY)
    assert caller.actor == {
        "kind": "oidc", "id": caller.key_id, "app": "console", "team": "risk", "auth_strength": "oidc",
    }  # fmt: skip
    assert len(caller.key_id) == len("oidc_") + 16
    assert desk.caller(issuer.token("RS256", sub=subject)).key_id == caller.key_id
    assert desk.caller(issuer.token(sub="another")).key_id != caller.key_id
    other = Desk(issuer, b"t" * 32)
    other.refresh()
    assert other.caller(issuer.token(sub=subject)).key_id != caller.key_id


def test_what_is_no_token_is_left_to_the_keys(desk: Desk) -> None:
    assert desk.bearers.caller("rf-" + "x" * 43) is None


def test_a_good_token_without_a_grant_is_nobody(issuer: Issuer, desk: Desk) -> None:
    assert desk.refused(issuer.token(groups=["guests"])) == (403, "not_granted")
    assert desk.refused(issuer.token(groups=None)) == (403, "not_granted")


def test_a_bad_token_is_told_what_is_wrong_in_words_of_ours(issuer: Issuer, desk: Desk) -> None:
    with pytest.raises(RequestRefused) as caught:
        desk.bearers.caller(issuer.token(exp=int(time.time()) - 3600))
    assert caught.value.message == "The bearer token has expired, or does not say when it does."
    assert caught.value.headers()["www-authenticate"] == 'Bearer realm="ringfence", error="invalid_token"'
    assert desk.refused(issuer.token(aud="other")) == (401, "invalid_token")


def test_a_rotated_key_is_taken_up_and_the_old_one_no_longer_counts(issuer: Issuer, desk: Desk) -> None:
    old = issuer.token()
    issuer.rotate()
    new = issuer.token()
    assert desk.refused(new) == (401, "invalid_token")  # the set is a moment old: whoever names another key is wrong
    desk.now += AGAIN_S
    assert desk.refused(new) == (503, "identity_unavailable")
    desk.refresh()
    assert desk.caller(new).app == "console"
    assert desk.refused(old) == (401, "invalid_token")


@pytest.mark.parametrize("away", [lambda issuer: issuer.server.stop(), lambda issuer: issuer.server.routes.clear()])
def test_without_the_providers_keys_nobody_gets_in(away: Callable[[Issuer], Any], issuer: Issuer, desk: Desk) -> None:
    token = issuer.token()
    away(issuer)
    desk.refresh()
    desk.now += STALE_S - 1
    assert desk.caller(token).app == "console"  # for a while, the last keys count
    desk.now += 1
    assert desk.refused(token) == (503, "identity_unavailable")
    fresh = Desk(issuer)
    assert fresh.refused(token) == (503, "identity_unavailable")
    fresh.refresh()
    with pytest.raises(Unavailable) as caught:
        fresh.bearers.caller(token)
    assert caught.value.headers() == {"retry-after": "1"}
