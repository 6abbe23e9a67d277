"""The file for Compose: its form, who reaches whom, and how the database gets its users. No engine is here."""

import copy
import os
import re
import secrets
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import compose_spec
import psycopg
import pytest
import yaml
from databases import migrate, new_database, server

from audit.stores.postgres import SCHEMA
from proxy.settings import Settings
from proxy.supervisor import CLOSING_S, SIGNER_GRACE_S
from proxy.upstreams.reading import load_registry

FOLDER = Path(__file__).resolve().parents[2] / "deploy"
FILE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = FILE["services"]
FOREIGN = {"passwords", "database", "models", "ollama", "open-webui"}
"""What runs other people's images, which begin as root."""


def validated(file: dict[str, Any]) -> None:
    compose_spec.PyCompose.from_yaml(yaml.safe_dump(file)).validate()


def on(network: str) -> set[str]:
    return {name for name, service in SERVICES.items() if network in service.get("networks", ())}


def test_it_is_a_compose_file() -> None:
    validated(FILE)


@pytest.mark.parametrize("spoilt", [{"imagee": "x"}, {"ports": 7}, {"networks": ["elsewhere"]}])
def test_one_that_is_none_is_found(spoilt: dict[str, Any]) -> None:
    file = copy.deepcopy(FILE)
    file["services"]["ollama"].update(spoilt)
    with pytest.raises(ValueError, match=r"imagee|ports|elsewhere"):
        validated(file)


def test_only_ringfence_reaches_models_and_log_and_only_it_has_the_vendors_key() -> None:
    assert on("own") == {"ollama", "ringfence"}
    assert on("log") == {"database", "migrate", "ringfence"}
    assert FILE["networks"]["own"] == FILE["networks"]["log"] == {"internal": True}
    assert SERVICES["ollama"]["networks"] == ["own"]
    assert SERVICES["database"]["networks"] == ["log"]
    assert {name for name, service in SERVICES.items() if "VENDOR" in str(service) or "{OPENAI" in str(service)} == {
        "ringfence"
    }


def test_nothing_listens_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_ollama_has_its_cloud_closed() -> None:
    ollamas = [service for service in SERVICES.values() if service.get("image", "").startswith("ollama/")]
    assert [each["environment"]["OLLAMA_NO_CLOUD"] for each in ollamas] == ["1", "1"]


def test_our_own_image_runs_with_nothing_that_it_does_not_need() -> None:
    for name, service in SERVICES.items():
        assert "no-new-privileges:true" in service["security_opt"]
        if name not in FOREIGN:
            assert service["image"] == "ringfence"
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
            assert "user" not in service
        else:
            assert re.search(r":v?\d", service["image"]), "any version of it"


def test_settings_are_some_and_nobody_is_killed_while_stopping() -> None:
    given = SERVICES["ringfence"]["environment"]
    read = Settings.load(environ={name: value for name, value in given.items() if name.startswith("RINGFENCE_")})
    stopping = read.unready_s + read.drain_s + CLOSING_S + SIGNER_GRACE_S
    assert int(SERVICES["ringfence"]["stop_grace_period"].removesuffix("s")) > stopping


def test_its_upstreams_are_the_ones_that_run() -> None:
    registry = load_registry(FOLDER / "upstreams.compose.yaml")
    assert [each.base_url for each in registry.upstreams if each.zone == "onprem"] == ["http://ollama:11434/v1"]
    model = SERVICES["models"]["environment"]["MODEL"]
    assert registry.upstreams[0].default_model.split(":")[0] == model


@pytest.fixture
def passwords(tmp_path: Path) -> tuple[Path, Path]:
    """What the service of that name makes, by its own words, twice."""
    made = tmp_path / "owner", tmp_path / "proxy"
    service = SERVICES["passwords"]
    us = {"SERVER": str(os.geteuid()), "DATABASE": str(os.geteuid()), "OWNER": str(made[0]), "PROXY": str(made[1])}
    assert set(us) == set(service["environment"])
    for folder in made:
        folder.mkdir()
    command = [*service["entrypoint"], service["command"][0].replace("$$", "$")]
    subprocess.run(command, env={**os.environ, **us}, check=True)
    once = (made[0] / "pgpass").read_text(encoding="utf-8")
    subprocess.run(command, env={**os.environ, **us}, check=True)
    assert (made[0] / "pgpass").read_text(encoding="utf-8") == once
    return made


def test_passwords_are_made_once_and_read_by_nobody_else(passwords: tuple[Path, Path]) -> None:
    owner, proxy = passwords
    assert all(file.stat().st_mode & 0o077 == 0 for folder in passwords for file in folder.iterdir())
    database, of_proxy = ((owner / name).read_text(encoding="utf-8") for name in ("password", "of-proxy"))
    assert re.fullmatch("[0-9a-f]{48}", database)
    assert re.fullmatch("[0-9a-f]{48}", of_proxy)
    assert database != of_proxy
    assert (owner / "pgpass").read_text(encoding="utf-8") == f"database:5432:*:postgres:{database}\n"
    assert (proxy / "pgpass").read_text(encoding="utf-8") == f"database:5432:*:proxy:{of_proxy}\n"
    assert [file.name for file in proxy.iterdir()] == ["pgpass"]


def test_the_database_makes_the_user_of_servers_with_that_password_and_the_role_of_a_writer(
    passwords: tuple[Path, Path],
) -> None:
    user = f"ringfence_test_{secrets.token_hex(4)}"
    with server() as url, new_database(url) as place:
        at = urlsplit(place.url)
        told = {"PGHOST": at.hostname or "", "PGPORT": str(at.port or 5432), "POSTGRES_USER": at.username or ""}
        told |= {"POSTGRES_DB": at.path[1:], "PROXY_USER": user, "OWNER": str(passwords[0])}
        try:
            subprocess.run(["bash", "-eu", FOLDER / "compose.database.sh"], env={**os.environ, **told}, check=True)
            migrate(place)
            with psycopg.connect(place.url) as connection:
                may = "SELECT has_table_privilege(%s, %s, 'INSERT'), has_table_privilege(%s, %s, 'DELETE')"
                record = f"{SCHEMA}.record"
                assert connection.execute(may, (user, record, user, record)).fetchone() == (True, False)
                found = connection.execute(
                    "SELECT rolcanlogin, rolsuper, rolpassword LIKE 'SCRAM%%', "
                    "pg_has_role(%s, 'ringfence_writer', 'USAGE') FROM pg_authid WHERE rolname = %s",
                    (user, user),
                ).fetchone()
            assert found == (True, False, True, True)
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"DROP ROLE IF EXISTS {user}")
