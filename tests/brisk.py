"""`ringfence serve` whose signer signs every second instead of every ten: tests would wait for it."""

import sys
from collections.abc import Sequence

from audit.signing import process as signing
from proxy import cli, supervisor
from proxy.settings import Settings

NAME = "audit.signing.process"
run = supervisor.run


def run_brisk(settings: Settings, server_argv: Sequence[str], signer_argv: Sequence[str] = ()) -> int:
    """Supervise the server and a signer that is started from here."""
    flags = signer_argv[signer_argv.index(NAME) + 1 :]
    return run(settings, server_argv, [sys.executable, __file__, NAME, *flags])


if __name__ == "__main__":
    if NAME in sys.argv:
        signing.EVERY_S, signing.POLL_S = 1.0, 0.1
        raise SystemExit(signing.main(sys.argv[2:]))
    supervisor.run = run_brisk
    cli.main()
