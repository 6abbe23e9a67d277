from collections.abc import Callable

import pytest

from proxy.detection.recognizers.credentials import commands


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -phunter22 shop",
        "sshpass -p 'hunter22' ssh deploy@host",
        "curl -u admin:hunter22 https://api.internal.test",
        "docker login registry.test -u ci -p hunter22",
        "echo hunter22 | docker login --username ci --password-stdin",
        "echo 'deploy:hunter22' | chpasswd",
        "7z a -phunter22 backup.7z data/",
        "smbclient //files/share -U jdoe%hunter22",
        "net user bob hunter22 /add",
        "CREATE USER 'app'@'%' IDENTIFIED BY 'hunter22';",
        'ConvertTo-SecureString "hunter22" -AsPlainText',
        "username admin password 0 hunter22",
        "$ pass show corp/vpn\nhunter22\n",
    ],
)
def test_a_password_is_found_by_its_place_on_the_line(text: str, seen: Callable[..., set[str]]) -> None:
    assert "hunter22" in seen(commands, text)


@pytest.mark.parametrize(
    "text",
    [
        "mysql -u root -p",
        "mysql -u root -p$MYSQL_ROOT_PASSWORD shop",
        'curl -u "$USER:$TOKEN" https://api.internal.test',
        "curl -u user:password https://example.com",
        "docker run -p 8080:80 nginx",
        "username and password combinations",
        "cp -p a b; zip -r out.zip src",
    ],
)
def test_variables_and_other_options_are_left_alone(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "requirepass marbleharp",
        "rabbitmqctl add_user bob marbleharp",
        "nmcli dev wifi connect Haus password marbleharp",
        "    Key Content            : marbleharp",
        "openssl enc -aes-256-cbc -k marbleharp -in a",
        "schtasks /create /ru corp\\svc /rp marbleharp /tn x",
        "xfreerdp /u:adm /p:marbleharp /v:10.0.0.2",
        "smbclient //nas/x -U 'ops%marbleharp'",
    ],
)
def test_more_commands_have_a_place_for_one(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == {"marbleharp"}


@pytest.mark.parametrize(
    "text",
    ["requirepass <password>", "xfreerdp /p:$PASS", "rabbitmqctl add_user <user> <password>", "openssl enc -k $KEY"],
)
def test_a_placeholder_there_is_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == set()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("lftp -u durance,g4rrigue+Thym ftp.sauvegarde.fr", "g4rrigue+Thym"),
        ("rocommunity heron-ro-71 10.0.0.0/8\n", "heron-ro-71"),
        ("snmpwalk -v2c -c heron-ro-71 10.2.3.4", "heron-ro-71"),
        ('config system snmp community\n    edit 1\n        set name "heron-snmp-r0"\n', "heron-snmp-r0"),
        (
            "curl -X POST https://eu.ship.app/api \\\n  -u '" + "f8d48a02fafdbc69" + "e173a046eb34c11d:'",
            "f8d48a02fafdbc69e173a046eb34c11d",
        ),
        ('echo "dunlin.Estuary" | kinit svc@LAN', "dunlin.Estuary"),
    ],
)
def test_tools_of_networks_take_theirs_by_place(text: str, value: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == {value}


@pytest.mark.parametrize(
    "text",
    [
        "rocommunity public\n",
        "snmpwalk -v2c -c public 10.2.3.4",
        "curl -u deploy: https://nexus.lan",
        'echo "$PASS" | kinit svc',
    ],
)
def test_defaults_and_variables_there_are_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "snmp:\n  version: 2c\n  community: tern-roost-82\n",
        '{"snmp": {"version": 2, "community": "tern-roost-82"}}',
        "useradd -m -p tern-roost-82 bob",
        "USER bob\n331 go on\nPASS tern-roost-82",
    ],
)
def test_accounts_and_sessions_take_theirs_by_place(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == {"tern-roost-82"}


@pytest.mark.parametrize("text", ["forum:\n  community: tern-roost-82\n", "PASS tern-roost-82 (3 ms)\nFAIL x"])
def test_a_community_of_people_or_a_test_that_passes_has_none(text: str, seen: Callable[..., set[str]]) -> None:
    assert seen(commands, text) == set()
