"""The made-up bundles are what they are called, and the figures come from real decisions."""

from types import ModuleType

import pytest
from bench import bundles
from bench.loading import load

from proxy.policy.diff import compare


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    return load("policy")


def test_a_seed_gives_the_same_bundle_and_another_seed_another() -> None:
    size = bundles.Size(rules=40, teams=16, zones=10)
    assert bundles.files(size) == bundles.files(size)
    assert bundles.files(size) != bundles.files(bundles.Size(rules=40, teams=16, zones=10, seed=2))


@pytest.mark.parametrize("rules", [5, 60])
def test_a_bundle_is_as_large_as_it_says_and_free_of_errors(rules: int) -> None:
    data = bundles.with_tests(bundles.files(bundles.Size(rules=rules, teams=50, zones=20)), 20)
    checked = bundles.checked(data)
    assert checked.bundle is not None, [str(found) for found in checked.diagnostics]
    assert {found.code for found in checked.diagnostics} <= {
        "rule-untested",
        "claim-missing",
        "exception-without-effect",
    }
    assert (len(checked.bundle.rules), len(checked.bundle.zones), len(checked.bundle.tests)) == (rules, 20, 20)
    assert len({test.expect.outcome for test in checked.bundle.tests}) > 1
    assert all(proof.holds for proof in checked.proofs)


def test_what_is_asked_carries_as_many_values_as_it_says(bench: ModuleType) -> None:
    for values in bench.VALUES:
        several = bench.asks(values)
        assert len(several) == bench.REQUESTS
        assert {sum(map(len, findings.values())) for _, _, findings in several} == {values}
    assert len({(who, call) for who, call, _ in bench.asks(0)}) > bench.REQUESTS / 2


def test_every_change_is_a_bundle_and_all_but_the_first_change_something(bench: ModuleType) -> None:
    files = bundles.files(bench.LARGE)
    old = bundles.loaded(files).bundle
    found = {}
    for name, after in bench.changed(files).items():
        found[name] = compare(old, bundles.loaded(after).bundle, bundles.TODAY)
    assert {name for name, comparison in found.items() if not comparison.changes} == {"nothing"}
    assert found["a grant added"].looser
    assert found["a rule narrowed"].looser
    assert found["a ceiling tightened"].proved


def test_one_decision_is_timed(bench: ModuleType) -> None:
    policy = bundles.loaded(bundles.files(bundles.Size(rules=5, teams=8, zones=5)))
    assert bench.decision_us(policy, bench.asks(1), 1) > 0
    assert list(bench.budgeted(1)) == ["no budgets", "20 budgets", "20 used up"]


@pytest.mark.parametrize(("us", "seconds", "status"), [(59.0, 1.9, 0), (61.0, 1.9, 1), (59.0, 2.1, 1)])
def test_a_goal_that_is_missed_is_said(
    bench: ModuleType, capsys: pytest.CaptureFixture[str], us: float, seconds: float, status: int
) -> None:
    figures = {(rules, values): us for rules in bench.RULES for values in bench.VALUES}
    assert bench.report(figures, [bench.Row("verify", seconds, "1 claim")], {"no budgets": 1.0}) == status
    assert ("missed" in capsys.readouterr().out) == bool(status)
