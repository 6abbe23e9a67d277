"""The attacks on writing, proving and verifying have numbers, and each number a test that is named by it.

1-6     a finished log is edited: a bit, a column, a record, its neighbours
7-8     its end is cut off
9-10    all of it is rewritten, without the key and with it
11-14   an older state takes its place, or two states live on
15-18   parts of other logs, old checkpoints, keys that do not count, odd signatures
19-21   other bytes, other trees, other proofs
22-23   writers compete
24-29   processes, calls, power, disks and servers fail
30-32   requests are repeated, hold secrets, or come while the clock jumps
33-37   the database's owner, missing lives and times, flipped bits
38-39   anchors are down, policies that nobody activated
40      a pack of evidence is changed
41-43   values are guessed, bodies are taken away, an auditor reads without end
44-46   a killed witness, a vendor after the own server, a long log
"""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
NUMBERS = set(range(1, 47))
NAMED = re.compile(r"^def test((?:_t[0-9]+)+)_(?!control_)", re.MULTILINE)
"""A control shows that another test can fail; it stands for no number."""


def test_every_attack_has_a_test_that_bears_its_number() -> None:
    names = (name for path in TESTS.rglob("test_*.py") for name in NAMED.findall(path.read_text(encoding="utf-8")))
    borne = {int(number) for name in names for number in re.findall("[0-9]+", name)}
    assert sorted(NUMBERS - borne) == []
