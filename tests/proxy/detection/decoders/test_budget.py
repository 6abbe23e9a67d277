from proxy.detection.decoders.budget import MAX_PIECES, Budget


def test_characters_and_views_are_paid_for_until_none_are_left() -> None:
    budget = Budget(chars=10, views=5, seconds=60)
    assert budget.spend(6)
    assert not budget.spend(6)
    assert budget.failures == {"view_bound"}
    few = Budget(chars=10, views=1, seconds=60)
    assert few.spend(1)
    assert not few.spend(1)


def test_time_that_is_used_up_is_named() -> None:
    budget = Budget(chars=10, views=5, seconds=-1)
    assert not budget.spend(1)
    assert budget.failures == {"view_bound"}


def test_only_the_first_pieces_are_remembered() -> None:
    budget = Budget(chars=10, views=5, seconds=60)
    for number in range(2 * MAX_PIECES):
        budget.note(str(number))
        budget.hide(str(number))
    assert len(budget.undone) == len(budget.opaque) == MAX_PIECES
