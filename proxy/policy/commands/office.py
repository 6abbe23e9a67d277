"""What the commands about approvals share: the office that the composition root injects, and how its answers look."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import typer

from proxy.errors import ConfigurationError
from proxy.files.diagnostics import FileRefused
from proxy.policy.commands.common import USAGE, Approvals, Injected, checked, loaded, refused
from proxy.policy.policy import Policy


def office(context: typer.Context) -> Approvals:
    """Return what makes and judges approvals."""
    injected: Injected = context.obj
    if injected.approvals is None:
        raise typer.BadParameter("nothing here knows keys and upstreams; use the whole program")
    return injected.approvals


def whole(context: typer.Context, directory: Path | None) -> Policy:
    """Return the policy in a directory, or end with what keeps a server from loading it: it is approved as a whole."""
    found = checked(context, directory)
    if found.stopping:
        raise refused(found.stopping, dict(found.files))
    return Policy.of(loaded(found), dict(found.files))


@contextmanager
def refusing() -> Iterator[None]:
    """End the command with what the office refuses."""
    try:
        yield
    except FileRefused as error:
        raise refused(error.diagnostics, {}) from None
    except ConfigurationError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(USAGE) from None


def rows(account: Mapping[str, str | int]) -> str:
    """Write an account, a line each."""
    return "\n".join(f"{name:<9} {value}" for name, value in account.items())
