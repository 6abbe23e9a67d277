"""Cryptocurrency wallets: Base58Check, Bech32 (BIP 173, BIP 350) and Ethereum addresses."""

import hashlib
import re
from collections.abc import Iterator

from proxy.detection.recognizers.base import Match, Recognizer

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE58 = re.compile(r"(?<![A-Za-z0-9])[13LMDATX][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])")
BECH32 = re.compile(r"(?<![A-Za-z0-9])(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,71}(?![A-Za-z0-9])", re.IGNORECASE)
ETHEREUM = re.compile(r"(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])")
FEW = 6
"""So few different characters are a placeholder: zeros, or `dead` again and again."""
_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANTS = (1, 0x2BC830A3)


def base58check(text: str) -> bool:
    """Check the double SHA-256 at the end."""
    number = 0
    for char in text:
        number = number * 58 + ALPHABET.index(char)
    data = number.to_bytes(max(25, (number.bit_length() + 7) // 8), "big")
    return len(data) == 25 and hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]  # noqa: PLR2004


def bech32(text: str) -> bool:
    """Check the BCH code over prefix and data."""
    prefix, _, data = text.lower().rpartition("1")
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    values += [_CHARSET.index(char) for char in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check in _CONSTANTS


SAMPLES = frozenset(
    {
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    }
)
"""The first block's address, the examples of BIP 173, of the Bitcoin wiki and of EIP-55, and a well-known one."""
_ALWAYS = {BASE58: "", BECH32: "1", ETHEREUM: "0x"}
"""What stands in every address."""


def find(text: str) -> Iterator[Match]:
    """Yield addresses whose check is right; Ethereum's by form."""
    for pattern, check, score in ((BASE58, base58check, 0.95), (BECH32, bech32, 0.95), (ETHEREUM, bool, 0.8)):
        for found in pattern.finditer(text) if _ALWAYS[pattern] in text else ():
            if found[0] not in SAMPLES and len(set(found[0])) > FEW and check(found[0]):
                yield Match("CRYPTO_WALLET", found.start(), found.end(), score, found[0])


RECOGNIZER = Recognizer("wallets", {"CRYPTO_WALLET": 0.8}, find)
