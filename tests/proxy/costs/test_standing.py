from charged import UPSTREAMS, KeptLog, decision, outcome

from proxy.costs.prices import Price, Prices
from proxy.costs.standing import added, in_log, missing, standing
from proxy.files.money import NANOS
from proxy.policy.model import Budget, Who
from proxy.state.spending import Account, Spent

ANN, BOB = Account("support", "chatbot", "ak_1", "us"), Account("sales", "crm", "ak_2", "us")
BUDGETS = (
    Budget("all", Who(), "", ("us",), 100 * NANOS, "pin", "why"),
    Budget("each", Who(), "team", ("us",), 50 * NANOS, "block", "why"),
)
AMOUNTS = {ANN: Spent(3, 1, 60 * NANOS), BOB: Spent(2, 0, 10 * NANOS)}
PRICES = Prices("USD", {"gpt-5": {"us": Price(NANOS * 10**6, 0, 0)}})


def test_each_pot_says_what_is_left_whether_it_is_used_up_and_until_when() -> None:
    stand = standing(BUDGETS, AMOUNTS, "2026-12", "USD")
    assert stand.text().splitlines() == [
        "budget  whose    answers  unpriced    spent  monthly      left",
        "all     all            5         1  70.0000   100.00   30.0000",
        "each    sales          2         0  10.0000    50.00   40.0000",
        "each    support        3         1  60.0000    50.00  -10.0000  used up: block",
        "USD; all begin anew on 2027-01-01 (UTC)",
    ]
    plain = stand.as_json()
    assert plain["resets"] == "2027-01-01"
    assert [(row["whose"], row["left"], row["used_up"]) for row in plain["budgets"]] == [
        ("", "30.000000000", False),
        ("sales", "40.000000000", False),
        ("support", "-10.000000000", True),
    ]


def test_a_budget_of_which_nothing_is_spent_is_there_and_none_is_said_in_words() -> None:
    assert "0.0000   100.00  100.0000" in standing(BUDGETS, {}, "2026-03", "USD").text()
    assert standing((), AMOUNTS, "2026-03", "").text().startswith("no budget")


def test_the_log_says_what_was_spent_in_a_month_in_the_prices_of_the_time() -> None:
    one, two, other = decision(), decision(team="sales"), decision(ts="2026-04-01T00:00:00.000000Z")
    records = [one, two, other, outcome(one), outcome(one, number=2), outcome(two, None), outcome(other)]
    log = KeptLog(records, {UPSTREAMS: PRICES})
    assert in_log(log, "2026-03") == {
        ANN: Spent(1, 0, 10 * NANOS),
        Account("sales", "chatbot", "ak_1", "us"): Spent(1, 1, 0),
    }
    assert in_log(KeptLog(records, {UPSTREAMS: Prices()}), "2026-03") == {}, "as a server counts without prices"


def test_what_is_missing_is_never_less_than_nothing() -> None:
    logged = {ANN: Spent(5, 1, 70), BOB: Spent(1, 0, 5)}
    assert missing({ANN: Spent(3, 1, 60), BOB: Spent(2, 0, 10)}, logged) == {ANN: Spent(2, 0, 10), BOB: Spent()}
    assert added([Spent(1, 2, 3), Spent(4, 5, 6)]) == Spent(5, 7, 9)
