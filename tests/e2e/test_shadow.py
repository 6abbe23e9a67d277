"""What a real server records about a rule in shadow and an exception, read by the real commands while it runs."""

import datetime as dt
import json
import shutil
from contextlib import chdir
from pathlib import Path
from typing import Any

from harness import QUICK, ROOT, Ringfence, StandIn, chat_body, ringfence, upstreams_file
from typer.testing import CliRunner

from proxy import cli

END = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=30)
RULES = f"""\
policy: trial
version: 1
owner: security@company.example
rules:
  - {{id: two-people-are-refused, mode: shadow, until: {END}, if: {{class: pii, min_count: 2}}, then: block,
     because: b}}
  - {{id: addresses-stay-home, who: {{teams: [helpline]}}, if: {{class: device}}, then: pin, because: b}}
"""
EXCEPTIONS = f"""\
exceptions:
  - {{id: EX-1, waives: addresses-stay-home, for: {{apps: [triage]}}, until: {END}, owner: ann@acme.example,
     approved_by: bob@acme.example, ticket: T-1, because: b}}
"""
PEOPLE = "Write to desk7@nordwind.eu and to office@nordwind.eu that the invoice is late."
DEVICE = "Why does the client IP 81.2.69.142 answer no ping?"


def told(server: Ringfence, *arguments: str) -> Any:
    """Return what a command prints as JSON; this process has imported what it needs."""
    with chdir(ROOT):
        done = CliRunner().invoke(cli.app, arguments, env=server.environ)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()] if "tail" in arguments else json.loads(done.stdout)


def ask(server: Ringfence, app: str, path: str, text: str) -> str:
    """Ask as an application, and return what was decided."""
    with server.client(server.key(app=app, team="helpline")) as client:
        answer = client.post(path, json=chat_body(text))
    return str(answer.headers.get("x-ringfence-decision"))


def test_shadows_and_exceptions_are_summed_up_from_the_log_of_a_running_server(
    tmp_path: Path, cloud: StandIn, onprem: StandIn
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    (policies / "trial.yaml").write_text(RULES)
    (policies / "exceptions.yaml").write_text(EXCEPTIONS)
    upstreams = upstreams_file(tmp_path / "upstreams.yaml", cloud, onprem)
    with ringfence(tmp_path / "home", upstreams, policies=policies, **QUICK) as server:
        chat, dry = "/v1/chat/completions", "/ringfence/v1/inspect"
        assert ask(server, "desk", chat, PEOPLE) == ask(server, "desk", chat, PEOPLE) == "pin"
        assert ask(server, "desk", chat, DEVICE) == "pin"
        assert ask(server, "triage", chat, DEVICE) == "allow"
        assert ask(server, "desk", chat, "What is a monad?") == "allow"
        ask(server, "desk", dry, PEOPLE)

        shadow = told(server, "policy", "shadow", "--since", "1d", "--format", "json")
        (rule,) = shadow["rules"]
        assert (rule["rule"], rule["state"], rule["until"]) == ("two-people-are-refused", "shadow", END.isoformat())
        assert (rule["requests"], rule["otherwise"]) == (2, 2)
        (turn,) = rule["turns"]
        assert (turn["before"], turn["after"]) == ({"decision": "pin", "zone": "onprem"}, {"decision": "block"})
        assert turn["callers"] == [{"team": "helpline", "app": "desk", "count": 2}]
        assert (shadow["decisions"], shadow["dry_runs"], shadow["not_read"]) == (6, 1, [])

        listed = told(server, "policy", "exceptions", "--since", "1d", "--format", "json")
        (used,) = [item["uses"] for item in listed["exceptions"]]
        assert (used["requests"], used["otherwise"]) == (1, 1)
        assert used["turns"][0]["before"] == {"decision": "pin", "zone": "onprem"}
        assert used["turns"][0]["after"] == {"decision": "allow", "zone": "cloud-us"}

        export = tmp_path / "records.jsonl"
        export.write_text(
            "".join(json.dumps(line) + "\n" for line in told(server, "audit", "tail", "--json", "-n", "100"))
        )
        assert told(server, "policy", "shadow", "--export", str(export), "--format", "json") == shadow
