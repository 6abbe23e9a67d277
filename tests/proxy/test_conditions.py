"""A full disk and a clock that jumped: what is refused, what is recorded, and how it ends."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest
from attacks.fortress import small_disk
from clocks import Hands

from audit import log as module
from audit.access import Filters, Records
from audit.clock import Clock
from audit.errors import AuditUnavailable
from audit.incidents import Incidents
from audit.log import AuditLog, new_id
from audit.space import MIB, Room, Space
from audit.verification.verifier import verify
from proxy.conditions import COMPARE_S, Conditions

HOUR = 3600
TEN_YEARS = 3653 * 86400
Ends = Literal["kernel", "in line", "person"]


UP = {"id": "v", "zone": "z", "provider": "other", "model": "m", "endpoint_sha256": "5" * 64}
UP["body_fp"] = "fp1.2026q4." + "A" * 22


def attempt() -> dict[str, Any]:
    return {"dec": new_id(), "attempt": 2, "zone": "z", "up": UP, "why": "timeout"}


class Watch:
    """Conditions of a real log, on a disk and with clocks of the test's own."""

    def __init__(self, home: Path, hands: Hands) -> None:
        self.home, self.hands = home, hands
        self.free = 1000 * MIB
        self.begin()

    def begin(self) -> None:
        home = self.home
        self.log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=5)
        self.room = Room(self.log.place, lambda _: Space(self.free - self.held(), 100 * 1024 * MIB))  # type: ignore[arg-type]
        self.conditions = Conditions(self.log, self.room)

    def restart(self, step: int = 0) -> None:
        """End, set the wall clock by so many seconds, and begin again."""
        self.conditions.close()
        self.log.close()
        if step:
            self.hands.step(step)
        self.begin()

    def held(self) -> int:
        ballast = self.home / "audit.db.ballast"
        return ballast.stat().st_size if ballast.exists() else 0

    def incidents(self) -> list[str]:
        records = Records(self.log.place).page(Filters(), after=-1, limit=1000).records
        bodies = [record.body for record in records if record.body["kind"].startswith("incident.")]
        return [" ".join(body[name] for name in ("what", "about", "how") if name in body) for body in bodies]

    def decide(self) -> str:
        """Append what a request needs before it may be sent; return why not, or nothing."""
        try:
            self.log.append_sync("route.attempt", attempt())
        except AuditUnavailable as refused:
            return refused.reason
        return ""

    def end(self) -> None:
        """Append what became of a request."""
        self.log.append_sync("route.outcome", {"dec": new_id(), "attempt": 1, "status": "ok"})


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    hands = Hands(Clock()._machine.wall())
    monkeypatch.setattr(module, "Clock", hands.clock)
    made = Watch(tmp_path, hands)
    yield made
    made.conditions.close()
    made.log.close()
    assert not made.held()
    assert verify(made.home / "audit.db").ok


def end(watch: Watch, how: Ends, step: int) -> None:
    match how:
        case "kernel":
            watch.hands.disciplined = True
        case "in line":
            watch.hands.step(-step)
        case "person":
            watch.conditions.accept_clock()


HOW: dict[Ends, str] = {"kernel": "synchronised", "in line": "in_line", "person": "acknowledged"}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("step", "size"), [(-HOUR, "back_hours"), (TEN_YEARS, "forward_years")], ids=["back", "forth"])
def test_t32_after_a_jump_of_the_clock_nothing_is_decided_until_it_can_be_trusted(
    step: int, size: str, how: Ends, watch: Watch
) -> None:
    assert watch.decide() == ""
    watch.hands.step(step)
    assert watch.decide() == "clock", "at once, before anybody looked"
    watch.end()
    for _ in range(3):
        watch.conditions.look()
    assert watch.incidents() == [f"time_anomaly {size}"]
    assert watch.log.not_ready() == "the audit log takes no decisions: clock"
    end(watch, how, step)
    assert watch.decide() == ""
    for _ in range(2):
        watch.conditions.look()
    assert watch.incidents() == [f"time_anomaly {size}", HOW[how]]
    assert watch.log.not_ready() is None


def test_t32_a_step_by_the_kernels_word_refuses_nothing_and_is_an_incident_that_ended(watch: Watch) -> None:
    watch.hands.step(HOUR)
    watch.hands.disciplined = True
    assert watch.decide() == ""
    watch.conditions.look()
    assert watch.incidents() == ["time_anomaly forward_hours", "synchronised"]


def test_t32_the_order_of_records_is_that_of_their_numbers_whatever_the_clock_says(watch: Watch) -> None:
    receipts = []
    for step in (0, 50, -110, 1, -1):
        watch.hands.step(step)
        watch.hands.disciplined = True
        receipts.append(watch.log.append_sync("route.attempt", attempt()))
    records = Records(watch.log.place).page(Filters(kind="route.attempt"), limit=9).records
    assert [record.id for record in records] == [receipt.id for receipt in receipts]
    stamps = [record.body["ts"] for record in records]
    assert stamps != sorted(stamps)


@pytest.mark.parametrize("how", ["kernel", "person"])
def test_t32_a_restart_does_not_make_a_clock_trusted(how: Ends, watch: Watch) -> None:
    watch.hands.step(TEN_YEARS)
    watch.conditions.look()
    for _ in range(2):
        watch.restart()
        watch.conditions.look()
        assert watch.decide() == "clock"
    end(watch, how, 0)
    assert watch.decide() == ""
    watch.conditions.look()
    assert watch.incidents() == ["time_anomaly forward_years", HOW[how]]
    watch.restart()
    assert watch.decide() == ""


@pytest.mark.parametrize("how", ["kernel", "person"])
def test_t32_a_start_before_the_time_of_the_newest_record_decides_nothing_however_often_it_is_tried(
    how: Ends, watch: Watch
) -> None:
    watch.restart(TEN_YEARS)
    assert watch.decide() == "", "nothing says that it is wrong"
    for step in (-TEN_YEARS, 0, 0):
        watch.restart(step)
        assert watch.decide() == "clock"
        watch.conditions.look()
    assert watch.incidents() == ["time_anomaly back_years"]
    end(watch, how, 0)
    watch.conditions.look()
    assert (watch.decide(), watch.incidents()[1:]) == ("", [HOW[how]])


def test_t32_a_clock_that_was_behind_the_newest_record_at_the_start_and_was_set_is_trusted(watch: Watch) -> None:
    watch.restart(-2 * HOUR)
    assert watch.decide() == "clock"
    watch.hands.step(2 * HOUR)
    watch.conditions.look()
    assert (watch.decide(), watch.incidents()) == ("", ["time_anomaly back_hours", "in_line"])


def test_t32_a_jump_just_before_a_stop_is_recorded_by_the_stop(watch: Watch) -> None:
    watch.hands.step(HOUR)
    watch.restart()
    assert (watch.decide(), watch.incidents()) == ("clock", ["time_anomaly forward_hours"])


def test_a_clock_that_a_person_accepts_although_it_is_right_is_no_incident(watch: Watch) -> None:
    assert watch.conditions.accept_clock() == {"off": None}
    assert watch.conditions.look_at_clock()["off"] is None
    assert watch.incidents() == []


def test_t32_of_two_replicas_the_one_that_is_not_in_line_with_their_database_decides_nothing(open_shared: Any) -> None:
    one, other = open_shared(), open_shared("second")
    hands = Hands(Clock()._machine.wall() - 2 * HOUR * 1_000_000_000)
    other.clock = hands.clock()
    now = 0.0
    looking = [Conditions(log, clock=lambda: now) for log in (one, other)]
    for conditions in looking:
        conditions.look()
    one.append_sync("route.attempt", attempt())
    with pytest.raises(AuditUnavailable, match="clock"):
        other.append_sync("route.attempt", attempt())
    hands.step(2 * HOUR)
    now += COMPARE_S
    looking[1].look()
    other.append_sync("route.attempt", attempt())
    kinds = [record.body for record in Records(one.place).page(Filters(kind="incident.opened"), limit=9).records]
    assert [(body["what"], body["about"]) for body in kinds] == [("time_anomaly", "back_hours")]


def test_a_jump_of_a_machine_that_is_gone_is_acknowledged_at_another(
    open_shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = open_shared()
    monkeypatch.setattr(module, "instance", lambda: "another")
    other = open_shared("second")
    Incidents(other).open("time_anomaly", "back_days")
    other.close()
    conditions = Conditions(one)
    one.append_sync("route.attempt", attempt())
    assert conditions.look_at_clock()["off"] == "back_days"
    conditions.accept_clock()
    assert conditions.look_at_clock()["off"] is None
    one.append_sync("route.attempt", attempt())


def test_t27_a_disk_that_fills_up_is_an_incident_until_there_is_room_again(watch: Watch) -> None:
    watch.conditions.look()
    assert (watch.conditions.not_ready(), watch.incidents()) == (None, [])
    watch.free = 264 * MIB
    for _ in range(3):
        watch.conditions.look()
    said = watch.conditions.not_ready()
    assert said == "little room on the disk of the audit log: 200 MiB free of 100 GiB, 256 MiB wanted"
    assert watch.decide() == "", "there is room: who balances load is told to go elsewhere"
    watch.restart()
    watch.conditions.look()
    watch.free = 1000 * MIB
    for _ in range(2):
        watch.conditions.look()
    assert (watch.conditions.not_ready(), watch.incidents()) == (None, ["low_space", "room_again"])


def test_t27_when_the_disk_is_full_decisions_are_refused_before_the_ballast_is_given_up_for_the_rest(
    watch: Watch,
) -> None:
    assert watch.decide() == ""
    watch.free = watch.held()
    order: list[str] = []
    give_up = watch.room.give_up

    def giving_up() -> None:
        order.append(watch.decide())
        give_up()

    watch.room.give_up = giving_up  # type: ignore[method-assign]
    watch.conditions.look()
    assert order == ["full"]
    assert not watch.held()
    assert watch.decide() == "full"
    watch.end()
    assert watch.incidents() == ["low_space"]
    assert watch.log.not_ready() == "the audit log takes no decisions: full"
    watch.room.give_up = give_up  # type: ignore[method-assign]
    watch.restart()
    watch.conditions.look()
    assert watch.decide() == "full", "a restart makes no room"
    watch.free = 1000 * MIB
    watch.conditions.look()
    assert (watch.decide(), watch.held()) == ("", 64 * MIB)
    assert watch.incidents() == ["low_space", "room_again"]


def test_t27_a_decision_that_waits_for_the_writer_gets_no_room_of_the_ballast(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was let in before the disk was full, and is written or refused before the ballast is given up."""
    hold, held_at = threading.Event(), []
    commit = watch.log._store.commit

    def waiting(rows: Any) -> Any:
        hold.wait(10)
        held_at.append(watch.held())
        return commit(rows)

    monkeypatch.setattr(watch.log._store, "commit", waiting)
    asking = threading.Thread(target=watch.decide)
    asking.start()
    while not watch.log.progress()[0]:
        pass
    watch.free = watch.held()
    looking = threading.Thread(target=watch.conditions.look)
    looking.start()
    while not watch.log.spent:
        pass
    assert watch.held() == 64 * MIB
    hold.set()
    asking.join()
    looking.join()
    assert held_at == [64 * MIB, 0], "first the decision, then the incident"


@pytest.mark.parametrize("ballast", [True, False], ids=["ballast", "control"])
def test_t27_on_a_disk_that_is_truly_full_the_ballast_is_what_outcomes_are_written_in(
    ballast: bool, tmp_path: Path
) -> None:
    with small_disk(tmp_path, "32m"):
        if not tmp_path.is_mount():
            pytest.skip("a file system of its own, which can be filled, needs the right to mount one")
        watch = Watch(tmp_path, Hands())
        room = Room(watch.log.place)  # type: ignore[arg-type]
        conditions = Conditions(watch.log, room)
        with (tmp_path / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            while True:
                filler.write(bytes(4096))
        while not (reason := watch.decide()):
            pass  # the write-ahead log still had room
        assert (reason, watch.log.full()) == ("full", True)
        room.give_up = room.give_up if ballast else lambda: None  # type: ignore[method-assign]
        conditions.look()
        assert watch.decide() == "full"
        if ballast:
            watch.end()
            assert watch.incidents() == ["low_space"]
        else:
            with pytest.raises(AuditUnavailable, match="full"):
                watch.end()
        (tmp_path / "filler").unlink()
        while watch.log.full():
            pass  # until the writer tries again
        Room.give_up(room)
        conditions.look()
        assert (watch.decide(), conditions.not_ready()) == ("", None)
        conditions.close()
        watch.log.close()
        assert verify(tmp_path / "audit.db").ok


def test_a_disk_that_cannot_be_measured_ends_nothing(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    def gone(_: Path) -> Space:
        raise FileNotFoundError

    watch.room._measure = gone
    watch.conditions.look()
    assert "cannot be recorded yet: FileNotFoundError" in caplog.text
    assert watch.decide() == ""


def test_an_incident_that_cannot_be_recorded_yet_is_recorded_later_and_said_once(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise AuditUnavailable("io")

    watch.free = 264 * MIB
    with monkeypatch.context() as patched:
        patched.setattr(watch.log, "append_sync", broken)
        for _ in range(3):
            watch.conditions.look()
    assert [one.getMessage() for one in caplog.records if one.levelname == "WARNING"] == [
        "an incident of the log's disk or clock cannot be recorded yet: io"
    ]
    watch.conditions.look()
    assert watch.incidents() == ["low_space"]


def test_nothing_is_sent_on_a_log_that_was_restored_until_an_operator_has_closed_that(watch: Watch) -> None:
    assert watch.conditions.stopped() is None
    incident = new_id()
    watch.log.append_sync("incident.opened", {"incident": incident, "what": "restored", "from_seq": 7})
    watch.restart()
    for _ in range(2):
        watch.conditions.look()
        stopped = watch.conditions.stopped()
        assert stopped is not None
        assert (stopped.status, stopped.code) == (503, "audit_behind")
        assert "ringfence audit acknowledge" in (watch.conditions.not_ready() or "")
    watch.log.append_sync("incident.closed", {"incident": incident, "how": "acknowledged"})
    watch.conditions.look()
    assert (watch.conditions.stopped(), watch.conditions.not_ready()) == (None, None)
