"""`ringfence audit break-glass ...`: what two persons may open while the audit log takes no records, see the server.

Each is known by an API key with the role security or admin, in RINGFENCE_API_KEY or typed in.
"""

import os
from typing import Annotated, Any

import typer

from proxy.admin import tell_server
from proxy.errors import RingfenceError
from proxy.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Let requests to own servers go on while the log takes no records.")


@app.command()
def propose(
    minutes: Annotated[int, typer.Option(min=1, max=60, help="For how long.")],
    reason: Annotated[str, typer.Option(help="danger_to_life, critical_operation, disaster_recovery or exercise.")],
) -> None:
    """Propose it; another person has ten minutes to confirm."""
    _show(_told("propose", minutes=minutes, reason=reason))


@app.command()
def confirm(proposal: Annotated[str, typer.Argument(help="The id that the proposal was given.")]) -> None:
    """Confirm what another person proposed: from now on it is open."""
    _show(_told("confirm", proposal=proposal))


@app.command()
def end() -> None:
    """Close it before its time."""
    _show(_told("end"))


@app.command()
def status() -> None:
    """Show what is open and what is proposed."""
    _show(_told("state"))


def _told(op: str, **arguments: Any) -> dict[str, Any]:
    key = os.environ.get("RINGFENCE_API_KEY") or typer.prompt("Your API key", hide_input=True, err=True)
    answer = tell_server(Settings.load(), f"break_glass.{op}", key=key, **arguments)
    if answer is None:
        raise RingfenceError("No server runs here.", code="unavailable")
    return answer


def _show(state: dict[str, Any]) -> None:
    typer.echo(f"open until {state['until']}, grant {state['grant']}" if state["open"] else "closed")
    if proposal := state.get("proposal"):
        typer.echo(
            f"proposed {proposal['id']}: {proposal['minutes']} minutes, {proposal['reason']}, by {proposal['by']}"
        )
