from audit.records.kinds import BUNDLE, DECISION_RECORD, DECISION_RECORD_2
from proxy.files.diagnostics import Place, Problems
from proxy.policy import limits
from proxy.policy.limits import check_limits
from proxy.policy.model import Rule, What, Who
from proxy.policy.modes import Mode
from proxy.policy.parse_context import Parts


def rule(number: int, mode: Mode = Mode.ENFORCE, *notify: str) -> Rule:
    where = Place("p.yaml", number, 1)
    return Rule(
        f"r{number}", Who(), What(), None, "pin", (), "b", notify=notify, mode=mode, where=where, mode_where=where
    )


def found(*files: Parts) -> list[str]:
    problems = Problems()
    check_limits(files, problems)
    return [f"{item.file}:{item.line} {item.code} {item.message}" for item in problems.found]


def test_the_limits_are_those_of_the_record() -> None:
    listed = {name: getattr(kind, "longest", None) for name, kind in DECISION_RECORD.required.items()}
    assert (listed["zones_left"], listed["classes"], listed["shadow"]) == (
        limits.MAX_ZONES,
        limits.MAX_CLASSES,
        limits.MAX_SHADOWS,
    )
    assert listed["ceilings"] == limits.MAX_CLASSES
    assert getattr(DECISION_RECORD_2.optional["budgets"], "longest", None) == limits.MAX_BUDGETS
    assert listed["obligations"] == limits.MAX_CHANNELS + 1
    assert getattr(BUNDLE.required["policies"], "longest", None) == limits.MAX_POLICIES + 1


def test_the_first_that_is_one_too_many_is_named() -> None:
    rules = [rule(n, Mode.SHADOW) for n in range(1, limits.MAX_SHADOWS + 3)]
    assert found(Parts("policy", rules=rules[:-2])) == []
    assert found(Parts("policy", rules=rules)) == [
        "p.yaml:33 too-many 34 rules in shadow, and a record of the audit log holds 32"
    ]


def test_a_channel_that_many_rules_tell_counts_once() -> None:
    same = [rule(n, Mode.ENFORCE, "oncall") for n in range(100)]
    assert found(Parts("policy", rules=same)) == []
    other = [rule(n, Mode.ENFORCE, f"c{n}") for n in range(1, limits.MAX_CHANNELS + 1)]
    assert found(Parts("policy", rules=[*other, *same])) == [
        "p.yaml:0 too-many 16 channels, and a record of the audit log holds 15"
    ]


def test_policies_count_by_their_files_and_rules_do_not_count() -> None:
    files = [Parts("policy", Place(f"p{n}.yaml", 1, 1), rules=[rule(1)] * 10) for n in range(limits.MAX_POLICIES + 1)]
    assert found(*files[1:]) == []
    assert found(*files) == ["p63.yaml:1 too-many 64 policies, and a record of the audit log holds 63"]
