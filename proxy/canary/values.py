"""Fresh invented personal data and secrets of every class, for the canary to plant.

Every value is made anew, from the operating system's random source, right by the checks of its kind, and none of those
that documentation prints: no detector knows it as somebody's example. Nobody is meant by any; that a number or a name
is somebody's by chance is why they are only ever sent to the canary's own sink. No token stands in this file: their
prefixes are put together when they are made.

Kinds are *hard* where a shape or a check digit tells them, so that every one has to be found, or *soft* where only
language does, as for names: of those some are missed, and how many is measured.
"""

import base64
import hashlib
import hmac
import json
import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from proxy.canary import phrases

RANDOM = secrets.SystemRandom()
LETTERS, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
ALNUM = LETTERS + LETTERS.lower() + DIGITS
ISSUERS = (("4539", 16), ("4716", 16), ("4929", 16), ("5182", 16), ("5391", 16), ("5467", 16), ("3728", 15))
"""Beginnings of cards of three networks, and how long they are."""
RARELY = 0.003
"""At most, where none of 1,000 was missed (95 % confidence, the rule of three)."""
AREAS = ("212", "312", "415", "503", "617", "713", "808", "916")
"""Of North American telephone numbers."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What one request says, and the values in it that must not get out."""

    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data: the type that detectors call it, with others that the same text carries, and how it is made."""

    name: str
    types: tuple[str, ...]
    make: Callable[[], tuple[str, ...]]
    frames: tuple[str, ...]
    missed: float = 0.0
    """The share that the shipped detectors were measured to miss; 0 for a hard kind, of which none may be."""
    times: int = 1
    """How many times as many values as of other kinds: where some are missed, few say little."""

    @property
    def type(self) -> str:
        """The type that has to be found."""
        return self.types[0]

    def plant(self) -> Planted:
        """Make fresh values and say them in a sentence."""
        values = self.make()
        return Planted(RANDOM.choice(self.frames).format(*values), values)


def digits(count: int) -> str:
    """Return random digits of which the first is no zero."""
    return RANDOM.choice(DIGITS[1:]) + "".join(RANDOM.choices(DIGITS, k=count - 1))


def of(alphabet: str, count: int) -> str:
    """Return random characters."""
    return "".join(RANDOM.choices(alphabet, k=count))


def grouped(text: str, *sizes: int, by: str = " ") -> str:
    """Return text in groups of these sizes, the last size repeated to the end."""
    groups: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[min(len(groups), len(sizes) - 1)]
        groups.append(text[at : at + size])
        at += size
    return by.join(groups)


def luhn_digit(number: str) -> str:
    """Return the digit behind a number that makes it right by Luhn (ISO/IEC 7812-1, annex B)."""
    doubled = (int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(number)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)  # noqa: PLR2004 - two digits


def card() -> tuple[str, ...]:
    """Make a payment card's number."""
    prefix, length = RANDOM.choice(ISSUERS)
    body = prefix + of(DIGITS, length - len(prefix) - 1)
    number = body + luhn_digit(body)
    layouts = {15: (grouped(number, 4, 6, 5),), 16: (grouped(number, 4), grouped(number, 4, by="-"))}
    return (RANDOM.choice(layouts[length]),)


def iban() -> tuple[str, ...]:
    """Make an account's number, right modulo 97 (ISO 13616), of one of four countries."""
    country, account = RANDOM.choice(
        (
            ("DE", digits(18)),
            ("NL", of(LETTERS, 4) + of(DIGITS, 10)),
            ("GB", of(LETTERS, 4) + of(DIGITS, 14)),
            ("AT", digits(16)),
        )
    )
    check = 98 - int("".join(str(int(char, 36)) for char in f"{account}{country}00")) % 97
    return (grouped(f"{country}{check:02}{account}", 4),)


def ssn() -> tuple[str, ...]:
    """Make a United States' social security number, of an area that was allotted."""
    area = RANDOM.choice([number for number in range(100, 666) if number not in {219, 457}])
    return (f"{area:03}-{RANDOM.randrange(10, 99):02}-{RANDOM.randrange(1000, 9999):04}",)


def nhs() -> tuple[str, ...]:
    """Make a number of the United Kingdom's health service, right modulo 11."""
    while True:
        body = RANDOM.choice("4679") + of(DIGITS, 8)
        check = -sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
        if check < 10:  # noqa: PLR2004 - no digit
            return (grouped(f"{body}{check}", 3, 3, 4),)


def nino() -> tuple[str, ...]:
    """Make a United Kingdom's national insurance number, with a prefix that is allotted."""
    prefix = RANDOM.choice("ABCEGHJKLMPRSTWXYZ") + RANDOM.choice("ABCEGHJKLMPRSTWXYZ")
    if prefix in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"} or prefix == "AB":
        return nino()
    return (f"{prefix} {grouped(digits(6), 2)} {RANDOM.choice('ABCD')}",)


def national_id() -> tuple[str, ...]:
    """Make a Spanish DNI, a Polish PESEL or a Dutch citizen service number, each with its check."""
    return (RANDOM.choice((_dni, _pesel, _bsn))(),)


def _dni() -> str:
    number = digits(8)
    return f"DNI {number}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(number) % 23]}"


def _pesel() -> str:
    born = f"{RANDOM.randrange(50, 99):02}{RANDOM.randrange(1, 13):02}{RANDOM.randrange(1, 29):02}"
    body = born + of(DIGITS, 4)
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
    return f"PESEL {body}{-sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 10}"


def _bsn() -> str:
    while True:
        body = digits(8)
        check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10:  # noqa: PLR2004 - no digit
            return f"BSN {body}{check}"


def passport() -> tuple[str, ...]:
    """Make a passport's number as the United States and the United Kingdom write them."""
    return (RANDOM.choice((digits(9), RANDOM.choice("ABCDEFGHY") + digits(8))),)


def phone() -> tuple[str, ...]:
    """Make a telephone number that a country's plan allots, and no regulator keeps for films."""
    american = f"+1 ({RANDOM.choice(AREAS)}) {RANDOM.randrange(620, 680)}-{RANDOM.randrange(2000, 9899)}"
    british = f"+44 79{RANDOM.randrange(10, 69)} {RANDOM.randrange(200000, 899999)}"
    german = f"+49 151 {RANDOM.randrange(12000000, 69999999)}"
    return (RANDOM.choice((american, british, german)),)


def email() -> tuple[str, ...]:
    """Make a person's address at a company that nobody runs, as far as anybody knows."""
    given, family = (part.lower() for part in (RANDOM.choice(phrases.GIVEN), phrases.surname(RANDOM)))
    host = f"{phrases.surname(RANDOM).lower()}-{RANDOM.choice(phrases.TRADES)}.{RANDOM.choice(('com', 'eu', 'net'))}"
    return (f"{given}.{family}{RANDOM.randrange(2, 99)}@{host}",)


def person() -> tuple[str, ...]:
    """Make somebody's name."""
    return (f"{RANDOM.choice(phrases.GIVEN)} {phrases.surname(RANDOM)}",)


def stranger() -> tuple[str, ...]:
    """Make a name that no list has: where it is not found, the model that reads names does not work."""
    return (f"{RANDOM.choice(phrases.UNLISTED)} {phrases.surname(RANDOM)}",)


def patient() -> tuple[str, ...]:
    """Make somebody's name, and choose what is the matter."""
    return (*person(), RANDOM.choice(phrases.CONDITIONS))


def record_number() -> tuple[str, ...]:
    """Make the number of a patient's record."""
    return (digits(8),)


def api_key() -> tuple[str, ...]:
    """Make a key of one of several vendors' shapes, with a checksum where they have one."""
    body = of(ALNUM, 30)
    github = "gh" + "p_" + body + _base62(zlib.crc32(body.encode()), 6)
    slack = "-".join(("xo" + "xb", digits(12), digits(13), of(ALNUM, 24)))
    payments = "sk" + "_live_" + of(ALNUM, 32)
    models = "-".join(("sk", "proj", of(ALNUM, 48)))
    return (RANDOM.choice((github, slack, payments, models)),)


def cloud_credential() -> tuple[str, ...]:
    """Make the two parts of an access key of a cloud's."""
    return "AK" + "IA" + of(LETTERS + "234567", 16), of(ALNUM + "+/", 40)


def private_key() -> tuple[str, ...]:
    """Make a private key, which is a real one of nobody's."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem.strip(), pem.splitlines()[1]


def jwt() -> tuple[str, ...]:
    """Make a signed token (RFC 7519)."""
    claims = {"sub": digits(9), "iat": 1_700_000_000 + RANDOM.randrange(10**7), "jti": secrets.token_hex(8)}
    signed = f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(claims)}"
    return (f"{signed}.{_url(hmac.new(secrets.token_bytes(32), signed.encode(), hashlib.sha256).digest())}",)


def password() -> tuple[str, ...]:
    """Make a password that no word is in."""
    return (of(ALNUM, 6) + RANDOM.choice("!#%*+=?") + of(ALNUM, 8) + digits(2),)


def connection() -> tuple[str, ...]:
    """Make the address of a database with its password, and the password alone."""
    secret = of(ALNUM, 18) + digits(2)
    host = f"db{RANDOM.randrange(2, 9)}.{phrases.surname(RANDOM).lower()}-{RANDOM.choice(phrases.TRADES)}.net"
    return f"postgresql://ledger:{secret}@{host}:5432/ledger", secret


def _segment(value: Mapping[str, object]) -> str:
    return _url(json.dumps(value, separators=(",", ":")).encode())


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _base62(number: int, length: int) -> str:
    """Write a number as GitHub does the checksum of its tokens."""
    alphabet, text = DIGITS + LETTERS + LETTERS.lower(), ""
    while number:
        number, digit = divmod(number, 62)
        text = alphabet[digit] + text
    return text.rjust(length, "0")


KINDS = (
    Kind("card", ("CREDIT_CARD",), card, phrases.CARD),
    Kind("iban", ("IBAN_CODE",), iban, phrases.IBAN),
    Kind("us-ssn", ("US_SSN",), ssn, phrases.SSN),
    Kind("uk-nhs", ("UK_NHS",), nhs, phrases.NHS),
    Kind("uk-nino", ("UK_NINO",), nino, phrases.NINO),
    Kind("national-id", ("NATIONAL_ID",), national_id, phrases.NATIONAL),
    Kind("passport", ("PASSPORT",), passport, phrases.PASSPORT),
    Kind("email", ("EMAIL_ADDRESS",), email, phrases.EMAIL),
    Kind("phone", ("PHONE_NUMBER",), phone, phrases.PHONE),
    Kind("medical-record", ("MEDICAL_RECORD_NUMBER",), record_number, phrases.RECORD),
    Kind("person", ("PERSON",), person, phrases.PERSON, missed=RARELY),
    Kind("unlisted-name", ("PERSON",), stranger, phrases.STRANGER, missed=0.075, times=3),
    Kind("patient", ("MEDICAL_CONDITION", "PERSON"), patient, phrases.PATIENT, missed=RARELY),
    Kind("api-key", ("API_KEY",), api_key, phrases.API_KEY),
    Kind("cloud-credential", ("CLOUD_CREDENTIAL",), cloud_credential, phrases.CLOUD),
    Kind("private-key", ("PRIVATE_KEY",), private_key, phrases.PRIVATE_KEY),
    Kind("jwt", ("JWT",), jwt, phrases.JWT),
    Kind("password", ("PASSWORD",), password, phrases.PASSWORD),
    Kind("connection-string", ("CONNECTION_STRING",), connection, phrases.CONNECTION),
)
"""Every kind that is planted."""
TYPES = frozenset(kind.type for kind in KINDS)
