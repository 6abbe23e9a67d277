from collections.abc import Callable

from proxy.files.money import NANOS
from proxy.policy.model import Budget, Who
from proxy.policy.policy import Policy

HEAD = "policy: money\nversion: 1\nowner: ann\nbudgets:\n"


def test_a_budget_is_read_with_its_amount_exactly_and_its_zones_in_any_order(policy: Callable[..., Policy]) -> None:
    one = "  - {id: b, who: {apps: [crm]}, per: key, zones: [us, eu], monthly: 0.000001, then: pin, because: why}\n"
    built = policy(money=HEAD + one).bundle.budgets
    assert built == (Budget("b", Who(apps=("crm",)), "key", ("eu", "us"), NANOS // 10**6, "pin", "why"),)


def test_a_bundle_without_budgets_has_the_digest_that_it_always_had(policy: Callable[..., Policy]) -> None:
    one = "  - {id: b, zones: [us], monthly: 5, then: pin, because: why}\n"
    empty = policy(money=HEAD.replace("budgets:\n", "budgets: []\n"))
    without = policy(money=HEAD.replace("budgets:\n", ""))
    assert empty.sha256 == without.sha256
    assert policy(money=HEAD + one).sha256 != without.sha256
    assert policy(money=HEAD + one.replace("5", "5.01")).sha256 != policy(money=HEAD + one).sha256
