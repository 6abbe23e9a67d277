import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from flown import Flown, flown

from audit.errors import AuditUnavailable
from proxy.canary import schedule
from proxy.canary.courses import Course, Courses
from proxy.canary.report import Report
from proxy.canary.run import Interrupted, Means, Plan
from proxy.canary.values import TYPES
from proxy.errors import ConfigurationError
from proxy.settings import Settings

Story = Callable[[Flown], Awaitable[Any]]
NOTHING = Report(Courses((), (("cloud-us", "policy"),)), "b" * 64, "", ())
COURSES = Courses((Course("cloud-us", "chat", "canary", "gpt-4o"),), ())
FAILED = Report(COURSES, "b" * 64, "d" * 64, ())


class Script:
    """Stands for the test itself, and says what it came to."""

    def __init__(self, *outcomes: Report | Exception) -> None:
        self.outcomes = list(outcomes)
        self.plans: list[Plan] = []

    async def __call__(self, means: Means, plan: Plan) -> Report:
        self.plans.append(plan)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def during(home: Path, story: Story, **settings: Any) -> Any:
    async def go() -> Any:
        async with flown(home, **settings) as flight:
            return await story(flight)

    return asyncio.run(go())


async def ended(flight: Flown, count: int) -> None:
    async with asyncio.timeout(60):
        while flight.canary.state()["ended"] < count:  # noqa: ASYNC110 - what the command line does
            await asyncio.sleep(0.01)


def test_it_is_sent_a_while_after_the_start_and_every_so_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(NOTHING)
    monkeypatch.setattr(schedule, "test", script)
    monkeypatch.setattr(schedule, "FIRST_S", 0.05)

    async def story(flight: Flown) -> None:
        await ended(flight, 3)

    during(tmp_path, story, canary_every_s=0.1)
    assert len(script.plans) >= 3


def test_it_is_not_sent_unless_somebody_asks_where_it_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(NOTHING)
    monkeypatch.setattr(schedule, "test", script)
    monkeypatch.setattr(schedule, "FIRST_S", 0.0)

    async def story(flight: Flown) -> None:
        await asyncio.sleep(0.1)
        assert script.plans == []
        assert (await flight.fly())["sent"] == 0
        assert len(script.plans) == 1

    during(tmp_path, story, canary_every_s=0)


def test_another_bundle_brings_the_next_test_near(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(NOTHING)
    monkeypatch.setattr(schedule, "test", script)
    monkeypatch.setattr(schedule, "FIRST_S", 1000.0)
    monkeypatch.setattr(schedule, "AGAIN_S", 0.05)

    async def story(flight: Flown) -> None:
        await asyncio.sleep(0.1)
        assert script.plans == []
        upstreams = flight.ring.runtime.settings.upstreams
        upstreams.write_text(upstreams.read_text().replace("gpt-4*", "gpt-5*"))
        await flight.ring.runtime.activation.reload()
        await ended(flight, 1)

    during(tmp_path, story, canary_every_s=2000)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Interrupted("unreachable"), "unreachable"),
        (AuditUnavailable("deadline"), "audit_unavailable"),
        (ValueError("4539 1488 0343 6467"), "internal"),
    ],
)
def test_a_test_that_came_to_no_end_leaves_nothing_and_is_repeated_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    monkeypatch.setattr(schedule, "test", Script(error, NOTHING))
    monkeypatch.setattr(schedule, "AGAIN_S", 0.3)

    async def story(flight: Flown) -> None:
        assert await flight.fly() == {"error": said}
        await ended(flight, 2)
        assert await flight.ring.records("control.tested") == []
        assert await flight.ring.records("incident.opened") == []

    during(tmp_path, story, canary_every_s=1000)
    assert "the canary's" in caplog.text
    assert "4539" not in caplog.text


def test_where_there_is_nothing_to_test_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "test", Script(NOTHING))

    async def story(flight: Flown) -> None:
        report = await flight.fly()
        assert (report["sent"], report["closed"]) == (0, [{"zone": "cloud-us", "why": "policy"}])
        assert await flight.ring.records("control.tested") == []

    during(tmp_path, story)


def test_an_incident_of_an_earlier_process_goes_on_and_is_closed_by_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "test", Script(FAILED))

    async def story(flight: Flown) -> list[dict[str, Any]]:
        await flight.fly()
        return await flight.ring.records("incident.opened")

    assert [each["what"] for each in during(tmp_path, story)] == ["canary_failed"]
    assert len(during(tmp_path, story)) == 1
    monkeypatch.setattr(Report, "passed", property(lambda _: True))

    async def mended(flight: Flown) -> list[dict[str, Any]]:
        await flight.fly()
        return await flight.ring.records("incident.closed")

    assert [each["how"] for each in during(tmp_path, mended)] == ["passed"]


def test_its_settings_are_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(NOTHING)
    monkeypatch.setattr(schedule, "test", script)

    async def story(flight: Flown) -> None:
        await flight.fly()

    during(tmp_path, story, canary_values=7, canary_team="research", canary_except="PERSON,JWT")
    assert script.plans == [Plan(7, "research", frozenset({"PERSON", "JWT"}))]
    assert {"PERSON", "JWT"}.isdisjoint(kind.type for kind in script.plans[0].kinds())


def test_a_type_that_it_knows_nothing_of_cannot_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="canary_except"):
        schedule._plan(Settings(home=tmp_path, canary_except="CREDIT_CARDS"))


def test_a_test_that_would_plant_nothing_is_no_test(tmp_path: Path) -> None:
    every = ",".join(sorted(TYPES))
    with pytest.raises(ConfigurationError, match="nothing is left"):
        schedule._plan(Settings(home=tmp_path, canary_except=every))
    assert schedule._plan(Settings(home=tmp_path, canary_except=every.removeprefix("API_KEY,"))).kinds()
