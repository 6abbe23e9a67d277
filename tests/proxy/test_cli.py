import asyncio
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from harness import ROOT, Ringfence, StandIn, chat_body, command
from inside import inside
from typer.testing import CliRunner

from audit.access import Filters, Records
from audit.place import Postgres
from proxy import cli
from proxy.admin import open_log
from proxy.policy import cli as policy_cli
from proxy.policy.commands.common import Injected
from proxy.settings import Settings


def run(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "proxy", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "RINGFENCE_HOME": str(home / "ringfence"), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_server_is_told_to_reload_and_without_one_that_is_said(server: Ringfence, tmp_path: Path) -> None:
    told = command("policy", "reload", env=server.environ)
    assert (told.returncode, told.stderr) == (0, "")
    assert re.fullmatch(r"unchanged  [0-9a-f]{64}\n", told.stdout)
    alone = run("policy", "reload", home=tmp_path)
    assert (alone.returncode, alone.stdout) == (2, "")
    assert "no server runs" in alone.stderr


@pytest.mark.parametrize(
    "arguments", [["key", "create", "--app", "a"], ["key", "burn"], ["serve", "--fail-open"], ["proxy"]]
)
def test_a_wrong_call_is_status_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli.app, arguments).exit_code == 2


def test_a_misspelt_setting_is_explained(tmp_path: Path) -> None:
    refused = run("key", "list", home=tmp_path, RINGFENCE_AUDIT_DEADLIN_S="3")
    assert refused.returncode == 1
    assert "audit_deadlin_s" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_commands_reach_a_running_server(server: Ringfence) -> None:
    environ = {name: value for name, value in server.environ.items() if name.startswith("RINGFENCE_")}
    made = run("key", "create", "--app", "late", "--team", "sales", home=server.home, **environ)
    assert made.returncode == 0, made.stderr
    with server.client(made.stdout.strip()) as client:
        assert client.get("/v1/models").status_code == 200


def test_the_parts_are_mounted() -> None:
    for part in (
        ["audit", "verify"],
        ["audit", "tail"],
        ["policy", "lint"],
        ["policy", "explain"],
        ["serve"],
        ["key"],
        ["upstreams", "check"],
        ["models", "bench"],
    ):
        assert CliRunner().invoke(cli.app, [*part, "--help"]).exit_code == 0, part


def test_a_list_of_the_parts_names_and_describes_each() -> None:
    said = CliRunner().invoke(cli.app, ["--help"]).output
    for part, does in {
        "serve": "Run the",
        "detect": "Find",
        "key": "Grant",
        "audit": "Verify",
        "policy": "Lint",
        "upstreams": "Show",
        "models": "Resolve",
        "doctor": "Examine",
    }.items():
        assert re.search(rf"\b{part} +{does}", said), part


def test_what_finds_a_command_reads_no_part_and_what_forks_servers_no_model() -> None:
    models = {"spacy", "presidio_analyzer", "kingfisher_sdk", "audit.cli", "proxy.policy.cli"}
    heavy = {"sqlmodel", "sqlalchemy", "alembic", "psycopg", "starlette", "proxy.policy", "proxy.server"}
    for modules, none in (("cli", heavy | models), ("cli, server, supervisor", models)):
        program = f"import sys; from proxy import {modules}; print(*({none!r} & sys.modules.keys()))"
        ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "", modules


def test_what_asks_a_server_reads_nothing_of_the_way_of_a_request() -> None:
    heavy = {"proxy.pipeline", "proxy.app", "aiohttp", "httpx", "starlette", "spacy"}
    program = f"import sys; from proxy import cli_keys; print(*({heavy!r} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


def test_lint_holds_rules_against_the_configured_channels(tmp_path: Path) -> None:
    lint = partial(CliRunner(env={"RINGFENCE_HOME": str(tmp_path)}).invoke, cli.app, ["policy", "lint"])
    file = tmp_path / "channels.yaml"
    file.write_text("channels: {security-oncall: {file: /var/log/n}, privacy-officer: {file: /var/log/n}}")
    found = lint(env={"RINGFENCE_CHANNELS": str(file)})
    assert found.exit_code == 1
    assert "error[unknown-channel] there is no channel 'payments-security'" in found.stdout
    assert "warning[channel-not-configured]" in lint().stdout


def test_what_every_process_saw_can_be_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "servers" / "1").mkdir(parents=True)
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path))
    own = cli._own_log()
    assert (own.home, own.desks) == (tmp_path, (tmp_path / "servers" / "1",))


def test_an_export_without_a_server_is_recorded_by_the_command_or_said_not_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path))
    open_log(Settings.load()).close()
    made = {"from_seq": 0, "to_seq": 2, "rows": 3, "sha256": "0" * 64}
    assert cli._sign_now() is False
    assert cli._record_reading("audit.exported", made) is None
    found = Records(tmp_path / "audit.db").page(Filters(kind="audit.exported")).records
    assert [record.body["rows"] for record in found] == [3]
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    assert "cannot be opened" in (cli._record_reading("audit.exported", made) or "")
    assert len(Records(tmp_path / "audit.db").page(Filters(kind="audit.exported")).records) == 1


def test_policy_commands_read_a_log_in_postgresql_that_is_named_or_configured(
    tmp_path: Path,
    database: Postgres,
    own: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def decide() -> str:
        async with inside(tmp_path / "home", own, own, audit_url=database.url) as ring:
            answer = await ring.client.post("/v1/chat/completions", json=chat_body(), headers=ring.key())
            return answer.headers["x-ringfence-audit-id"]

    record = asyncio.run(decide())
    monkeypatch.setattr(policy_cli, "injected", Injected())
    monkeypatch.setenv("RINGFENCE_HOME", str(tmp_path / "another"))
    monkeypatch.setenv("RINGFENCE_UPSTREAMS", str(tmp_path / "home" / "upstreams.yaml"))

    def policy(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["ringfence", "policy", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, "".join(capsys.readouterr())

    read = {
        "replay": (["--candidate", str(ROOT / "policies")], "1 decisions replayed: 0 looser"),
        "explain": (["--record", record], "decision  allow"),
        "shadow": ([], "1 recorded decision"),
        "exceptions": (["--since", "1d"], "1 recorded decision"),
    }
    for name, (arguments, says) in read.items():
        code, said = policy(name, *arguments, "--db", database.url)
        assert (code, says in said) == (0, True), (name, said)
    assert policy("explain", "--record", record)[0] == 2, "there is no log in this home"
    monkeypatch.setenv("RINGFENCE_AUDIT_URL", database.url)
    assert policy("explain", "--record", record)[0] == 0
    code, said = policy("shadow", "--db", "postgresql://dana:hunter2@127.0.0.1:1/none")
    assert (code, said) == (2, "The audit log cannot be read (unreachable).\n")
    code, said = policy("shadow", "--db", "postgresql://dana:hunter2@127.0.0.1/none?nothing=1")
    assert (code, "hunter2" in said) == (2, False)
    assert "the URL of the audit log cannot be read" in said
