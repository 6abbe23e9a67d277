from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import literals

HEX = "d3525df65acc8352" + "d448e50be6331c02"
MIXED = "wmVXVROk8MuhSp" + "15bSQSkFv4"


@pytest.mark.parametrize(
    "text",
    [
        f'static let mixpanel = "{HEX}"',
        f"const TWILIO = '{HEX}';",
        f'analytics: {{ "amplitude": "{HEX}" }}',
        f'private static final byte[] K = Hex.decode("{HEX}");',
        f'mac = hmac(bytes.fromhex("00"), seedling := bytes.fromhex("{HEX}"))',
    ],
)
def test_a_key_under_a_vendors_name_or_decoded_in_place_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(literals, text) == {HEX}


@pytest.mark.parametrize(
    "text",
    [
        f'requests.post(API + "/fire", json={{"routing": "{MIXED}"}})',
        f'client = Relay(host, shared="{MIXED}")',
        f'{{"keyName": "key1", "permissions": "FULL", "value": "{MIXED}"}}',
    ],
)
def test_what_only_a_generator_mixes_is_a_key_near_words_of_access(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(literals, text) == {MIXED}


@pytest.mark.parametrize(
    "text",
    [
        f'md5 = "{HEX}"',
        f'shade = "{HEX}"',
        f'"commit": "{HEX}"',
        f'{{"auth": true, "request_id": "{MIXED}"}}',
        f'colour = "{MIXED}"',
        'twilio = "your-account-sid-goes-here"',
        'client = "internalServiceAccountName2"',
        'auth: "0b1c9e4e-5f0e-4c58-9a55-0c5b6f0f7d21"',
        'stripe = "https://js.stripe.com/v3/elements"',
        f'expected = bytes.fromhex("{HEX}")',
    ],
)
def test_hashes_ids_and_names_are_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(literals, text) == set()


def test_a_key_may_be_what_a_vendors_client_is_made_of(seen: Callable[..., set[str]]) -> None:
    assert seen(literals, f'const s = new Stripe("{MIXED}x");') == {MIXED + "x"}
    assert seen(literals, f'const s = new Slider("{MIXED}x");') == set()


def test_bytes_of_a_text_are_decoded_in_place_too(seen: Callable[..., set[str]]) -> None:
    text = "n4Vq8ZtLm1Yx0RbW" + "c7HsPdJgEa3UoKtR"
    assert seen(literals, f"final box = Box.fromUtf8('{text}');") == {text}
