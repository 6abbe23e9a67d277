"""A `ringfence serve` that is broken on purpose: a request decides under one snapshot and is routed under the next."""

from dataclasses import replace

from proxy import cli
from proxy.evidence import Ask, Judged
from proxy.pipeline import Pipeline

judge = Pipeline.judge


async def judge_and_look_again(self: Pipeline, ask: Ask) -> Judged:
    """Judge, and take a second snapshot."""
    return replace(await judge(self, ask), active=self.activation.active)


if __name__ == "__main__":
    Pipeline.judge = judge_and_look_again  # type: ignore[method-assign] - servers are forked from here
    cli.main()
