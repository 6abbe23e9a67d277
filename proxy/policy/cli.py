"""`ringfence policy ...`: which commands there are, and what the command line's root injects into them.

Exit codes: 0 fine, 1 findings, 2 usage, 3 does not load, 4 tests failed.
"""

import typer

from proxy.policy.commands.approval import approval
from proxy.policy.commands.common import Injected
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

injected = Injected()
"""What the commands are given. The root of the whole command line puts its own in this place, before anything runs."""

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def policy(context: typer.Context) -> None:
    """Lint, test, prove, explain, compare and replay policies."""
    context.obj = injected


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
