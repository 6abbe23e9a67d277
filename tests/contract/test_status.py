"""What `ringfence audit status` says of a running server is what the guide shows."""

import json
import re
import subprocess

from harness import ROOT, Ringfence, command, eventually

GUIDE = (ROOT / "deploy" / "docs" / "audit.md").read_text(encoding="utf-8")


def status(server: Ringfence, *more: str) -> subprocess.CompletedProcess[str]:
    return command("audit", "status", *more, env=server.environ)


def shape(text: str) -> list[str]:
    """Return lines without what differs from log to log, from machine to machine, and from second to second."""
    said = re.sub(r", /\S+$", ", PLACE", text, flags=re.MULTILINE)
    said = re.sub(r"\b[0-9a-f]{12,32}\b", "HASH", said)
    said = re.sub(r"(, the oldest)? \d+ (s|min) ago", "", said)
    said = re.sub(r"\d[\d,]* [MG]iB", "ROOM", said)
    return re.sub(r"\b\d[\d,]*\b", "N", said).replace("file has all", "none").replace("says: not", "says:").splitlines()


def _signed(told: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str] | None:
    """Return what was said once the signer, which began with the server, has signed."""
    return None if "nothing yet" in told.stdout else told


def test_what_status_says_of_a_server_is_shown_as_it_is(server: Ringfence) -> None:
    shown = GUIDE.partition("$ ringfence audit status\n")[2].partition("```")[0]
    told = eventually(lambda: _signed(status(server)), 60)
    assert (shape(told.stdout), told.returncode, told.stderr) == (shape(shown), 0, "")
    found = json.loads(status(server, "--json").stdout)
    assert (found["ok"], found["server"]["log"], found["trouble"]) == (True, None, None)
