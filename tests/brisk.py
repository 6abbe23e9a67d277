"""`ringfence serve` whose signer signs at once, and soon begins again when it has ended: tests would wait for it."""

import sys
from collections.abc import Sequence

from audit.signing import process as signing
from proxy import cli, supervisor
from proxy.children import Serve
from proxy.settings import Settings

NAME = "audit.signing.process"
run = supervisor.run


def run_brisk(settings: Settings, serve: Serve, signer_argv: Sequence[str] = ()) -> int:
    """Supervise servers and a signer that is started from here."""
    flags = signer_argv[signer_argv.index(NAME) + 1 :]
    return run(settings, serve, [sys.executable, __file__, NAME, *flags])


if __name__ == "__main__":
    if NAME in sys.argv:
        signing.EVERY_S, signing.POLL_S = 0.2, 0.1
        raise SystemExit(signing.main(sys.argv[2:]))
    supervisor.run, supervisor.LONGEST_PAUSE_S = run_brisk, 0.5
    cli.main()
