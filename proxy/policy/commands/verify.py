"""`ringfence policy verify`."""

import typer

from proxy.policy import render
from proxy.policy.commands.common import FINDINGS, Directory, Format, Printed, checked, loaded, show


def verify(context: typer.Context, directory: Directory = None, printed: Printed = Format.TEXT) -> None:
    """Prove or refute every claim, and say what each proof rests on."""
    found = checked(context, directory)
    loaded(found)
    show(render.proofs_text(found.proofs), render.proofs_json(found.proofs), printed)
    if not all(proof.holds for proof in found.proofs):
        raise typer.Exit(FINDINGS)
