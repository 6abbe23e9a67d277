from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import logins


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("login with admin / Sommer2024#", "sommer2024#"),
        ("creds are admin:hunter22", "hunter22"),
        ("Zugangsdaten: maier / hunter22", "hunter22"),
        ("guest wifi: CorpGuest / hunter22", "hunter22"),
        ("Credentials for the test system: jo.doe / hunter22", "hunter22"),
        ("log in as root with hunter22", "hunter22"),
        ("u: bob p: hunter22", "hunter22"),
        ("admin / hunter22", "hunter22"),
        ("svc_sql:K9#mLp2vX", "k9#mlp2vx"),
        ("WPA2 key: hunter22", "hunter22"),
    ],
)
def test_a_password_beside_a_user_is_found(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert {found.lower() for found in seen(logins, text)} == {value}


@pytest.mark.parametrize(
    "text",
    [
        "login with Google or GitHub",
        "sign in with e-mail / password",
        "user/password authentication is disabled",
        "nginx:1.25-alpine",
        "root:x:0:0:root:/root:/bin/bash",
        "[Access Control](../sheets/REST_Security_1.md)",
    ],
)
def test_talk_of_logins_is_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(logins, text) == set()
