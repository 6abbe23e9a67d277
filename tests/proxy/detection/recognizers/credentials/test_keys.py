from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import keys

KEY = "a8Kd93jf02mXz81LqPw7" + "3nVb6TyR"
DIGEST = "5b5b08860dfe2853" + "87c2fb1efb5a501c"


@pytest.mark.parametrize(
    "text",
    [
        f"our datadog api key is {KEY}, why a 403?",
        f"use this access token {KEY} for staging",
        f"the client secret (`{KEY}`) was revoked",
        f"der API-Schlüssel lautet {KEY}",
        f"la clé API est {KEY}",
        f"The key is {KEY}",
    ],
)
def test_a_key_that_is_told_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    assert KEY in seen(keys, text)


@pytest.mark.parametrize(
    "text",
    [
        f"the key {DIGEST} was not found in the cache",
        f"cache key {KEY}",
        f"public key {KEY}",
        f"token usage in commit {DIGEST}",
        f"secret scanning found 0 alerts in {DIGEST}",
        "the access token is valid for 3600 seconds",
        "token-providers@3.5.0, integrity sha512-" + KEY,
    ],
)
def test_digests_and_other_keys_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(keys, text) == set()


def test_a_key_of_a_cloud_is_called_so(types: Callable[..., set[str]]) -> None:
    assert "CLOUD_CREDENTIAL" in types(keys, f"the aws secret access key is {KEY}")


def test_what_is_said_later_to_be_a_key_is_found(seen: Callable[..., set[str]]) -> None:
    key = "q7Rk2Lm9" + "Vt4Xw8Zb" + "H3nPcD5s"
    assert seen(keys, f"is `{key}` long enough for a flask SECRET_KEY?") == {key}
    assert seen(keys, f"`{key}` is the trace that led to the wrong build.") == set()
    assert seen(keys, "is `kubernetes-io/service-account-token` a type of secret key?") == set()


def test_a_secret_that_is_told_may_be_short(seen: Callable[..., set[str]]) -> None:
    assert seen(keys, "the shared secret for the RADIUS is marble9harp!") == {"marble9harp!"}
    assert seen(keys, "The secret is to use 2 eggs") == set()
    assert seen(keys, "The client secret is required2") == set()


@pytest.mark.parametrize("said", ["clé de chiffrement : %s", "la clave de cifrado es %s", "chiave di cifratura: %s"])
def test_what_encrypts_is_a_key_in_other_tongues(said: str, seen: Callable[..., set[str]]) -> None:
    key = "iNp9mg3bGk0IAkzd" + "JQcdpfiY9bHGCaw4"
    assert seen(keys, said % key) == {key}
