"""The walk-through of the documentation shows what the commands really print."""

import asyncio
import datetime as dt
import hashlib
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from harness import StandIn
from inside import inside
from kept import Kept
from typer.testing import CliRunner

from audit.proofs.vkey import Signer
from proxy.admin import tell_server
from proxy.approvals import office
from proxy.once import Scanner
from proxy.policy import cli
from proxy.policy.commands import common
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.policy.model import Identity
from proxy.policy.policy import Policy
from proxy.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy" / "docs" / "policy.md").read_text(encoding="utf-8")
DAY, ZONES = dt.date(2026, 11, 21), frozenset({"onprem", "cloud-us"})
MADE = re.compile(r"[0-9a-f]{64}|\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}")
"""Digests of files, and keys."""
RECORD = "01aa9be1-4f2a-7c31-9d0e-6b1f0a7c2e55"
BUNDLE = hashlib.sha256(b"walk-through").hexdigest()
SHADOW = re.search(r"```yaml\n( +- id: lists-of-people.*?)```", TEXT, re.DOTALL)
CASES = re.search(r"```yaml\n(tests:.*?)```", TEXT, re.DOTALL)
STORING = re.search(r"```yaml\n( +- id: agents-may-store.*?)```", TEXT, re.DOTALL)
ANSWERS = re.search(r"```yaml\n(policy: answers.*?)```", TEXT, re.DOTALL)
EXCEPTION = re.search(r"```yaml\n(exceptions:.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, shipped: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the shipped policies, on the day of the walk-through."""
    monkeypatch.setattr(cli.injected, "detector_types", None)
    monkeypatch.setattr(cli.injected, "upstream_zones", lambda: ZONES)
    monkeypatch.setattr(common, "today", lambda: DAY)
    for name, data in shipped.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def shown(*arguments: str | Path, but: re.Pattern[str] | None = None) -> None:
    """Assert that the walk-through holds exactly what a command prints, but for what is another each time."""
    printed = CliRunner().invoke(cli.app, [str(argument) for argument in arguments]).output
    assert printed
    assert (but.sub("", printed) in but.sub("", TEXT)) if but else (printed in TEXT)


def test_a_set_to_begin_with_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    command = re.search(r"^\$ ringfence policy (init .*)$", TEXT, re.MULTILINE)
    assert command is not None
    shown(*command[1].split())


def test_a_rule_is_tightened(folder: Path) -> None:
    rules = folder / "soc2.yaml"
    rules.write_text(rules.read_text().replace("min_count: 50", "min_count: 25"))
    shown("test", folder)
    shown("diff", ROOT / "policies", folder)


def test_a_vendor_may_keep_state(folder: Path) -> None:
    assert STORING is not None
    grants = folder / "soc2.yaml"
    grants.write_text(grants.read_text().replace("\nrules:", f"{STORING[1]}\nrules:", 1))
    shown("diff", ROOT / "policies", folder)


def test_an_answer_is_judged(folder: Path) -> None:
    assert ANSWERS is not None
    (folder / "answers.yaml").write_text(ANSWERS[1])
    shown("diff", ROOT / "policies", folder)
    shown("explain", folder, "--from", "cloud-us", "--finding", "CLOUD_CREDENTIAL=0.9")
    assert CliRunner().invoke(cli.app, ["test", str(folder), "--min-coverage", "100"]).exit_code == 0


@pytest.fixture
def kept(shipped: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Kept:
    """Return a week's log: questions, some about persons, three of them with many, and a card in an invoice."""
    bundle = check_files(shipped, Surroundings(DAY)).bundle
    assert bundle is not None
    policy = Policy.of(bundle, {name: text.decode() for name, text in shipped.items()}, ZONES)
    log = Kept()
    support, research = Identity("support", "helpdesk", "ak_1"), Identity("research", "survey-coder", "ak_2")
    billing = Identity("billing", "invoices", "ak_3")
    for n in range(1500):
        found = {"EMAIL_ADDRESS": (20,) * (1 + n % 3)} if n % 4 == 0 else {}
        log.add(policy, found, record=f"01aa8000-{n:04x}-7000-8000-000000000000", who=support, days=(DAY,))
    for n, people in enumerate((24, 25, 31, 48, 60)):
        found = {"PERSON": (17,) * people, "EMAIL_ADDRESS": (11,)}
        log.add(policy, found, record=f"01aa9000-{n:04x}-7000-8000-000000000000", who=research, days=(DAY,))
    card = {"CREDIT_CARD": (19,), "PERSON": (15,)}
    last = log.add(policy, card, record=RECORD, who=billing, model="gpt-5-mini", days=(DAY,))
    log.items[-1], log.policies[BUNDLE] = replace(last, bundle=BUNDLE), policy
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: log)
    return log


def test_a_tighter_rule_is_replayed(folder: Path, kept: Kept) -> None:
    rules = folder / "soc2.yaml"
    rules.write_text(rules.read_text().replace("min_count: 50", "min_count: 25"))
    shown("replay", "--candidate", folder, "--since", "7d")
    assert "--since 7d" in TEXT


def test_a_rule_is_tried_in_shadow(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert SHADOW is not None
    rules = folder / "soc2.yaml"
    rules.write_text(rules.read_text().replace("\nclaims:", f"{SHADOW[1]}\nclaims:"))
    files = {path.name: path.read_bytes() for path in folder.glob("*.yaml")}
    bundle = check_files(files, Surroundings(DAY)).bundle
    assert bundle is not None
    policy, log = Policy.of(bundle, {}, ZONES), Kept()
    for n, people in enumerate((24, 25, 31, 48, 60)):
        team, app = ("research", "survey-coder") if people > 25 else ("marketing", "campaigns")
        record = f"01aa9000-{n:04x}-7000-8000-000000000000"
        log.add(policy, {"PERSON": (17,) * people}, record=record, who=Identity(team, app, "ak_2"), days=(DAY,))
    monkeypatch.setattr(cli.injected, "open_log", lambda _db, _export: log)
    shown("shadow", folder, "--since", "7d")
    assert "shadow --since 7d" in TEXT


def test_a_change_is_taken_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = folder / "soc2.yaml"
    before = rules.read_text()

    async def go() -> None:
        async with inside(folder / "home", vendor, policies=folder) as ring:
            monkeypatch.setattr(cli.injected, "reload", partial(tell_server, ring.runtime.settings, "policy.reload"))
            rules.write_text(before.replace("min_count: 50", "min_count: 25"))
            await asyncio.to_thread(shown, "reload", but=MADE)
            rules.write_text(before.replace("\nversion: 1\n", "\nversion: 2\n"))
            await asyncio.to_thread(shown, "reload", but=MADE)

    vendor = StandIn("vendor")
    try:
        asyncio.run(go())
    finally:
        vendor.stop()


def test_a_recorded_decision_is_explained(folder: Path, kept: Kept) -> None:
    shown("explain", "--record", RECORD)
    assert f"explain --record {RECORD}" in TEXT


def test_a_text_is_tested(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CASES is not None
    monkeypatch.setattr(cli.injected, "scan", lambda raw, request: scanner.scan(raw, request=request))
    scanner = Scanner(Settings(home=folder))
    monkeypatch.chdir(folder)
    (folder / "cases").mkdir()
    (folder / "cases" / "care.yaml").write_text(CASES[1])
    shown("test", folder, "--detect", "--tests", "cases/care.yaml")


def test_an_exception_is_granted(folder: Path) -> None:
    assert EXCEPTION is not None
    (folder / "exceptions.yaml").write_text(EXCEPTION[1])
    shown("diff", ROOT / "policies", folder)
    shown("exceptions", folder)


def test_a_decision_is_explained(folder: Path) -> None:
    shown("explain", folder, "--team", "billing", "--model", "gpt-5-mini", "--finding", "CREDIT_CARD=0.95")


def test_a_change_is_approved(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli.injected, "approvals", office)
    monkeypatch.chdir(tmp_path_factory.mktemp("approver"))
    monkeypatch.setenv("RINGFENCE_POLICIES", str(folder))
    monkeypatch.setenv("RINGFENCE_POLICY_SIGNERS", "signers")
    made, *_ = commands = re.findall(r"^\$ ringfence policy ((?:keygen|sign) .*)$", TEXT, re.MULTILINE)
    for command in commands:
        shown(*command.split(), but=MADE)
    Path("signers").write_text(Signer.decode(Path(made.split()[-1]).read_text().strip()).vkey.encode())
    shown("approval", but=MADE)
    with (folder / "soc2.yaml").open("a") as file:
        file.write("# one comment more\n")
    shown("approval", but=MADE)


def test_every_command_is_named() -> None:
    names = {command.name or getattr(command.callback, "__name__", "") for command in cli.app.registered_commands}
    assert {name for name in names if f"| `policy {name}" not in TEXT} == set()
