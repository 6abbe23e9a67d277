import pytest

from proxy.detection.recognizers.credentials.values import (
    clean,
    dotted_words,
    entropy,
    long_secret,
    made_of_words,
    mixed_or_signed,
    password_like,
    phrase,
    pin,
    random_like,
    refers,
    secret_like,
    secret_word,
    stands_in,
    strong_password,
    titled_phrase,
    wordy,
)

KEY = "a8Kd93jf02mXz81LqPw7" + "3nVb6TyR"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "<password>",
        "${DB_PASSWORD}",
        "$TOKEN",
        "{{ token }}",
        "%SECRET%",
        "********",
        "xxxxxxxx",
        "...",
        "your_api_key",
        "YOUR_KEY_HERE",
        "changeme",
        "replace-me",
        "[REDACTED]",
        "!vault",
        "newPassword",
        "wrongpassword",
        "test-secret",
    ],
)
def test_a_placeholder_stands_in(value: str) -> None:
    assert stands_in(value)
    assert not password_like(value)


@pytest.mark.parametrize(
    "value",
    [
        "os.environ['X']",
        "settings.password",
        "get_secret('db')",
        "self->token",
        "/run/secrets/db",
        "C:\\keys\\a.pem",
        "vault:secret/data/db",
        "arn:aws:secretsmanager:eu:1:secret:x",
        "https://vault.test/x",
        "server.key",
        "required|min:8",
    ],
)
def test_a_reference_says_where_the_secret_is(value: str) -> None:
    assert refers(value)
    assert not password_like(value)


@pytest.mark.parametrize("value", [KEY, "5b5b08860dfe285387c2fb1efb5a501c", "9x#k2!mQp$7vR@1z"])
def test_what_a_generator_gives_is_random_like(value: str) -> None:
    assert random_like(value)
    assert secret_like(value)


@pytest.mark.parametrize(
    "value", ["user-profile-cache", "getUserByName2", "deadbeefdeadbeef", "1234567890123456", "aaaaaaaa11"]
)
def test_identifiers_and_numbers_are_not(value: str) -> None:
    assert not random_like(value)


def test_an_id_is_a_secret_only_when_it_may_be() -> None:
    value = "7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f"
    assert secret_like(value, ids=True)
    assert not secret_like(value)


@pytest.mark.parametrize("value", ["hunter2", "Sommer2024!", "p@ss#word", "K9$mLp2vX"])
def test_a_strong_password_mixes(value: str) -> None:
    assert strong_password(value)


@pytest.mark.parametrize(
    "value", ["sha256", "12-character", "8-64", "oauth2", "v2", "2024-05-12", "utf-8", "e-mail", "weak!"]
)
def test_a_technical_term_does_not(value: str) -> None:
    assert not strong_password(value)


def test_a_word_or_a_number_may_be_a_password() -> None:
    assert secret_word("sunshine")
    assert not secret_word("required")
    assert not secret_word("userPhone")
    assert pin("4821")
    assert not pin("12")


def test_a_salt_may_hold_blanks_and_brackets() -> None:
    assert long_secret("Q$:B]zZjN-AdT<>h7V1.vm+k^|}2wVZf]Xw#QEZ[-pSo hv+Kj0W-Z|:|g$-+E8")
    assert not long_secret("The quick brown fox jumps over the lazy dog, then it sleeps.")


def test_only_what_follows_a_value_is_cut_off() -> None:
    assert clean("hunter2).") == "hunter2"
    assert clean("f(x)") == "f(x)"
    assert clean("Sommer2024!") == "Sommer2024!"


def test_words_pair_their_letters_as_words_do() -> None:
    assert wordy("customer-order-index")
    assert not wordy("trbsawSHo72MqxeUNQODEwre")
    assert entropy("") == 0.0
    assert entropy("aaaa") == 0.0


@pytest.mark.parametrize(
    "value", ["otter-lamp-41", "Garnet!Plum8", "tuxedo-pelican", "Heron_Quiet_Toast", "mango-and-thyme-0x41"]
)
def test_joined_words_are_made_up(value: str) -> None:
    assert made_of_words(value)


@pytest.mark.parametrize(
    "value", ["db-prod-01", "my-secret-key", "user.password", "time-limited", "config-value", "otter", ""]
)
def test_joined_names_of_settings_are_not(value: str) -> None:
    assert not made_of_words(value)


@pytest.mark.parametrize(
    "value", ["nine otters juggle wet lanterns", "correct horse battery staple", "purple kettle drowns gently"]
)
def test_a_line_of_words_is_a_phrase(value: str) -> None:
    assert phrase(value)


@pytest.mark.parametrize(
    "value",
    [
        "it is stored in the vault",
        "ask your admin first",
        "bitte neues passwort eingeben",
        "two words",
        "with 4 numbers in it",
    ],
)
def test_a_sentence_about_one_is_not(value: str) -> None:
    assert not phrase(value)


@pytest.mark.parametrize("value", ["sys.argv[2]", "args[1]", "row[10]"])
def test_an_item_of_a_list_refers_elsewhere(value: str) -> None:
    assert refers(value)


@pytest.mark.parametrize("value", ["heather.Moth", "Sq33ky.Hinge", "salmiak.Lakritz.6"])
def test_words_with_dots_may_be_a_password(value: str) -> None:
    assert dotted_words(value)


@pytest.mark.parametrize("value", ["heather.moth", "settings.Password", "mail.corp.local", "V1.2", "notes.Draft.txt"])
def test_attributes_hosts_versions_and_files_are_none(value: str) -> None:
    assert not dotted_words(value)


@pytest.mark.parametrize("value", ["Azulejo con 3 gatos", "Ink & Toner 5", "wir sind ein Orchester!"])
def test_a_line_with_a_number_or_a_sign_may_be_a_pass_phrase(value: str) -> None:
    assert titled_phrase(value)


@pytest.mark.parametrize(
    "value", ["At least 8 characters", "Must be 12 digits", "Code 5", "Ink and Toner", "Reset 3 of 5 keys"]
)
def test_a_sentence_that_counts_is_none(value: str) -> None:
    assert not titled_phrase(value)


@pytest.mark.parametrize(
    ("value", "so"), [("vY2-tropical-0093", True), ("a1#bcdef", True), ("orders-db-01", False), ("ORDERS-01", False)]
)
def test_capitals_or_signs_beside_small_letters_and_numbers_name_no_resource(value: str, *, so: bool) -> None:
    assert mixed_or_signed(value) is so
