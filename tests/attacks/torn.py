"""A `ringfence serve` that is broken on purpose: a request decides under one snapshot and is routed under the next."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from proxy import cli, supervisor
from proxy.evidence import Ask, Judged
from proxy.pipeline import Pipeline
from proxy.settings import Settings

judge, run = Pipeline.judge, supervisor.run


async def judge_and_look_again(self: Pipeline, ask: Ask) -> Judged:
    """Judge, and take a second snapshot."""
    return replace(await judge(self, ask), active=self.activation.active)


def run_broken(settings: Settings, server_argv: Sequence[str], signer_argv: Sequence[str] = ()) -> int:
    """Supervise a server that takes two."""
    return run(settings, [sys.executable, __file__], signer_argv)


if __name__ == "__main__":
    if "--control-fd" in sys.argv:
        from proxy import server

        Pipeline.judge = judge_and_look_again  # type: ignore[method-assign]
        raise SystemExit(server.main())
    supervisor.run = run_broken
    cli.main()
