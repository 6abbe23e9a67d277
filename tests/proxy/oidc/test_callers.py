"""Keys and tokens side by side, and what the log says of their configuration."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop
from issuing import AUDIENCE, Issuer

from audit.access import Filters, Records
from audit.log import AuditLog
from proxy.identity import KeyStore, Role, new_key
from proxy.oidc.callers import OFF, Callers
from proxy.oidc.configuration import Configuration
from proxy.oidc.grants import Grant, Named

GRANTS = (Grant((("groups", "staff"),), Role.APP, Named(("support",)), Named(("helpdesk",))),)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.server.stop()


def run(home: Path, configuration: Configuration | None, *secrets: str) -> list[Any]:
    """Start, authenticate each secret, and stop; returns the kinds of the callers, or None for nobody."""

    async def begin() -> list[Any]:
        audit = AuditLog.open(home / "audit.db", keys=home / "keys", origin="test.example/audit", deadline_s=10.0)
        callers = await Callers.start(configuration, KeyStore(home / "state.db"), audit)
        try:
            found = [callers.authenticate(secret) for secret in secrets]
        finally:
            callers.close()
            audit.close()
        return [each and each.kind for each in found]

    return uvloop.run(begin())


def recorded(home: Path) -> list[dict[str, Any]]:
    page = Records(home / "audit.db").page(Filters(kind="config.changed"))
    return [record.body for record in page.records]


def test_keys_and_tokens_stand_side_by_side(tmp_path: Path, issuer: Issuer) -> None:
    secret, row = new_key("desk", "support", Role.APP, None)
    store = KeyStore(tmp_path / "state.db")
    store.add(row)
    store.close()
    configuration = Configuration(issuer.url, AUDIENCE, "", GRANTS)
    unknown = "rf-" + "x" * 43
    assert run(tmp_path, configuration, secret, issuer.token(), unknown) == ["api_key", "oidc", None]
    assert run(tmp_path, None, secret, issuer.token(), unknown) == ["api_key", None, None]


def test_what_is_configured_is_recorded_when_it_is_something_else(tmp_path: Path, issuer: Issuer) -> None:
    one = Configuration(issuer.url, AUDIENCE, issuer.jwks_url, GRANTS)
    two = replace(one, audience="other")
    for configuration in (None, None, one, one, two, one, None, None):
        run(tmp_path, configuration)
    said = recorded(tmp_path)
    assert [each["sha256"] for each in said] == [one.sha256(), two.sha256(), one.sha256(), OFF]
    assert {tuple(each["settings"]) for each in said} == {("oidc",)}
    assert hashlib.sha256(b"null").hexdigest() == OFF
    assert hashlib.sha256(one.text()).hexdigest() == one.sha256()
