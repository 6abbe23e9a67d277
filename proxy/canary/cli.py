"""`ringfence canary`: has the running server send its canary, and says what came of it."""

import json
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from proxy.admin import tell_server
from proxy.canary.courses import NO_MODEL
from proxy.errors import ConfigurationError
from proxy.settings import Settings
from proxy.tables import table

FAILED, NOTHING = 1, 2
POLL_S = 0.5
WITHIN_S = 1800.0
FAULTS = {
    "leak": "planted values reached a vendor's sink",
    "vacuous": "on some courses no harmless request arrived, so that nothing else did proves nothing",
    "unfound": "a kind that has a shape or a check digit was never found",
    "undecided": "too many requests came to no decision",
}
ERRORS = {
    "changed": "The policies, upstreams or detectors changed during the test; it is repeated.",
    "unreachable": "The server did not answer at its own address.",
    "audit_unavailable": "The audit log takes no records now.",
    "internal": "The test failed; see the server's log.",
}
Json = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def canary(json_: Json = False) -> None:
    """Send invented personal data through the live path; did it stay? Exit code 1: no, 2: nothing was tested."""
    settings = Settings.load()
    asked = tell_server(settings, "canary.run")
    if asked is None:
        raise ConfigurationError("No server runs that could send its canary: ringfence serve")
    report = _waited(settings, asked["ended"])
    typer.echo(json.dumps(report) if json_ else "\n".join(lines(report)))
    raise typer.Exit(code(report))


def code(report: Mapping[str, Any]) -> int:
    """Return the exit code: 0 for a pass, 1 for a failed test, 2 for none."""
    if "error" in report or not report["sent"]:
        return NOTHING
    return 0 if report["passed"] else FAILED


def lines(report: Mapping[str, Any]) -> list[str]:
    """Say what a report says."""
    if "error" in report:
        return [ERRORS.get(report["error"], ERRORS["internal"])]
    said = [_closed(each) for each in report["closed"]]
    if not report["sent"]:
        return [*said, "nothing was tested: no harmless request may reach a vendor's zone"]
    harmless = report["harmless"]
    heads = ("", "", "sent", "found", "stayed home", "recall")
    rows = [
        (row["of"], row["name"], *(str(row[name]) for name in ("sent", "found", "home")), _percent(row["recall_bp"]))
        for row in report["rows"]
    ]
    said += [
        f"zones      {', '.join(report['zones'])}; as team {', '.join(report['teams'])}",
        f"harmless   {harmless['arrived']} of {harmless['sent']} arrived, as they must",
        f"planted    {report['sent'] - harmless['sent']} values, of which {report['leaked']} reached a vendor's sink",
        "",
        *table([heads, *rows], right={2, 3, 4, 5}),
        "",
    ]
    why = [f"FAILED     {FAULTS[each]}" for each in report["why"]]
    why += [f"           nothing harmless arrived: {each}" for each in report["unproven"]]
    return [*said, *(why or [_passed(report["leaked"])])]


def _passed(leaked: int) -> str:
    if not leaked:
        return "passed     nothing that was planted left"
    return f"passed     {leaked} left of kinds that only a model finds: no more than it is measured to miss"


def _closed(each: Mapping[str, str]) -> str:
    what = "no model leads there" if each["why"] == NO_MODEL else "the policy lets no harmless request go there"
    return f"closed     {each['zone']}: {what}; nothing to test"


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:.1f} %"


def _waited(settings: Settings, before: int) -> dict[str, Any]:
    """Wait for the next test to end, and return its report."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        state = tell_server(settings, "canary.state")
        if state is None or state["ended"] < before:
            raise ConfigurationError("The server ended during the test.")
        if state["ended"] > before:
            last: dict[str, Any] = state["last"]
            return last
        time.sleep(POLL_S)
    raise ConfigurationError("The test takes too long; see the server's log.")
