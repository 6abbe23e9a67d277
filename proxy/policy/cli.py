"""`ringfence policy ...`: which commands there are, and what the command line's root injects into them.

Exit codes: 0 fine, 1 findings, 2 usage, 3 does not load, 4 tests failed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer

from proxy.policy.commands.approval import approval
from proxy.policy.commands.common import Approvals, Injected
from proxy.policy.commands.diff import diff
from proxy.policy.commands.exceptions import exceptions
from proxy.policy.commands.explain import explain
from proxy.policy.commands.init import init
from proxy.policy.commands.keygen import keygen
from proxy.policy.commands.lint import lint
from proxy.policy.commands.reload import reload
from proxy.policy.commands.replay import replay
from proxy.policy.commands.schema import schema
from proxy.policy.commands.shadow import shadow
from proxy.policy.commands.sign import sign
from proxy.policy.commands.tests import run
from proxy.policy.commands.verify import verify
from proxy.policy.labels import Scan
from proxy.policy.replay import Log

detector_types: Callable[[], tuple[frozenset[str], Mapping[str, float]]] | None = None
"""Injected: the types that detectors emit and the scores below which they discard. None: not checked."""
upstream_zones: Callable[[], frozenset[str]] | None = None
"""Injected: the zones that have an upstream. None: every zone counts as served."""
channels: Callable[[], frozenset[str]] | None = None
"""Injected: the channels that rules can tell. None: not checked."""
open_log: Callable[[Path | None, Path | None], Log] | None = None
"""Injected: opens the decisions of a database, of an export, or of the configured log. None: there is no log."""
scan: Scan | None = None
"""Injected: scans with the detectors. None: there is no detector."""
reload_server: Callable[[], Mapping[str, Any] | None] | None = None
"""Injected: has the running server take up the files on disk; returns None if no server runs."""
approvals: Approvals | None = None
"""Injected: makes and judges approvals. None: nothing knows keys and upstreams."""

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def policy(context: typer.Context) -> None:
    """Lint, test, prove, explain, compare and replay policies."""
    context.obj = Injected(
        detector_types, upstream_zones, open_log, scan, reload_server, channels=channels, approvals=approvals
    )


app.command()(init)
app.command()(lint)
app.command("test")(run)
app.command()(verify)
app.command()(explain)
app.command()(diff)
app.command()(replay)
app.command()(shadow)
app.command()(exceptions)
app.command()(keygen)
app.command()(sign)
app.command()(approval)
app.command()(reload)
app.command()(schema)
