"""A file of a pack is compared with what its version puts there, whole or in two constant parts."""

import pytest

from audit.pack.known import Known, Part
from audit.page.embedding import summary_data

DOCUMENTS = {"ipe.json": b'{"a":"<"}\n'}
DATA = summary_data(DOCUMENTS)
KNOWN = Known("1", {"README.md": Part.of(b"words")}, Part.of(b"front"), Part.of(b"back"))


def test_a_summary_is_the_constant_around_the_documents() -> None:
    assert dict(KNOWN.sizes(DOCUMENTS)) == {"README.md": 5, "summary.html": len(DATA) + 9}
    assert KNOWN.fits("summary.html", b"front" + DATA + b"back", DOCUMENTS)
    assert KNOWN.fits("README.md", b"words", DOCUMENTS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"frontback",
        b"front" + DATA,
        b"frOnt" + DATA + b"back",
        b"front" + DATA + b"bacK",
        b"front" + b"{}" + b"back",
    ],
)
def test_nothing_else_is_one(content: bytes) -> None:
    assert not KNOWN.fits("summary.html", content, DOCUMENTS)
    assert not KNOWN.fits("README.md", content, DOCUMENTS)
