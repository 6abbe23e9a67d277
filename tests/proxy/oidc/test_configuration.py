"""What is configured is complete, and read as strictly as a policy."""

from pathlib import Path
from typing import Any

import pytest
from harness import ROOT

from proxy.errors import ConfigurationError
from proxy.identity import Role
from proxy.oidc.configuration import load, load_grants
from proxy.oidc.grants import granted
from proxy.settings import Settings

EXAMPLE = ROOT / "deploy" / "oidc.example.yaml"
GIVEN: dict[str, Any] = {
    "oidc_issuer": "https://login.example/realms/one", "oidc_audience": "ringfence", "oidc_grants": EXAMPLE,
}  # fmt: skip


def test_nothing_given_is_nobody_with_a_token() -> None:
    assert load(Settings()) is None


def test_the_example_grants_what_it_says() -> None:
    made = load(Settings(**GIVEN))
    assert made is not None
    person = {"groups": ["ringfence-auditors"], "amr": ["pwd", "mfa"]}
    staff = {"realm_access": {"roles": ["staff"]}, "department": "sales"}
    found = [
        granted(claims, made.grants)
        for claims in (person, person | {"amr": ["pwd"]}, {"azp": "helpdesk-service"}, staff)
    ]
    assert [(each.role, each.team, each.app) if each else None for each in found] == [
        (Role.AUDITOR, "audit", "console"), None, (Role.APP, "support", "helpdesk"), (Role.APP, "sales", "workbench"),
    ]  # fmt: skip


@pytest.mark.parametrize("left_out", GIVEN)
def test_a_part_of_it_is_refused(left_out: str) -> None:
    with pytest.raises(ConfigurationError, match=left_out):
        load(Settings(**{name: value for name, value in GIVEN.items() if name != left_out}))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("oidc_issuer", "http://login.example"), ("oidc_issuer", "login.example"), ("oidc_issuer", "ftp://x.example"),
        ("oidc_issuer", "https://user:pw@login.example"), ("oidc_issuer", "https://login.example?x=1"),
        ("oidc_issuer", "http://127.0.0.1.login.example"), ("oidc_jwks", "http://login.example/keys"),
        ("oidc_jwks", "file:///etc/keys"),
    ],
)  # fmt: skip
def test_an_address_that_others_could_answer_at_is_refused_and_not_repeated(setting: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=setting) as caught:
        load(Settings(**{**GIVEN, setting: value}))
    assert value not in caught.value.message


def test_plain_http_is_for_this_machine() -> None:
    for issuer in ("http://127.0.0.1:8000", "http://localhost/x", "http://[::1]:1"):
        assert load(Settings(**{**GIVEN, "oidc_issuer": issuer})) is not None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("grants: []", "too-few"), ("grants: {}", "wrong-type"), ("x: 1", "missing-key"),
        ("grants:\n- {role: app, team: a, app: b}", "missing-key"),
        ("grants:\n- {if: {}, role: app, team: a, app: b}", "too-few"),
        ("grants:\n- {if: {g: x}, role: owner, team: a, app: b}", "unknown-value"),
        ("grants:\n- {if: {g: x}, role: app, team: A B, app: b}", "bad-name"),
        ("grants:\n- {if: {g: x}, role: app, team: a, app: ringfence-canary}", "bad-name"),
        ("grants:\n- {if: {g: x}, role: app, team: a, app: {claim: c, among: [b, ringfence-canary]}}", "bad-name"),
        ("grants:\n- {if: {g: x}, role: app, team: {claim: c}, app: b}", "missing-key"),
        ("grants:\n- {if: {g: x}, role: app, team: {claim: c, among: []}, app: b}", "too-few"),
        ("grants:\n- {if: {g: 7}, role: app, team: a, app: b}", "wrong-type"),
        ("grants:\n- {if: {g: x}, role: app, team: a, app: b, roles: [admin]}", "unknown-key"),
        ("grants:\n- {if: {g: [x]}, role: app, team: a, app: b}", "wrong-type"),
    ],
)  # fmt: skip
def test_a_grant_that_could_mean_more_than_it_says_is_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "grants.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=code):
        load_grants(path)


def test_the_digest_changes_with_a_meaning_and_with_nothing_else(tmp_path: Path) -> None:
    def digest(text: str, **more: Any) -> str:
        path = tmp_path / "grants.yaml"
        path.write_text(text)
        made = load(Settings(**{**GIVEN, "oidc_grants": path, **more}))
        assert made is not None
        return made.sha256()

    text = "grants:\n- {if: {g: x}, role: app, team: a, app: b}\n"
    first = digest(text)
    assert digest(f"# a comment\n{text}") == first
    assert len({first, digest(text.replace("app,", "admin,")), digest(text, oidc_audience="other")}) == 3
    assert len({first, digest(text.replace("g: x", 'g: "true"')), digest(text.replace("g: x", "g: true"))}) == 3
