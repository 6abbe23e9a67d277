"""What the documentation says of telling somebody is what happens."""

import asyncio
import base64
import datetime as dt
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import StandIn
from receivers import DECISION, note
from typer.testing import CliRunner

from proxy.notify import channels
from proxy.notify.channels import load_channels
from proxy.notify.message import message
from proxy.notify.webhook import Webhook
from proxy.policy import cli
from proxy.policy.commands import common
from proxy.policy.lint import Surroundings
from proxy.policy.load import check_files
from proxy.settings import ROOT

TEXT = (ROOT / "deploy" / "docs" / "policy.md").read_text(encoding="utf-8").partition("\n## Tell somebody\n")[2]
DAY = dt.date(2026, 11, 21)


def block(language: str) -> str:
    """Return the section's code block in a language."""
    found = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    assert len(found) == 1
    return str(found[0])


def test_the_channels_are_those_of_the_example(tmp_path: Path) -> None:
    (tmp_path / "channels.yaml").write_text(block("yaml"))
    assert load_channels(tmp_path / "channels.yaml") == load_channels(ROOT / "deploy" / "channels.example.yaml")


def test_a_misspelt_channel_is_refused_as_shown(
    tmp_path: Path, shipped: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, data in shipped.items():
        spelt = b"[security-oncal]" if name == "secrets.yaml" else b"[security-oncall]"
        (tmp_path / name).write_bytes(data.replace(b"[security-oncall]", spelt, 1))
    monkeypatch.setattr(common, "today", lambda: DAY)
    monkeypatch.setattr(cli.injected, "detector_types", None)
    monkeypatch.setattr(cli.injected, "upstream_zones", lambda: frozenset({"onprem", "cloud-us"}))
    example = load_channels(ROOT / "deploy" / "channels.example.yaml")
    monkeypatch.setattr(cli.injected, "channels", lambda: frozenset(example))
    printed = CliRunner().invoke(cli.app, ["lint", str(tmp_path)])
    assert printed.exit_code == 1
    assert printed.output in TEXT


def test_the_message_is_what_a_channel_gets(shipped: dict[str, bytes]) -> None:
    shown = json.loads(block("json"))
    bundle = check_files(shipped, Surroundings(DAY)).bundle
    assert bundle is not None
    data = shown["data"]
    body = {
        **{name: value for name, value in DECISION.items() if name != "zone"},
        "decision": data["decision"],
        "actor": {"team": data["team"], "app": data["app"]},
        "bundle": {"sha256": data["bundle"]},
        "classes": [{"c": item["class"], "count": item["count"], "score_bp": 9500} for item in data["classes"]],
    }
    asked = [rule for rule in bundle.rules if rule.id in {item["id"] for item in data["rules"]}]
    assert all("security-oncall" in rule.notify for rule in asked)
    assert message(data["record"], data["seq"], body, asked) == shown


def test_a_receiver_that_checks_as_shown_takes_what_was_sent_and_nothing_else() -> None:
    given: dict[str, Any] = {}
    exec(block("python"), given)  # noqa: S102 - our own documentation
    is_genuine: Callable[[str, dict[str, str], bytes], bool] = given["is_genuine"]
    key = os.urandom(32)
    secret, other = (f"whsec_{base64.b64encode(it).decode()}" for it in (key, os.urandom(32)))
    hook = StandIn("hook", behaviour="status:200")

    async def post() -> None:
        sink = Webhook(channels.Webhook(f"http://127.0.0.1:{hook.port}/x", key))
        await sink.deliver(note())
        await sink.close()

    asyncio.run(post())
    hook.stop()
    (seen,) = hook.posts
    assert is_genuine(secret, seen.headers, seen.body)
    assert not is_genuine(other, seen.headers, seen.body)
    assert not is_genuine(secret, seen.headers, seen.body + b" ")
    assert not is_genuine(secret, {**seen.headers, "webhook-timestamp": "1600000000"}, seen.body)
