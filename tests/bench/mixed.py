"""What the soak asks: short, long, seen before, new, disguised and hostile texts, whole answers and streams, mixed.

The same seed gives the same requests.
"""

import base64
import itertools
import json
import random
import string
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

WORDS = """
    the report about our new office says that everybody wants to keep the old desks because they are larger and the
    light is better there while nobody likes how long it takes to get coffee on the second floor after lunch so please
    write a short and friendly answer that explains what was decided and why it cannot be changed before summer
""".split()  # noqa: SIM905 - words read better than 60 lines
SLOW, HUNG_UP, BROKEN = "slow stream", "hung up", "broken"
STREAMED = 0.3
"""How many of the others ask for a stream."""
PEOPLE = ("Anna Schmidt", "Joao Almeida", "Mary O'Connor", "Piotr Zielinski", "Fatima Benali", "Lars Nygaard")


@dataclass(frozen=True)
class Ask:
    """One request. Of one that hangs up, the caller leaves with the first bytes of the answer."""

    kind: str
    body: bytes
    hangs_up: bool = False


class Writer:
    """Makes requests up. The same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seen = [self._prose(30) for _ in range(300)]
        self._talks: list[list[dict[str, str]]] = [[] for _ in range(50)]
        self._kinds: dict[str, tuple[float, Callable[[], str | list[dict[str, str]]]]] = {
            "seen before": (60, lambda: self._random.choice(self._seen)),
            "conversation": (24, self._conversation),
            "new words": (6, lambda: self._new_words(30)),
            "sensitive": (4, self._sensitive),
            "disguised": (3, self._disguised),
            "agent": (1.7, self._agent),
            "hostile": (1, self._hostile),
            "long": (0.25, lambda: self._prose(self._random.randint(1_500, 6_000))),
            "bomb": (0.02, lambda: f"{self._random.random()}[{'[],' * 1_500_000}[]]"[18:]),
            SLOW: (1, lambda: self._prose(30)),
            HUNG_UP: (0.5, lambda: self._prose(30)),
            BROKEN: (0.3, lambda: self._prose(30)),
        }

    def asks(self) -> Iterator[Ask]:
        """Yield requests: each kind once, then by chance."""
        names = list(self._kinds)
        weights = [weight for weight, _ in self._kinds.values()]
        for kind in itertools.chain(names, iter(lambda: self._random.choices(names, weights)[0], "")):
            said = self._kinds[kind][1]()
            messages = [{"role": "user", "content": said}] if isinstance(said, str) else said
            paced = kind in {SLOW, HUNG_UP}
            asked = {"model": "gpt-4o-mini-paced" if paced else "gpt-4o-mini", "messages": messages}
            if paced or self._random.random() < STREAMED:
                asked |= {"stream": True, "max_tokens": 30}
            body = json.dumps(asked).encode()
            yield Ask(kind, body[:-1] if kind == BROKEN else body, kind == HUNG_UP)

    def _prose(self, words: int) -> str:
        return f"{' '.join(self._random.choices(WORDS, k=words)).capitalize()}."

    def _new_words(self, count: int) -> str:
        return " ".join(
            "".join(self._random.choices(string.ascii_lowercase, k=self._random.randint(3, 11))) for _ in range(count)
        )

    def _conversation(self) -> list[dict[str, str]]:
        at = self._random.randrange(len(self._talks))
        if len(self._talks[at]) >= 40:
            self._talks[at] = []
        answered = [{"role": "assistant", "content": self._prose(40)}] if self._talks[at] else []
        self._talks[at] += [*answered, {"role": "user", "content": self._prose(20)}]
        return self._talks[at]

    def _sensitive(self) -> str:
        digits = [4, *(self._random.randrange(10) for _ in range(14))]
        doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[::2]]
        card = "".join(map(str, [*digits, -sum(doubled + digits[1::2]) % 10]))
        person = self._random.choice(PEOPLE)
        mail = f"{person.split()[0].lower()}{self._random.randrange(10**6)}@post.example.org"
        return f"{self._prose(8)} {person} pays with {card}, write to {mail}. {self._prose(8)}"

    def _disguised(self) -> str:
        text = self._sensitive()
        return self._random.choice(
            [
                lambda: base64.b64encode(text.encode()).decode(),
                lambda: base64.b64encode(base64.b64encode(text.encode())).decode(),
                lambda: urllib.parse.quote(text, safe=""),
                lambda: "\u200b".join(text),
                lambda: text.encode().hex(),
                lambda: text.translate({ord("a"): "\u0430", ord("e"): "\u0435", ord("o"): "\u043e"}),
                lambda: "".join(f"&#{ord(char)};" for char in text),
                lambda: json.dumps(json.dumps({"note": text})),
            ]
        )()

    def _agent(self) -> list[dict[str, str]]:
        rows = [{"id": self._random.randrange(10**6), "open": True, "note": self._prose(6)} for _ in range(15)]
        return [
            {"role": "system", "content": self._seen[0]},
            {"role": "user", "content": self._prose(20)},
            {"role": "tool", "tool_call_id": "call_1", "content": json.dumps(rows)},
        ]

    def _hostile(self) -> str:
        number = self._random.randrange(10**9)
        return self._random.choice(
            [
                lambda: f"{number} " * 300,
                lambda: f"{number}{'(' * 2000}",
                lambda: f"{number}{'a' * 3000}@",
                lambda: f"{number}{'[{' * 300}",
                lambda: f"{number} x{chr(0x301) * 3000}",
                lambda: f"{number} {chr(0xFDFA) * 500}",
                lambda: base64.b64encode(self._random.randbytes(2000)).decode(),
                lambda: f"{number} " + "%25" * 700,
                lambda: f"{number} " + "+44 20 " * 300,
                lambda: f"{number} \ud800",
            ]
        )()
