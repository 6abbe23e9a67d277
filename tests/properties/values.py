"""Values of deterministic types, each with a correct check digit, made anew from Hypothesis' choices. Nobody's.

Their digits and letters come from a random source that Hypothesis seeds: values that it shrank itself, such as
340000000000009, look like samples, and samples are no findings.
"""

import base64
import json
import random
import string
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import assume
from hypothesis import strategies as st
from stdnum import ean

DIGITS = string.digits
ALNUM = string.ascii_letters + string.digits
SOURCES = st.integers(0, 2**63 - 1).map(random.Random)


def text(source: random.Random, alphabet: str, size: int) -> str:
    return "".join(source.choices(alphabet, k=size))


@dataclass(frozen=True)
class Value:
    """Something that no vendor may get. `number` if it can also stand in JSON as a number."""

    kind: str
    text: str
    number: int | None = None
    key: str = "note"
    """The key of an object that such a value would stand under."""
    label: str = ""
    """Words that `text` begins with, which the key says as well."""

    @property
    def bare(self) -> str:
        return self.text.removeprefix(self.label)


def luhn_digit(body: str) -> str:
    total = sum(
        sum(divmod(2 * int(char), 10)) if place % 2 == 0 else int(char) for place, char in enumerate(reversed(body))
    )
    return str(-total % 10)


BRANDS = (
    ("4", 13), ("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15),
    ("36", 14), ("305", 14), ("6011", 16), ("65", 16), ("3530", 16), ("62", 16), ("62", 19), ("6759", 16), ("5018", 16),
    ("6304", 18), ("6763", 19), ("2200", 16),
)  # fmt: skip
GROUPS = {13: (4, 4, 5), 14: (4, 6, 4), 15: (4, 6, 5), 16: (4, 4, 4, 4), 18: (4, 4, 4, 4, 2), 19: (4, 4, 4, 4, 3)}


@st.composite
def cards(draw: st.DrawFn) -> Value:
    prefix, length = draw(st.sampled_from(BRANDS))
    body = prefix + text(draw(SOURCES), DIGITS, length - len(prefix) - 1)
    number = body + luhn_digit(body)
    assume(not ean.is_valid(number))
    joint = draw(st.sampled_from(["", "", " ", "-"]))
    return Value("card", grouped(number, GROUPS[length], joint), int(number), "card")


def grouped(number: str, sizes: tuple[int, ...], joint: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return joint.join(parts)


@st.composite
def us_ssn(draw: st.DrawFn) -> Value:
    source = draw(SOURCES)
    area = source.choice([area for area in range(1, 900) if area != 666])
    group, serial = source.randint(1, 99), source.randint(1, 9999)
    number = int(f"{area:03}{group:02}{serial:04}")
    return Value("us_ssn", f"{area:03}-{group:02}-{serial:04}", number if area >= 100 else None, "ssn")


@st.composite
def uk_nhs(draw: st.DrawFn) -> Value:
    bodies = SOURCES.map(lambda source: text(source, DIGITS, 9))
    body = draw(bodies.filter(lambda body: nhs_check(body) < 10 and body[0] != "0"))
    number = f"{body}{nhs_check(body)}"
    return Value("uk_nhs", f"NHS number {grouped(number, (3, 3, 4), ' ')}", int(number), "nhs_number", "NHS number ")


def nhs_check(body: str) -> int:
    return -sum(int(char) * weight for char, weight in zip(body, range(10, 1, -1), strict=True)) % 11


@st.composite
def uk_nino(draw: st.DrawFn) -> Value:
    prefix = draw(st.sampled_from(["AB", "CE", "JG", "PX", "SR", "WM", "YZ"]))
    number = text(draw(SOURCES), DIGITS, 6)
    written = f"{prefix} {number[:2]} {number[2:4]} {number[4:]} " if draw(st.booleans()) else prefix + number
    return Value("uk_nino", written + draw(st.sampled_from("ABCD")), key="nino")


@st.composite
def iban(draw: st.DrawFn) -> Value:
    country, form = draw(st.sampled_from([("GB", "LLLLDDDDDDDDDDDDDD"), ("DE", "D" * 18), ("NL", "LLLLDDDDDDDDDD")]))
    source = draw(SOURCES)
    body = "".join(source.choice(string.ascii_uppercase if char == "L" else DIGITS) for char in form)
    value = int("".join(str(int(char, 36)) for char in f"{body}{country}00"))
    plain = f"{country}{98 - value % 97:02}{body}"
    spaced = " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
    return Value("iban", spaced if draw(st.booleans()) else plain)


WORDS = st.text(string.ascii_lowercase, min_size=3, max_size=9)


@st.composite
def email(draw: st.DrawFn) -> Value:
    host = draw(st.sampled_from(["mail.net", "posteo.de", "mail.co.uk", "northwind-labs.com"]))
    return Value("email", f"{draw(WORDS)}{draw(st.sampled_from(['.', '_', '+', '']))}{draw(WORDS)}@{host}", key="to")


@st.composite
def phone(draw: st.DrawFn) -> Value:
    """Ranges beside those that Ofcom keeps for drama, and US numbers outside the fictitious range."""
    rest = draw(SOURCES).randint(0, 999)
    written = draw(
        st.sampled_from(
            [f"+44 20 7946 1{rest:03}", f"+44161497{rest % 1000:04}", f"(415) 867-5{rest:03}", f"+1415867{rest + 2000}"]
        )
    )
    return Value("phone", written, key="phone")


def _mixed(made: str, alphabet: str) -> bool:
    """Whether a value has each kind of character that its alphabet has, as random ones of this length do."""
    return all(any(map(kind, made)) for kind in (str.isdigit, str.islower, str.isupper) if any(map(kind, alphabet)))


def secret(
    kind: str, form: Callable[[str], str], alphabet: str, size: int, *, key: str = "token", label: str = ""
) -> st.SearchStrategy[Value]:
    """Token-shaped values: the vendor's prefix and random characters with the entropy of a real one."""
    drawn = SOURCES.map(lambda source: text(source, alphabet, size))
    return drawn.filter(lambda made: len(set(made)) > min(14, size // 2) and _mixed(made, alphabet)).map(
        lambda made: Value(kind, form(made), key=key, label=label)
    )


def jwt(made: str) -> str:
    claims = json.dumps({"sub": made[:12], "iat": 1760000000, "iss": "https://id.acme.net"})
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), claims]
    return ".".join([*(b64url(part.encode()) for part in parts), made])


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def private_key(made: str) -> str:
    lines = [made[at : at + 64] for at in range(0, len(made), 64)]
    return "\n".join(["-----BEGIN " + "RSA PRIVATE KEY-----", *lines, "-----END RSA " + "PRIVATE KEY-----"])


UPPER32 = string.ascii_uppercase + "234567"


def aws(made: str) -> str:
    return f"AKI{'A'}{made[:16]} aws_secret_access_key={made[16:]}"


def slack(made: str) -> str:
    first, second = (f"{int.from_bytes(part.encode()) % 10**12:012}" for part in (made[:5], made[5:10]))
    return f"xox{'b'}-{first}-{second}-{made[10:]}"


LABEL = "password = "
SECRETS = (
    secret("aws_key", aws, UPPER32 + "0189", 56),
    secret("slack", slack, ALNUM, 34),
    secret("stripe", lambda text: f"sk_{'live'}_{text}", ALNUM, 24),
    secret("gitlab", lambda text: f"glp{'at'}-{text}", ALNUM, 20),
    secret(
        "password", lambda text: f"password = {text[:6]}!{text[6:]}9", ALNUM, 14, key="password", label="password = "
    ),
    secret("connection", lambda text: f"postgres://billing:{text}@db.internal:5432/ledger", ALNUM, 16, key="dsn"),
    secret("jwt", jwt, ALNUM, 43),
    secret("private_key", private_key, ALNUM, 384),
)
NUMBERS = (cards(), cards(), us_ssn(), uk_nhs(), uk_nino(), iban(), email(), phone())
VALUES = st.one_of(*NUMBERS, *SECRETS)
