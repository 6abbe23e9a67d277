"""Random appends, erasures, prunes and holds: the verifier always agrees with a model of what is left."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from properties.effort import ASKED, effort
from retained import Retained

from audit.errors import AuditMismatch
from audit.log import AuditLog

TEAMS = ("sales", "legal", "care")


class Retention(RuleBasedStateMachine):
    """A log of three teams."""

    made: Any
    place: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        log = AuditLog.open(home / "audit.db", keys=home / "keys", origin="log.example/audit", deadline_s=10)
        decision, outcome = self.made
        self.log = Retained(log, home, decision, outcome)
        self.requests: dict[str, tuple[str, bool]] = {}
        self.erased: set[str] = set()
        self.holds: dict[str, str] = {}
        self.open_from: list[str] = []
        self.pruned = 0

    @rule(team=st.sampled_from(TEAMS), ended=st.sampled_from((True, True, True, False)))
    def request(self, team: str, ended: bool) -> None:
        actor = {**self.made[0]()["actor"], "team": team}
        self.requests[self.log.request(actor=actor, ended=ended)] = team, ended

    @precondition(lambda self: any(not ended for _, ended in self.requests.values()))
    @rule()
    def end(self) -> None:
        for name, (team, ended) in self.requests.items():
            if not ended:
                self.log.log.append_sync("route.outcome", self.made[1](name))
                self.requests[name] = team, True

    @rule(team=st.sampled_from(TEAMS))
    def hold(self, team: str) -> None:
        if team in self.holds:
            self.log.record("hold.lifted", {"hold": self.holds.pop(team)})
        else:
            self.holds[team] = f"matter-{team}"
            self.log.record("hold.placed", {"hold": self.holds[team], "team": team})

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.requests)))
        team, ended = self.requests[name]
        found = self.log.find(name)
        if not found:
            assert name not in self.erased or self.pruned
            return
        may = ended and team not in self.holds and name not in self.erased
        assert found[0].may_go == may
        assert self.log.erase(name) == (2 if may else 0)
        if may:
            self.erased.add(name)

    @rule()
    def prune(self) -> None:
        self.log.sign()
        try:
            size = self.log.prune()
        except AuditMismatch:
            return
        assert size > self.pruned
        self.pruned = size
        for name, (team, ended) in list(self.requests.items()):
            if not self.log.find(name):
                assert ended
                assert name in self.erased or team not in self.holds
                del self.requests[name]
                self.erased.discard(name)

    @invariant()
    def the_verifier_says_the_same(self) -> None:
        report = self.log.verify()
        assert report.findings == ()
        assert (report.pruned, report.unerased) == (self.pruned, 0)
        there = [name for name in self.erased if self.log.find(name)]
        assert 2 * len(there) >= report.erased_total >= 2 * len(there) - 1
        for name in self.requests:
            assert self.log.find(name), "what was not pruned is there"

    def teardown(self) -> None:
        self.log.close()
        self.folder.cleanup()


def test_the_verifier_agrees_with_a_model_of_what_is_left(decision: Any, outcome: Any) -> None:
    made = decision, outcome
    machine = type("Case", (Retention,), {"made": made})
    run_state_machine_as_test(machine, settings=settings(effort(ASKED or 3), stateful_step_count=20))
