import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from proxy import cli, cli_doctor
from proxy.doctor import Finding

FOUND = [Finding("home", "ok", "it is there"), Finding("room", "mend", "none is left", "make room")]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    made = list(FOUND)

    def examine(_: object, __: object) -> Iterator[Finding]:
        yield from made

    monkeypatch.setattr(cli_doctor, "examine", examine)
    return made


def test_what_is_to_be_mended_is_said_with_what_to_do(found: list[Finding]) -> None:
    ran = CliRunner().invoke(cli.app, ["doctor"])
    assert ran.exit_code == 1
    assert ran.output.splitlines() == [
        "ok    home           it is there",
        "mend  room           none is left",
        "                     -> make room",
    ]
    found.pop()
    assert CliRunner().invoke(cli.app, ["doctor"]).exit_code == 0


def test_the_same_is_there_as_json(found: list[Finding]) -> None:
    ran = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert [Finding(**each) for each in json.loads(ran.output)] == found
