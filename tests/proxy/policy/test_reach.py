from collections.abc import Callable
from dataclasses import replace

from audit.records.kinds import REACH
from proxy.policy.model import DataClass
from proxy.policy.policy import Policy
from proxy.policy.reach import MAX_CLASSES, reach


def test_a_record_can_say_who_runs_each_zone_and_where_each_class_may_go(policy: Callable[..., Policy]) -> None:
    said = reach(policy().bundle)
    assert said is not None
    assert REACH.compile()(said) is None
    assert sorted(said["zones"], key=lambda zone: zone["zone"]) == [
        {"zone": "eu", "trust": "vendor", "region": "eu"},
        {"zone": "home", "trust": "own"},
        {"zone": "us", "trust": "vendor", "region": "us"},
    ]
    ceilings = {item["c"]: item["zones"] for item in said["classes"]}
    assert ceilings["pii"] == ["home"]
    assert sorted(ceilings["health"]) == ["eu", "home", "us"]


def test_a_taxonomy_that_no_record_can_list_is_not_listed_in_part(policy: Callable[..., Policy]) -> None:
    many = tuple(DataClass(f"class-{number}", (), (), 0, ("home",)) for number in range(MAX_CLASSES + 1))
    assert reach(replace(policy().bundle, classes=many)) is None
