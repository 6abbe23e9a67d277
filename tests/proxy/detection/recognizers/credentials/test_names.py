import pytest

from proxy.detection.recognizers.credentials.names import find, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DB_PASSWORD", "password"),
        ("spring.datasource.password", "password"),
        ("dbPasswd", "password"),
        ("Kennwort", "password"),
        ("contraseña", "password"),
        ("mot_de_passe", "password"),
        ("clientSecret", "secret"),
        ("x-api-key", "secret"),
        ("AccountKey", "secret"),
        ("accessToken", "secret"),
        ("token", "token"),
        ("credentials", "token"),
        ("key", "key"),
    ],
)
def test_a_name_of_a_secret_is_known(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    "name",
    [
        "primary_key",
        "foreignKey",
        "cache_key",
        "public_key",
        "key_id",
        "max_tokens",
        "next_page_token",
        "token_count",
        "eos_token",
        "tokenizer",
        "password_hint",
        "passwordField",
        "reset_password",
        "secret_name",
        "author",
        "compass",
    ],
)
def test_a_name_that_only_sounds_like_it_is_not(name: str) -> None:
    assert kind_of(name) is None


def test_the_word_before_tells_what_key_it_is() -> None:
    for text, kind in (("our api key", "secret"), ("the primary key", None), ("a key", "key")):
        assert next((name.kind for name in find(text, text)), None) == kind


def test_a_name_knows_what_it_stands_behind() -> None:
    names = list(find("--password $PASSWORD user.password", "--password $password user.password"))
    assert [(name.option, name.variable) for name in names] == [(True, False), (False, True), (False, False)]


@pytest.mark.parametrize(
    "name", ["SESSION_PEPPER", "fieldEncryptionSalt", "key_derivation_salt", "CRON_BEARER", "totp_seed"]
)
def test_what_secrets_are_made_with_is_one(name: str) -> None:
    assert kind_of(name) == "token"


@pytest.mark.parametrize("name", ["salt", "seed", "pepper", "SECRETS_BACKEND", "auth_method", "token_region"])
def test_the_word_alone_or_before_something_else_is_not(name: str) -> None:
    assert kind_of(name) is None


@pytest.mark.parametrize(
    "name", ["SNMP_COMMUNITY", "rocommunity", "sim_pin", "DOOR_PIN", "kodeord", "şifre", "пароль", "密码"]
)
def test_words_of_other_tongues_and_trades_name_passwords(name: str) -> None:
    assert kind_of(name) == "password"


@pytest.mark.parametrize("name", ["CLE_CHIFFREMENT", "clave_api", "chiave_privata", "klucz_api", "X-Upstream-Key"])
def test_keys_are_named_in_other_tongues(name: str) -> None:
    assert kind_of(name) == "secret"


@pytest.mark.parametrize("name", ["community_forum", "gpio_pin", "pin_code_length", "clave_primaria_id", "sk_label"])
def test_the_same_words_elsewhere_name_nothing(name: str) -> None:
    assert kind_of(name) is None


@pytest.mark.parametrize("name", ["auth0", "existingSecret"])
def test_a_vendor_and_what_points_to_a_secret_are_no_names_of_one(name: str) -> None:
    assert kind_of(name) is None
