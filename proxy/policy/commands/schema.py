"""`ringfence policy schema`."""

import json

import typer

from proxy.policy import schema as vocabulary


def schema() -> None:
    """Print the JSON Schema of policy files, for editors: keep it beside them as schema.json."""
    typer.echo(json.dumps(vocabulary.schema(), indent=2))
