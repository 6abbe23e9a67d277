from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import uris
from proxy.detection.recognizers.credentials.uris import is_default

SIGNATURE = "a8Kd93jf02mXz81LqPw7" + "3nVb6TyRe5Uc4Hs1"


@pytest.mark.parametrize(
    "text",
    [
        "postgres://app:hunter22@db.internal:5432/orders",
        "redis://:hunter22@cache/0",
        "https://user@corp.test:hunter22@git.corp.test/a.git",
        "jdbc:oracle:thin:app/hunter22@db:1521:ORCL",
        "sqlplus scott/hunter22@//db:1521/ORCL",
    ],
)
def test_the_password_of_an_address_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(uris, text) == {"hunter22"}


def test_the_signature_of_a_link_is_found(seen: Callable[..., set[str]]) -> None:
    assert seen(uris, f"https://a.blob.core.windows.net/f?sv=2022&sig={SIGNATURE}&se=2030") == {SIGNATURE}
    assert seen(uris, f"https://corp.test/img.png?v={SIGNATURE}") == set()


@pytest.mark.parametrize(
    "text",
    [
        "postgres://user:password@localhost:5432/db",
        "postgres://${USER}:${PASS}@${HOST}/app",
        "mongodb://<user>:<password>@cluster0.example.net",
        "amqp://guest:guest@localhost//",
        "mysql+pymysql://scott:tiger@localhost/test",
        "https://corp.test:8080/a@b",
    ],
)
def test_placeholders_and_defaults_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(uris, text) == set()


def test_a_default_is_the_user_again() -> None:
    assert is_default("Guest", "guest")
    assert not is_default("app", "hunter22")


def test_the_address_of_gos_mysql_driver_holds_a_password(seen: Callable[..., set[str]]) -> None:
    assert seen(uris, 'dsn := "app:Quarry-Finch-82@tcp(db9:3306)/shop"') == {"Quarry-Finch-82"}
    assert seen(uris, 'dsn := "app:%s@tcp(db9:3306)/shop"') == set()
