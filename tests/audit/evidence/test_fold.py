import pytest

from audit.evidence.facts import Facts
from audit.evidence.fold import Fold


def test_a_fold_knows_which_records_are_of_its_period_and_says_nothing_by_itself() -> None:
    fold = Fold(Facts("6" * 32, "o", 10, "5" * 64, 3, 7))
    assert [seq for seq in range(10) if fold.is_inside(seq)] == [3, 4, 5, 6, 7]
    fold.absent(3)
    with pytest.raises(NotImplementedError):
        fold.document("")
