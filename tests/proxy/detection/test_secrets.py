import pytest

from proxy.detection.secrets import EMITS, entity_type


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("betterleaks.private-key", "PRIVATE_KEY"),
        ("betterleaks.aws-access-token", "CLOUD_CREDENTIAL"),
        ("betterleaks.azure-storage-account-key", "CLOUD_CREDENTIAL"),
        ("betterleaks.jwt", "JWT"),
        ("betterleaks.mongodb-connection-string", "CONNECTION_STRING"),
        ("betterleaks.generic-credential-uri", "CONNECTION_STRING"),
        ("betterleaks.hashicorp-tf-password", "PASSWORD"),
        ("betterleaks.github-pat", "API_KEY"),
        ("veles.secrets/openrouter", "API_KEY"),
        ("veles.secrets/herokuplatformkey", "CLOUD_CREDENTIAL"),
    ],
)
def test_each_rule_has_a_type(rule: str, expected: str) -> None:
    assert entity_type(rule) == expected
    assert expected in EMITS
