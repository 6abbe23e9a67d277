"""What documents say cannot end the element that they stand in."""

import json

from audit.page.embedding import escaped, summary_data

HOSTILE = "</script><script>globalThis.owned = 1</script><!--<b>&amp;\u2028\u2029"


def test_what_documents_say_cannot_end_the_element_that_they_stand_in() -> None:
    document = json.dumps({"a": HOSTILE}, ensure_ascii=False).encode()
    data = summary_data({"a.json": document})
    assert json.loads(data) == {"a.json": {"a": HOSTILE}}
    for mark in ("<", ">", "&", "\u2028", "\u2029"):
        assert mark.encode() in document
        assert mark.encode() not in data


def test_what_has_no_markup_stays_as_it_is() -> None:
    assert escaped(b'{"a":1}') == b'{"a":1}'
