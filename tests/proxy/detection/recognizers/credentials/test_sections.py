from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import sections

KEY = "q7Rk2Lm9" + "Vt4Xw8Zb" + "H3nP"


@pytest.mark.parametrize(
    "text",
    [
        f"active_record_encryption:\n  primary_key: {KEY}\n",
        f"stringData:\n  mail: {KEY}\n",
        f"api_keys:\n  # the map\n  maps: '{KEY}'\n",
        f"[credentials]\nuser = app\nprimary = {KEY}\n",
        f'{{\n  "secrets": {{\n    "maps": "{KEY}",\n    "x": 1\n  }}\n}}',
        f'"random_password": {{\n  "result": "{KEY}"\n}}',
    ],
)
def test_what_is_mixed_as_a_key_in_a_section_of_secrets_is_one(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(sections, text) == {KEY}


@pytest.mark.parametrize(
    "text",
    [
        f"settings:\n  primary_key: {KEY}\n",
        f"secrets:\n  name: app\nother:\n  build: {KEY}\n",
        f"credentials:\n  key_id: {KEY}\n",
        "encryption:\n  algorithm: AES-256-GCM-with-HKDF\n",
        "secrets:\n  maps: ${MAPS_TOKEN_OF_PRODUCTION}\n",
        "tokens:\n  input: 512\n  model: some-model-2024-06-01\n",
        "credentials:\n  secretName: my-registry-pull-secret\n",
    ],
)
def test_settings_elsewhere_and_references_in_it_are_not(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(sections, text) == set()
