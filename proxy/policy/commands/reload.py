"""`ringfence policy reload`."""

import typer

from proxy.policy.commands.common import NOT_LOADED, USAGE, Format, Injected, Printed, show


def reload(context: typer.Context, printed: Printed = Format.TEXT) -> None:
    """Have the running server take up the configured policies and upstreams at once."""
    injected: Injected = context.obj
    result = injected.reload() if injected.reload else None
    if result is None:
        typer.echo("no server runs here; one that starts reads the files by itself", err=True)
        raise typer.Exit(USAGE)
    refused = result.get("refused")
    if refused:
        typer.echo("\n".join(refused["diagnostics"] or [refused["message"]]), err=True)
    verb = "kept" if refused else "activated" if result["changed"] else "unchanged"
    lines = [f"{verb:<10} {result['sha256']}"]
    if result["changed"]:
        lines.append(f"{'before':<10} {result['previous']}")
    show("\n".join(lines), result, printed)
    if refused:
        raise typer.Exit(NOT_LOADED)
