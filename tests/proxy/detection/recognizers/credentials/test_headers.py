import base64
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import headers

TOKEN = "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"


def basic(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {TOKEN}",
        f"headers = {{'Authorization': 'Token {TOKEN}'}}",
        f'req.Header.Set("Authorization", "Bearer {TOKEN}")',
        f'{{\\"authorization\\": \\"Bearer {TOKEN}\\"}}',
        f"the bearer {TOKEN} gives me a 403",
        f"Cookie: theme=dark; sessionid={TOKEN}",
        f'"cookies": [{{"name": "sessionid", "value": "{TOKEN}"}}]',
    ],
)
def test_what_authenticates_a_request_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    assert TOKEN in seen(headers, text)


def test_basic_credentials_are_read_before_they_count(seen: Callable[..., set[str]]) -> None:
    secret, sample = basic("svc:hunter22"), basic("Aladdin:open sesame")
    assert seen(headers, f"Authorization: Basic {secret}") == {secret}
    assert seen(headers, f"Authorization: Basic {sample}") == set()
    assert seen(headers, "basic understanding of Kubernetes") == set()


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer <token>",
        "Authorization: `Bearer ${session.accessToken}`",
        "'Authorization': 'Bearer ' + accessToken",
        "Cookie: theme=dark; _ga=GA1.2.1234567890.1234567890",
        f"Cookie: csrftoken={TOKEN}",
    ],
)
def test_variables_and_other_cookies_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(headers, text) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("schema.registry.basic.auth.user.info=loader:Jv3nQz8kTmWx", "Jv3nQz8kTmWx"),
        ('{"url": "https://a.b/c", "auth": "ops@wendover.energy:Sluice_gate.44"}', "Sluice_gate.44"),
        ("credentials: tracker:Buoy-lamp-3\n", "Buoy-lamp-3"),
    ],
)
def test_a_setting_of_user_and_password_gives_the_password(
    text: str, value: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(headers, text) == {value}


@pytest.mark.parametrize(
    "text", ["auth: basic:optional", "login: http://host:8080", "auth=user:password1", "author: bob:x9yz1"]
)
def test_a_setting_of_something_else_gives_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(headers, text) == set()
