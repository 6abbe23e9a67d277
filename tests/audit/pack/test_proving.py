"""Proofs from one pass over a log lead to its root, for every record of every small log."""

from collections.abc import Sequence

from audit.pack import proving
from audit.proofs.merkle import Frontier, is_included
from audit.sources.source import Raw

LINKS = [bytes([number]) * 32 for number in range(40)]


class Links:
    """A log of nothing but links."""

    def rows(self, start: int | None, count: int) -> Sequence[Raw]:
        return [Raw(seq, b"", b"", LINKS[seq], b"", ()) for seq in range(start or 0, min((start or 0) + count, 40))]


def test_every_record_of_every_size_is_proved(monkeypatch: object) -> None:
    tree = Frontier.empty()
    for size in range(1, 41):
        tree.append(LINKS[size - 1])
        paths = proving.inclusions(Links(), range(size), size)  # type: ignore[arg-type]
        assert all(is_included(LINKS[seq], seq, size, paths[seq], tree.root()) for seq in range(size))


def test_no_more_is_kept_than_the_proofs_need() -> None:
    assert proving.inclusions(Links(), (), 40) == {}  # type: ignore[arg-type]
    assert len(proving.inclusions(Links(), (3,), 40)[3]) == 6  # type: ignore[arg-type]
