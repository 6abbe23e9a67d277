from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import calls


@pytest.mark.parametrize(
    "text",
    [
        'DriverManager.getConnection(url, "app", "hunter22")',
        'new NetworkCredential("svc", "hunter22", "CORP")',
        "requests.get(url, auth=('bob', 'hunter22'))",
        "mysqli_connect('localhost', 'app', 'hunter22', 'shop')",
        "INSERT INTO users (name, password) VALUES ('bob', 'hunter22');",
        "INSERT INTO users (name, password) VALUES\n('bob', '$2y$12$x'),\n('eve', 'hunter22');",
    ],
)
def test_a_password_is_found_by_its_place_among_the_arguments(text: str, seen: Callable[..., set[str]]) -> None:
    assert "hunter22" in seen(calls, text)


@pytest.mark.parametrize(
    "text",
    [
        "login(username, password)",
        'auth("bearer", "read:user")',
        'ClientSecretCredential("7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f", "7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f")',
        'connect("db.internal", "10.2.3.4")',
        "INSERT INTO logs (name, level) VALUES ('hunter22', 'info');",
        "INSERT INTO users (name, password) VALUES ($1, crypt($2, gen_salt('bf')));",
    ],
)
def test_other_arguments_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(calls, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "jwt.sign(payload, '{}')",
        "createHmac('sha256', '{}')",
        "Fernet(b'{}')",
        'new SecretKeySpec("{}".getBytes(), "AES")',
        'AES.new(b"{}", MODE)',
    ],
)
def test_a_key_among_what_signs_or_encrypts_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    key = "q7Rk2Lm9" + "Vt4Xw8Zb" + "H3nPcD5s"
    assert seen(calls, text.replace("{}", key)) == {key}


def test_an_insert_without_columns_has_those_of_its_table(seen: Callable[..., set[str]]) -> None:
    create = "CREATE TABLE `crew` (\n  `id` int NOT NULL,\n  `name` varchar(12),\n  `pw_plain` varchar(64)\n);\n"
    insert = "INSERT INTO `crew` VALUES\n(1,'Ana','marzipan'),\n(2,'Bo, Li','Harp4ever_88');\n"
    assert seen(calls, create + insert) == {"marzipan", "Harp4ever_88"}
    assert seen(calls, create + insert.replace("crew", "staff")) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('new PasswordAuthentication("svc-fax", "faxen!dicke".toCharArray())', "faxen!dicke"),
        ('val cfg = Credentials.basic("bo", "skylark.Wren")', "skylark.Wren"),
        ('my ($u,$p)=("moorftp","h3ron&reed");', "h3ron&reed"),
        ("user, password = 'ingest', 'tern-and-Tide9'", "tern-and-Tide9"),
    ],
)
def test_what_stands_second_beside_a_user_is_a_password(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(calls, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "sf.connect(user='RO', account='kp40213.eu-central-1', warehouse='XS_WH2')",
        "user, password = 'username', 'password'",
        'login, pwd = "", ""',
    ],
)
def test_other_arguments_by_name_are_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(calls, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE settings SET value = 'Quarry-Finch-82' WHERE name = 'smtp_password';",
        "jwt.verify(token, 'Quarry-Finch-82')",
        'crypto.createHmac("sha256", "Quarry-Finch-82")',
        'new Sequelize("shop", "app", "Quarry-Finch-82", {})',
        'WiFi.begin("Home", "Quarry-Finch-82");',
        'User.objects.create_user("bob", "Quarry-Finch-82")',
    ],
)
def test_a_password_may_be_set_by_a_statement_or_a_call(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(calls, text) == {"Quarry-Finch-82"}


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE settings SET value = 'Quarry-Finch-82' WHERE name = 'banner';",
        "jwt.decode(token, options='verify-signature')",
        'create_user("bob", "bob@corp.lan")',
    ],
)
def test_a_statement_or_a_call_about_something_else_sets_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(calls, text) == set()
