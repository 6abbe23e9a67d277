"""`ringfence key ...`: who may use the server, over the running one or, without one, its log and key store."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from proxy import admin, review
from proxy.identity import Role
from proxy.settings import Settings

keys = typer.Typer(no_args_is_help=True, add_completion=False, help="Grant and revoke access.")

Home = Annotated[Path | None, typer.Option(help="Where databases, keys and the admin socket live.")]


@keys.command("create")
def create_key(
    app_name: Annotated[str, typer.Option("--app", help="The application that will use the key.")],
    team: Annotated[str, typer.Option(help="The team it belongs to: the tenant.")],
    role: Annotated[Role, typer.Option(help="What the key may do.")] = Role.APP,
    expires: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last valid moment is this day, 00:00 UTC.")
    ] = None,
    home: Home = None,
) -> None:
    """Create a key. It is shown once, here, when every server knows it, and kept only as a hash."""
    until = expires.replace(tzinfo=UTC).isoformat() if expires else None
    made = admin.call(_settings(home), "key.create", app=app_name, team=team, role=role.value, expires=until)
    time.sleep(made["everywhere_s"])
    sys.stderr.write(f"{_line(made['key'])}\nThis is the only time the key is shown:\n")
    sys.stdout.write(f"{made['secret']}\n")


@keys.command("list")
def list_keys(home: Home = None) -> None:
    """List every key that ever was, without its secret."""
    for key in admin.call(_settings(home), "key.list")["keys"]:
        sys.stdout.write(f"{_line(key)}\n")


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The id, as `key list` shows it.")], home: Home = None
) -> None:
    """Revoke a key: at once, and within seconds at all servers that share the log."""
    sys.stdout.write(f"{_line(admin.call(_settings(home), 'key.revoke', key_id=key_id)['key'])}\n")


@keys.command("review")
def review_keys(
    reviewer: Annotated[str, typer.Option(help="Who looks at the list: an address or a name without spaces.")],
    ticket: Annotated[str, typer.Option(help="Where the review is kept, such as SEC-4412.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: the list was looked at.")] = False,
    home: Home = None,
) -> None:
    """Show the keys that can be used, and record that somebody looked at them."""
    settings, now = _settings(home), datetime.now(UTC)
    for name, what in ((reviewer, "--reviewer"), (ticket or reviewer, "--ticket")):
        review.require_person(name, what)
    every = admin.call(settings, "key.list")["keys"]
    active = review.usable(every, now)
    for key in active:
        sys.stdout.write(f"{_line(key)}  age={_days(key['created'], now)}d\n")
    sys.stdout.write(f"{len(active)} of {len(every)} keys can be used; sha256 of this list {review.digest(active)}\n")
    if not yes and not typer.confirm("Does each of them still need its role?", err=True):
        sys.stderr.write("not recorded: revoke what is not needed with 'ringfence key revoke', and review again\n")
        raise typer.Exit(1)
    more = {"ticket": ticket} if ticket else {}
    made = admin.call(settings, "key.review", reviewer=reviewer, sha256=review.digest(active), **more)
    sys.stdout.write(f"recorded as {made['id']}, record {made['seq']}\n")


def _days(since: str, now: datetime) -> int:
    return (now - datetime.fromisoformat(since)).days


def _settings(home: Path | None) -> Settings:
    return Settings.load({} if home is None else {"home": home})


def _line(key: dict[str, str]) -> str:
    state = (
        f"revoked {key['revoked']}" if "revoked" in key else f"until {key['expires']}" if "expires" in key else "active"
    )
    return f"{key['id']}  app={key['app']}  team={key['team']}  role={key['role']}  created={key['created']}  {state}"
