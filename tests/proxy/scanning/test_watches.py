import asyncio
from typing import cast

import pytest
from answering import NO_CARDS, NO_KEYS, Words, asked

from proxy.detection.findings import Detector
from proxy.scanning.guard import Guard
from proxy.scanning.observer import Observer
from proxy.scanning.watch import Unwatched
from proxy.scanning.watches import Watches, Which

SHADOW = NO_CARDS + "    mode: shadow\n"


@pytest.mark.parametrize(
    ("which", "rules", "zone", "kind"),
    [
        ("all", NO_CARDS, "cloud-us", Guard),
        ("ruled", NO_CARDS, "onprem", Guard),
        ("ruled", NO_KEYS, "cloud-us", Guard),
        ("all", NO_KEYS, "onprem", Observer),
        ("ruled", NO_KEYS, "onprem", Unwatched),
        ("all", SHADOW, "cloud-us", Observer),
        ("ruled", SHADOW, "cloud-us", Unwatched),
        ("all", "", "cloud-us", Observer),
        ("ruled", "", "cloud-us", Unwatched),
    ],
    ids=str,
)
def test_an_answer_is_guarded_wherever_a_rule_could_block_it(which: Which, rules: str, zone: str, kind: type) -> None:
    assert type(Watches(cast("Detector", Words()), which).begin(asked(rules, zone))) is kind


def test_a_server_that_stops_tells_all_that_wait() -> None:
    async def main() -> bool:
        watches = Watches(cast("Detector", Words()), "all")
        watches.stop()
        return watches._shared.stopping

    assert asyncio.run(main())
