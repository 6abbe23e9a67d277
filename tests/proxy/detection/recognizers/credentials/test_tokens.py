import random
import string
from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import tokens
from proxy.detection.recognizers.credentials.tokens import genuine

BODY = "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"
HEX = "5b5b08860dfe2853" + "87c2fb1efb5a501c"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("gh" + f"p_{BODY}", "API_KEY"),
        ("sk" + f"-{HEX}", "API_KEY"),
        ("nf" + f"p_{BODY}", "API_KEY"),
        ("jina" + f"_{HEX}{BODY[:28]}", "API_KEY"),
        ("tskey" + f"-auth-{BODY}", "API_KEY"),
        ("do" + f"p_v1_{HEX}{HEX}", "CLOUD_CREDENTIAL"),
        ("AKI" + "AQYLPMN5HHHFPZAM2", "CLOUD_CREDENTIAL"),
        ("GOCS" + f"PX-{BODY[:28]}", "CLOUD_CREDENTIAL"),
        ("eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiI5ODc2NTQzMjEifQ." + BODY, "JWT"),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "(see {})", '"{}",', "k={}&x=1", "<code>{}</code>", "{}. Next"])
def test_a_token_tells_by_its_shape_in_any_surroundings(
    token: str, kind: str, frame: str, seen: Callable[..., set[str]], types: Callable[..., set[str]]
) -> None:
    assert any(token.startswith(value) or value == token for value in seen(tokens, frame.format(token)))
    assert kind in types(tokens, frame.format(token))


def test_a_webhook_is_a_token(seen: Callable[..., set[str]]) -> None:
    address = "hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/" + BODY[:24]
    assert seen(tokens, f"https://{address}") == {address}
    assert seen(tokens, "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24) == set()


@pytest.mark.parametrize(
    "address",
    [
        "hooks.slack.com/workflows/T0A1B2C3D/A0A1B2C3D/427312345678901234/" + BODY[:24],
        "maker.ifttt.com/trigger/door/with/key/" + BODY[:22],
        "hook.eu1.make.com/" + BODY[:32].lower(),
    ],
)
def test_so_are_the_addresses_of_other_automations(address: str, seen: Callable[..., set[str]]) -> None:
    assert seen(tokens, f"POST https://{address}") == {address}


def test_the_token_of_a_bot_stands_in_the_path(seen: Callable[..., set[str]]) -> None:
    token = "7123456789:" + "AA" + BODY[:33]
    assert seen(tokens, f"https://api.telegram.org/bot{token}/sendMessage") == {token}


@pytest.mark.parametrize(
    "token",
    [
        "AKIAIOSFODNN7" + "EXAMPLE",
        "sk_test_" + "4eC39HqLyjWDarjtT1zdp7dc",
        "ghp_" + "x" * 36,
        "sk-your-key-goes-here-please",
        "hf_servingcellpriorityparametersdesc",
        "xoxb-your-bot-token-here",
    ],
)
def test_samples_and_words_are_no_tokens(token: str, seen: Callable[..., set[str]]) -> None:
    assert not genuine(token)
    assert seen(tokens, token) == set()


def test_a_publishable_key_is_no_secret(seen: Callable[..., set[str]]) -> None:
    assert seen(tokens, "pk_live_" + BODY[:24]) == set()


def test_hardly_a_random_key_is_taken_for_words() -> None:
    source = random.Random(1)
    drawn = ["".join(source.choices(string.ascii_letters + string.digits, k=24)) for _ in range(5000)]
    assert sum(not genuine("sk" + f"_live_{token}") for token in drawn) <= 10


@pytest.mark.parametrize(
    "address",
    [
        "hooks.relay.example.net/in/" + BODY[:32],
        "ci.example.net/api/webhooks/" + BODY[:28],
        "outlook.office.com/webhook/7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f@7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f/Incoming/"
        + BODY[:32],
    ],
)
def test_any_address_of_a_hook_that_nobody_can_guess_is_a_token(address: str, seen: Callable[..., set[str]]) -> None:
    assert seen(tokens, f"POST https://{address}") == {address}


@pytest.mark.parametrize(
    "address",
    [
        "api.github.com/repos/a/b/hooks/123456789/deliveries",
        "api.example.net/webhooks/stripe-events-handler-for-production",
        "webhooks.example.net/docs/getting-started-with-webhooks-v2",
    ],
)
def test_an_address_about_hooks_is_not(address: str, seen: Callable[..., set[str]]) -> None:
    assert seen(tokens, f"GET https://{address}") == set()


def test_what_lets_a_machine_join_a_cluster_is_a_token(seen: Callable[..., set[str]]) -> None:
    token = "q7rk2l" + ".m9vt4xw8zbh3npcd"
    assert seen(tokens, f"kubeadm join 10.0.0.1:6443 --token {token} --discovery") == {token}
    secret = "5a0cf318656b3e6f" + "0bade65c3b188cc1"
    assert seen(tokens, "K10" + "9f" * 32 + f"::server:{secret}") == {secret}


@pytest.mark.parametrize(
    "text",
    [
        "ALERT_WEBHOOK_URL=https://%s",
        '"webhook": "https://%s"',
        '"hooks": [\n {\n  "on": "failure",\n  "url": "https://%s"\n }\n]',
    ],
)
def test_the_address_of_a_hook_may_be_told_by_its_setting(text: str, seen: Callable[..., set[str]]) -> None:
    address = "alerts.tern.lan/in/" + "9GFbquZi3saa" + "uS9DmrkyTucg"
    assert seen(tokens, text % address) == {address}
    assert seen(tokens, text % "alerts.tern.lan/in/deployment-notifications") == set()
