from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import labelled
from proxy.detection.recognizers.credentials.labelled import type_of

KEY = "a8Kd93jf02mXz81LqPw7" + "3nVb6TyR"


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=hunter22",
        "password: hunter22",
        '"password": "hunter22"',
        "{User:bob Password:hunter22}",
        "LoginRequest(username=bob, password=hunter22)",
        "<password>hunter22</password>",
        '<input type="password" name="pw" value="hunter22">',
        "password=hunter22&client_id=web",
        "db_pass := `hunter22`",
    ],
)
def test_a_password_behind_its_name_is_found(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == {"hunter22"}


@pytest.mark.parametrize(
    "text", ["password: the new one: kW7!mmpLq2", "Password: temporary one is kW7!mmpLq2 (until Friday)"]
)
def test_a_password_of_four_kinds_of_characters_may_stand_later_in_the_line(
    text: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(labelled, text) == {"kW7!mmpLq2"}


@pytest.mark.parametrize(
    "text", ["password: see RFC-8018b or OWASP", "password: str = Field(min_length=8)", "password: then\nkW7!mmpLq2"]
)
def test_what_else_stands_later_in_the_line_or_below_it_is_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == set()


@pytest.mark.parametrize(
    "text",
    ['{"password": "sunshine"}', "DB_PASSWORD=sunshine\n", "password: sunshine\n", "[db]\npassword = sunshine\n"],
)
def test_in_settings_a_password_may_be_a_word(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == {"sunshine"}


@pytest.mark.parametrize(
    "text",
    [
        "password = sunshine",
        "connect(user=user, password=sunshine, port=1)",
        "password: sunshine and rain",
        '"password": "Passwort"',
        '"forgot_password": "sunshine"',
        "redis://:<password>@cache9:6379",
        '"username": "shop", "password": "shop"',
        "POSTGRES_USER=orders\nPOSTGRES_PASSWORD=orders",
    ],
)
def test_elsewhere_a_word_is_a_variable_a_label_or_a_default(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == set()


def test_a_field_of_a_connection_string_is_called_so(types: Callable[..., set[str]]) -> None:
    assert types(labelled, "Server=db;User Id=sa;Password=hunter22;") == {"CONNECTION_STRING"}


@pytest.mark.parametrize("name", ["client_secret", "API_KEY", "jwtSecret", "x-auth-token", "SECRET_KEY", "app.key"])
def test_a_secret_behind_its_name_is_found(name: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, f'{name}: "{KEY}"') == {KEY}


@pytest.mark.parametrize("name", ["primary_key", "next_page_token", "token_hash", "publicKey", "key_id", "csrf_token"])
def test_the_same_behind_another_name_is_not(name: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, f'{name}: "{KEY}"') == set()


def test_an_id_counts_only_below_a_name_that_is_sure(seen: Callable[..., set[str]]) -> None:
    value = "7f3b1c2d-1a2b-4c3d-8e9f-0a1b2c3d4e5f"
    assert seen(labelled, f"client_secret={value}") == {value}
    assert seen(labelled, f"token: {value}") == {value}
    assert seen(labelled, f"request_token: {value}") == set()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("AWS_SECRET_ACCESS_KEY", "CLOUD_CREDENTIAL"),
        ("AccountKey", "CLOUD_CREDENTIAL"),
        ("OPENAI_API_KEY", "API_KEY"),
        ("privateKey", "PRIVATE_KEY"),
        ("webhook_secret", "GENERIC_SECRET"),
    ],
)
def test_a_name_gives_the_type(name: str, kind: str) -> None:
    assert type_of(name) == kind


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("CRON_SECRET=otter-sings-at-noon", "otter-sings-at-noon"),
        ("export RELAY_BEARER=heron-waits-at-dusk-4471", "heron-waits-at-dusk-4471"),
        ('FIELD_SALT: "vinegar-and-crisps-77"', "vinegar-and-crisps-77"),
        ("SESSION_PEPPER=Thyme_Basil_90", "Thyme_Basil_90"),
        ("GATEWAY_API_KEY=marblestone99", "marblestone99"),
        ("<td>Password</td><td>Marblestone9</td>", "Marblestone9"),
        ("bind_credentials: Acorn_Whistle19", "Acorn_Whistle19"),
        ("POSTGRES_PASSWORD: tuxedo-pelican", "tuxedo-pelican"),
        ('"master_password": "Tuxedo-Pelican"', "Tuxedo-Pelican"),
        ('psk="llama drama weekend"', "llama drama weekend"),
        ("db.password=marble.harp9", "marble.harp9"),
        ("<property name='x.password'>Tuxedo!Pel1can</property>", "Tuxedo!Pel1can"),
    ],
)
def test_words_that_somebody_joined_are_a_secret_below_its_name(
    text: str, value: str, seen: Callable[..., set[str]]
) -> None:
    assert seen(labelled, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "secret: billing-tls",
        "SECRETS_BACKEND=hashicorp-kv-22",
        "auth_mode: oauth2-proxy-v2",
        "AUTH_TOKEN_PROVIDER=keycloak-realm-22",
        'X_ROUTE_CONTEXT_SECRET = "route_context"',
        "login, account, password = auth_from_netrc",
        "    password=settings.redis-cluster",
        'password: "must be at least eight characters"',
        'label.password: "bitte neues passwort eingeben"',
        "hash_salt = secrets.token_hex(16)",
        "session_seed = 42424242",
    ],
)
def test_names_of_things_and_sentences_there_are_not(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD=marbleharp psql -h db",
        "docker run -e MYSQL_ROOT_PASSWORD=marbleharp mysql",
        "svn co --password marbleharp https://svn.example.org",
        "keytool -storepass marbleharp -keyalg RSA",
        "login attempt user=bob pass=marbleharp ip=10.0.0.3",
        "Server=db;User Id=sa;Password=marbleharp;",
        "define('DB_PASSWORD', 'marbleharp');",
        "ALTER ROLE bob PASSWORD 'marbleharp';",
        "CREATE LOGIN bob WITH PASSWORD = N'marbleharp';",
        "storePassword 'marbleharp'",
    ],
)
def test_a_word_is_a_password_where_a_program_is_given_one(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == {"marbleharp"}


@pytest.mark.parametrize(
    "text",
    [
        "--password string   Password for the registry",
        "connect(user=user, password=pw, host=host)",
        "def login(user, password=None, host=host): pass",
        "log: password=redacted user=bob",
        "PASSWORD=changeme docker compose up",
        "ALTER USER bob PASSWORD EXPIRE",
        'setLabel("DB_PASSWORD", "Kennziffern")',
    ],
)
def test_a_variable_a_placeholder_or_a_label_is_not(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == set()


def test_behind_the_id_of_a_cloud_key_stands_its_other_half(types: Callable[..., set[str]]) -> None:
    half = KEY * 2
    text = f'access_key = "AKIA{"Q7RKLMVTXWZBHNPC"}"\nsecret_key = "{(half * 2)[:40]}"'
    assert "CLOUD_CREDENTIAL" in types(labelled, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("radius server ISE-1\n address ipv4 10.1.2.3\n key tawny-Otter-55\n!", "tawny-Otter-55"),
        ("config vpn\n    set psksecret Polder-Kade#0317\n    next", "Polder-Kade#0317"),
        (
            "proxy_set_header X-Upstream-Key " + "b6886a2f323ffb54" + "5a6824e2e41bf46c;\n",
            "b6886a2f323ffb545a6824e2e41bf46c",
        ),
        ("set vpn peer 192.0.2.9 authentication pre-shared-secret 'Cobalt-Heron-3'\n", "Cobalt-Heron-3"),
        ("username ops privilege 1 password 7 0822455D0A16\n", "0822455D0A16"),
        ("auth:\n  bindCredential: Fischbude_99\n", "Fischbude_99"),
        ("const SALT = 'm4rzipan&Fjord_ny';", "m4rzipan&Fjord_ny"),
        ('DB_PASSWORD="Azulejo con 3 gatos"', "Azulejo con 3 gatos"),
        ("PGPASSWORD=heather.Moth psql -h db9", "heather.Moth"),
        ('{"login": "qa", "password": "Squeaky.Hinge"}', "Squeaky.Hinge"),
        ("<passphrase>garnet otter pushes fog</passphrase>", "garnet otter pushes fog"),
        (
            'static HMAC_SEED: &[u8; 32] = b"' + "3b40a5ec8dc15de6" + '758459c72d76eabb";',
            "3b40a5ec8dc15de6758459c72d76eabb",
        ),
        ('password = SecretStr("kW7mmpLq2")', "kW7mmpLq2"),
        ('field("String", "ROUTING_TOKEN", "\\"' + "kENXja7a5yLfrHc5" + 'C1VFUhxY\\"")', "kENXja7a5yLfrHc5C1VFUhxY"),
        ('WEATHERLY_KEY = "' + "6afacf907d846d09" + 'b805b3c125409215"', "6afacf907d846d09b805b3c125409215"),
        ("CLE_CHIFFREMENT=" + "iNp+mg3bGk0IAkzd" + "JQcdpfiY9bHG", "iNp+mg3bGk0IAkzdJQcdpfiY9bHG"),
        ("AWS_ACCESS_KEY_ID=" + "VX7QK2M9TB4R" + "LW0ZC6HD\n", "VX7QK2M9TB4RLW0ZC6HD"),
    ],
)
def test_settings_of_many_kinds_give_their_secrets(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "the key tawny-Otter-55 opens it\n",
        "sort by\n key tawny-Otter-55\n",
        "set password policy\nset token lifetime",
        "GPG_KEY=" + "E3FF2839C048B25C084D" + "EBE9B26995E310250568",
        'password = getenv("DB_PASSWORD_2")',
        "password=settings.Database2 psql",
        '"password": "Form.Password.Label"',
        "credentials: same-origin",
        'DB_PASSWORD="Must have at least 8 characters"',
        "-----END OPENSSH PRIVATE KEY-----call_s33x1rc=0call_s33x2",
    ],
)
def test_settings_of_other_things_give_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "<param><name>password</name><value>Quarry-Finch-82</value></param>",
        "<key>DBPassword</key>\n  <string>Quarry-Finch-82</string>",
        '<setting name="ServicePassword" serializeAs="String"><value>Quarry-Finch-82</value></setting>',
        '{"Key": "db-pass", "Value": "Quarry-Finch-82"}',
        '{"ParameterKey": "MasterUserPassword", "ParameterValue": "Quarry-Finch-82"}',
        "SMTP password\tQuarry-Finch-82\nSMTP host\tmail.lan",
        "bindpw Quarry-Finch-82\n",
        'const char pass[] = "Quarry-Finch-82";',
        'SECRET = b"Quarry-Finch-82"',
        "credential: Quarry-Finch-82",
    ],
)
def test_a_name_and_its_value_may_be_a_pair_of_many_notations(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == {"Quarry-Finch-82"}


def test_a_pass_phrase_may_be_all_of_its_line(seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, "ssid=home\nwpa_passphrase=otter lamp river nine\n") == {"otter lamp river nine"}
    assert seen(labelled, "passphrase: is asked for at the start\n") == set()


@pytest.mark.parametrize("text", ['KEY = Buffer.from("%s", "hex")', 'key = b"%s"', 'apiKey = Some("%s")'])
def test_a_key_may_be_made_into_bytes_where_it_stands(text: str, seen: Callable[..., set[str]]) -> None:
    key = "9f2c4be17a06d355" + "8e1bc07f44a92d6e"
    assert seen(labelled, text % key) == {key}


@pytest.mark.parametrize(
    "text",
    ['secret: "orders-db-01"', "credential: github-deploy", "bypass=Quarry-Finch-82", "keepass: Quarry-Finch-82\n"],
)
def test_what_only_points_to_a_secret_is_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, text) == set()


def test_a_vendors_key_is_an_api_key() -> None:
    assert type_of("MAPBOX_TOKEN") == "API_KEY"
    assert type_of("SESSION_TOKEN") == "GENERIC_SECRET"


def test_a_lone_secret_in_json_may_be_made_of_words(seen: Callable[..., set[str]]) -> None:
    assert seen(labelled, '{"user": "sync-bot", "secret": "vY2-tropical-0093-Heron"}') == {"vY2-tropical-0093-Heron"}
    assert seen(labelled, '{"user": "sync-bot", "secret": "tropical-heron-0093"}') == set()
