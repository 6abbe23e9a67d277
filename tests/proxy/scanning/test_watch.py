import asyncio

from answering import CARD, Words, chat, delta, event, passed, shared

from proxy.scanning.channels import Channels
from proxy.scanning.watch import Unwatched


def test_an_answer_that_nobody_watches_is_passed_on_and_leaves_no_record() -> None:
    async def main() -> tuple[list[bytes], object]:
        watch = Unwatched()
        await watch.whole(b"{}", {})
        seen = await passed(watch, chat([CARD]))
        return seen.events, await watch.finish(broken=False)

    assert asyncio.run(main()) == ([each.raw for each in chat([CARD])], None)


def test_a_scan_of_parts_is_one_of_the_team_whose_answer_it_is() -> None:
    async def main() -> Words:
        detector, channels = Words(), Channels()
        channels.take(event(delta("Hello")).answer or {})
        await shared(detector).scan("team", channels.due(ended=True), behind=True)
        return detector

    detector = asyncio.run(main())
    assert detector.behind == [True]
    assert "Hello" in detector.scanned
