"""Invented secrets in the forms that vendors document, put together here so that no file holds one.

Nothing here opens anything: every character behind a prefix comes from a seeded generator. Checksums are right where a
vendor documents one, because scanners check them.
"""

import base64
import hashlib
import hmac
import json
import random
import string
import struct
import zlib
from collections.abc import Callable

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Make = Callable[[random.Random], str]
HEX = "0123456789abcdef"
ALNUM = string.ascii_letters + string.digits
UPPER32 = string.ascii_uppercase + "234567"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
URLSAFE = ALNUM + "-_"
STANDARD = ALNUM + "+/"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def pick(source: random.Random, alphabet: str, size: int) -> str:
    """Draw so many characters."""
    return "".join(source.choices(alphabet, k=size))


def prefixed(prefix: str, alphabet: str, size: int) -> Make:
    """Make tokens of a constant and random characters."""
    return lambda source: prefix + pick(source, alphabet, size)


def checked(prefix: str) -> Make:
    """Make tokens with 30 characters and their CRC-32 in base 62 (GitHub, "Behind GitHub's new token formats")."""

    def make(source: random.Random) -> str:
        body = pick(source, ALNUM, 30)
        number, check = zlib.crc32(body.encode()), ""
        for _ in range(6):
            number, digit = divmod(number, 62)
            check = BASE62[digit] + check
        return prefix + body + check

    return make


def openai(source: random.Random) -> str:
    """Return a project key, or one of the older form; both hold the word OpenAI in base 64."""
    word = "T3Blbk" + "FJ"
    if source.random() < 0.3:
        return f"sk-{pick(source, ALNUM, 20)}{word}{pick(source, ALNUM, 20)}"
    return f"sk-proj-{pick(source, URLSAFE, 74)}{word}{pick(source, URLSAFE, 74)}"


def stripe(source: random.Random) -> str:
    """Return a secret key: 24 characters once, 99 since 2019, which begin with 51."""
    body = pick(source, ALNUM, 24) if source.random() < 0.5 else f"51{pick(source, ALNUM, 97)}"
    return f"sk_{'live'}_{body}"


def slack_bot(source: random.Random) -> str:
    """Return a bot's token: two numbers and 24 characters."""
    first, second = (str(source.randrange(10**11, 10**13)) for _ in range(2))
    return f"xox{'b'}-{first}-{second}-{pick(source, ALNUM, 24)}"


def slack_webhook(source: random.Random) -> str:
    """Return an incoming webhook's address."""
    team, hook = (pick(source, string.ascii_uppercase + string.digits, 9) for _ in range(2))
    return f"https://hooks.slack.com/services/T{team}/B{hook}/{pick(source, ALNUM, 24)}"


def azure_client_secret(source: random.Random) -> str:
    """Return an application's secret of Entra: 40 characters around a digit and Q~."""
    some = ALNUM + "_~."
    return f"{pick(source, some, 3)}{source.randrange(10)}Q~{pick(source, ALNUM + '_~.-', 33)}{pick(source, ALNUM, 1)}"


def aws_session(source: random.Random) -> str:
    """Return a session token: base 64 that begins as those of STS do."""
    return f"IQoJb3JpZ2luX2Vj{pick(source, STANDARD, 340)}=="


def discord_bot(source: random.Random) -> str:
    """Return a bot's token: its id in base 64, a time, a signature."""
    user = base64.b64encode(str(source.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    return f"{user}.{pick(source, 'G', 1)}{pick(source, URLSAFE, 5)}.{pick(source, URLSAFE, 38)}"


def grafana(source: random.Random) -> str:
    """Return a service account's token: 32 characters and their CRC-32 in hex."""
    body = f"glsa_{pick(source, ALNUM, 32)}"
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def jwt(source: random.Random) -> str:
    """Return a signed token of a service."""
    claims = {
        "sub": pick(source, string.digits, 12),
        "iss": "https://login.tidewater-logistics.com",
        "scope": source.choice(["read write", "admin", "orders:read", "openid email"]),
        "iat": (issued := source.randrange(1_690_000_000, 1_790_000_000)),
        "exp": issued + 3600,
    }
    parts = [b64url(json.dumps(part, separators=(",", ":"))) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signed = ".".join(parts)
    return f"{signed}.{b64url(hmac.digest(source.randbytes(32), signed.encode(), 'sha256'))}"


def b64url(data: str | bytes) -> str:
    """Encode without padding, as in tokens."""
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).decode().rstrip("=")


def armour(kind: str, data: bytes | str, width: int = 64) -> str:
    """Wrap binary data in lines (RFC 7468)."""
    text = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def der(tag: int, body: bytes) -> bytes:
    """Encode one value in DER."""
    size = len(body)
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(digits)]) + digits) + body


def rsa_der(source: random.Random) -> bytes:
    """Return what has the layout of a private key of 2048 bits (PKCS #1); its numbers are just numbers."""

    def integer(size: int, first: range) -> bytes:
        sign = b"\0" if first.start > 127 else b""
        return der(2, sign + bytes([source.choice(first)]) + source.randbytes(size - 1))

    top, rest = range(128, 256), range(1, 128)
    modulus, public, private = integer(256, top), der(2, (65537).to_bytes(3, "big")), integer(256, rest)
    primes, others = [integer(128, top) for _ in range(2)], [integer(128, rest) for _ in range(3)]
    return der(0x30, b"".join([der(2, b"\0"), modulus, public, private, *primes, *others]))


def private_key_rsa(source: random.Random) -> str:
    """Return the look of an RSA key."""
    return armour("RSA PRIVATE KEY", rsa_der(source))


def gcp_service_key(source: random.Random) -> str:
    """Return the look of a service account's key: RSA in PKCS #8."""
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d0101010500"))
    body = der(2, b"\0") + algorithm + der(4, rsa_der(source))
    return armour("PRIVATE KEY", der(0x30, body)) + "\n"


def private_key_ec(source: random.Random) -> str:
    """Return a key on P-256."""
    key = ec.derive_private_key(source.randrange(1, 1 << 250), ec.SECP256R1())
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode().strip()


def private_key_openssh(source: random.Random) -> str:
    """Return an Ed25519 key as ssh-keygen writes it (PROTOCOL.key of OpenSSH)."""
    seed, check = source.randbytes(32), source.randbytes(4)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    named = ssh_strings(b"ssh-ed25519", public)
    private = check * 2 + named + ssh_strings(seed + public, b"deploy")
    private += bytes(range(1, 1 + -len(private) % 8))
    blob = b"openssh-key-v1\0" + ssh_strings(b"none", b"none", b"") + struct.pack(">I", 1) + ssh_strings(named, private)
    return armour("OPENSSH PRIVATE KEY", blob, 70)


def ssh_strings(*values: bytes) -> bytes:
    """Encode values with their lengths."""
    return b"".join(struct.pack(">I", len(value)) + value for value in values)


def pgp_private(source: random.Random) -> str:
    """Return the look of an exported secret key."""
    head, tail = armour("PGP PRIVATE KEY BLOCK", f"lQVYB{pick(source, STANDARD, 635)}").split("\n", 1)
    body, end = tail.rsplit("\n", 1)
    return f"{head}\n\n{body}\n={pick(source, STANDARD, 4)}\n{end}"


def password(source: random.Random) -> str:
    """Return what a password manager makes."""
    size = source.randrange(12, 21)
    while True:
        text = pick(source, ALNUM + "!@#$%^&*-_+=?", size)
        if all(any(char in kind for char in text) for kind in (string.ascii_lowercase, string.digits, "!@#$%^&*-_+=?")):
            return text


def encoded(size: int) -> Make:
    """Make random bytes in base 64."""
    return lambda source: base64.b64encode(source.randbytes(size)).decode()


SECRETS: dict[str, Make] = {
    "aws_key_id": prefixed("AKI" + "A", UPPER32, 16),
    "aws_secret": prefixed("", STANDARD, 40),
    "aws_session": aws_session,
    "github_pat": checked("ghp" + "_"),
    "github_fine": lambda source: f"github_{'pat'}_{pick(source, ALNUM, 22)}_{pick(source, ALNUM, 59)}",
    "gitlab_pat": prefixed("glp" + "at-", URLSAFE, 20),
    "openai": openai,
    "anthropic": lambda source: f"sk-{'ant'}-api03-{pick(source, URLSAFE, 93)}AA",
    "stripe_live": stripe,
    "slack_bot": slack_bot,
    "slack_webhook": slack_webhook,
    "google_api": prefixed("AIz" + "a", URLSAFE, 35),
    "gcp_service_key": gcp_service_key,
    "sendgrid": lambda source: f"SG.{pick(source, URLSAFE, 22)}.{pick(source, URLSAFE, 43)}",
    "twilio_auth": prefixed("", HEX, 32),
    "npm": checked("npm" + "_"),
    "pypi": prefixed("pypi-" + "AgEIcHlwaS5vcmc", URLSAFE, 160),
    "huggingface": prefixed("hf" + "_", string.ascii_letters, 34),
    "jwt": jwt,
    "azure_account_key": encoded(64),
    "azure_client_secret": azure_client_secret,
    "private_key_rsa": private_key_rsa,
    "private_key_openssh": private_key_openssh,
    "private_key_ec": private_key_ec,
    "pgp_private": pgp_private,
    "hex32": prefixed("", HEX, 32),
    "hex64": prefixed("", HEX, 64),
    "base64_32": encoded(32),
    "base64_64": encoded(64),
    "random16": prefixed("", ALNUM, 16),
    "random24": prefixed("", ALNUM, 24),
    "random40": prefixed("", ALNUM, 40),
    "datadog": prefixed("", HEX, 32),
    "mailgun": prefixed("key" + "-", HEX, 32),
    "digitalocean": prefixed("dop" + "_v1_", HEX, 64),
    "discord_bot": discord_bot,
    "telegram_bot": lambda source: f"{source.randrange(10**9, 10**10)}:AA{pick(source, URLSAFE, 33)}",
    "shopify": prefixed("shp" + "at_", HEX, 32),
    "square": prefixed("EAA" + "AE", URLSAFE, 59),
    "doppler": prefixed("dp." + "pt.", ALNUM, 43),
    "vault": prefixed("hv" + "s.", URLSAFE, 95),
    "linear": prefixed("lin_" + "api_", ALNUM, 40),
    "notion": lambda source: f"ntn{'_'}{pick(source, string.digits, 11)}{pick(source, ALNUM, 35)}",
    "grafana": grafana,
    "databricks": prefixed("dap" + "i", HEX, 32),
    "okta": prefixed("00", URLSAFE, 40),
    "cloudflare": prefixed("", URLSAFE, 40),
    "password": password,
}


def _uuid(source: random.Random) -> str:
    text = f"{source.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{source.choice('89ab')}{text[17:20]}-{text[20:]}"


def _digest(name: str) -> Make:
    return lambda source: hashlib.new(name, source.randbytes(16)).hexdigest()


def _jwt_doc(_: random.Random) -> str:
    """Return the sample that jwt.io shows: HS256 under a published secret."""
    claims = '{"sub":"1234567890","name":"John Doe","iat":1516239022}'
    signed = ".".join(b64url(part) for part in ('{"alg":"HS256","typ":"JWT"}', claims))
    return f"{signed}.{b64url(hmac.digest(b'your-256-bit-secret', signed.encode(), 'sha256'))}"


TEST_CARDS = (
    "4242 4242 4242 4242",
    "4111 1111 1111 1111",
    "5555 5555 5555 4444",
    "3782 822463 10005",
    "4000 0000 0000 0002",
)
BENIGN: dict[str, Make] = {
    "uuid": _uuid,
    "sha256": _digest("sha256"),
    "sha1": _digest("sha1"),
    "md5": _digest("md5"),
    "git_sha": lambda source: pick(source, HEX, source.choice([7, 8, 40])),
    "aws_doc_key_id": lambda _: "AKIA" + "IOSFODNN7" + "EXAMPLE",
    "aws_doc_secret": lambda _: "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCY" + "EXAMPLEKEY",
    "stripe_test_doc": lambda _: f"sk_{'test'}_4eC39HqLyjWDarjtT1zdp7dc",
    "test_card": lambda source: source.choice(TEST_CARDS),
    "jwt_doc": _jwt_doc,
    "nanoid": prefixed("", URLSAFE, 21),
    "ulid": lambda source: f"01{source.choice('HJK')}{pick(source, CROCKFORD, 23)}",
    "etag": lambda source: f'"{pick(source, HEX, 32)}"',
    "trace_id": prefixed("", HEX, 32),
}
"""What looks like a secret and is none: ids, digests, and what vendors print in their documentation."""
