"""What the verifier in the page is made of agrees with published vectors, and with other implementations."""

import base64
import hashlib
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from chromium import Chromium, Page, Refused
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from evidenced import drawn
from verified import BYTES, opened

from audit.proofs.merkle import consistency, inclusion, is_consistent, is_included, node, root_of
from audit.records.canonical import encode
from audit.records.record import REGISTRY, registry_sha256

LEAVES = [hashlib.sha256(bytes([0, number])).digest() for number in range(40)]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
REGISTRY_OF_PAGE = "new Ringfence.schema.Registry(JSON.parse(document.getElementById('data').textContent).schemas)"
RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)
"""Section 7.1, tests 1 to 3: key, message, signature."""


@pytest.fixture(scope="module")
def page(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with opened(browser, tmp_path_factory.mktemp("page")) as shown:
        shown.evaluate(f"void (globalThis.bytes = (() => {{ {BYTES} return bytes; }})())")
        yield shown


def sent(data: bytes) -> str:
    return base64.b64encode(data).decode()


def subtree(level: int, index: int) -> bytes:
    return root_of(LEAVES[index << level : (index + 1) << level])


def test_digests_are_those_of_the_standard_for_every_length_around_a_block(page: Page) -> None:
    luck = random.Random(1)
    texts = [luck.randbytes(size) for size in (*range(150), 1000, 5000)]
    made = page.call(
        "(texts) => texts.map(bytes).map((text) => [Ringfence.bytes.hex(Ringfence.sha256(text)),"
        " Ringfence.bytes.hex(Ringfence.sha512(text))])",
        list(map(sent, texts)),
    )
    assert made == [[hashlib.sha256(text).hexdigest(), hashlib.sha512(text).hexdigest()] for text in texts]


def test_a_digest_taken_in_pieces_is_that_of_the_whole(page: Page) -> None:
    luck = random.Random(2)
    for _ in range(20):
        pieces = [luck.randbytes(luck.choice((0, 1, 55, 63, 64, 65, 130))) for _ in range(luck.randrange(6))]
        made = page.call(
            "(parts) => Ringfence.bytes.hex(Ringfence.sha256(...parts.map(bytes)))", list(map(sent, pieces))
        )
        assert made == hashlib.sha256(b"".join(pieces)).hexdigest()


def edges() -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield keys, messages and signatures on which implementations are known to differ (C. Chalkias et al., 2020)."""
    yield from ((bytes.fromhex(key), bytes.fromhex(text), bytes.fromhex(signed)) for key, text, signed in RFC_8032)
    key, text, good = (bytes.fromhex(part) for part in RFC_8032[2])
    s = int.from_bytes(good[32:], "little")
    yield key, text, good[:32] + (s + L).to_bytes(32, "little")
    yield key, text, good[:32] + b"\xff" * 32
    yield key, text + b"x", good
    yield key, text, good[:-1]
    yield key[:-1], text, good
    flipped = bytes([good[0] ^ 1]) + good[1:]
    yield key, text, flipped
    small = [0, 1, P - 1, 2707385501144840649318225287225658788936804267575313519463743609750303021463 % P]
    small += [P, P + 1, 2**255 - 1, 2]
    points = [y.to_bytes(32, "little") for y in small]
    points += [point[:-1] + bytes([point[-1] | 0x80]) for point in points]
    zero = bytes(32)
    for point in points:
        for nonce in (point, points[1], points[0]):
            yield point, b"message", nonce + zero
        yield point, b"message", good
        yield key, text, point + good[32:]
    private = Ed25519PrivateKey.from_private_bytes(b"\x09" * 32)
    yield private.public_key().public_bytes_raw(), b"m", private.sign(b"m")


def test_signatures_are_judged_as_by_openssl_in_every_edge_case_with_webcrypto_and_without(page: Page) -> None:
    tried = list(edges())
    expected = []
    for key, text, signed in tried:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signed, text)
            expected.append(True)
        except (InvalidSignature, ValueError):
            expected.append(False)
    given = [[sent(part) for part in one] for one in tried]
    native = page.call("(all) => Promise.all(all.map((one) => Ringfence.ed25519.verify(...one.map(bytes))))", given)
    slow = page.call(
        "(all) => all.map((one) => one.map(bytes)).map(([key, text, signed]) =>"
        " key.length === 32 && signed.length === 64 && Ringfence.ed25519.verifySlowly(key, text, signed))",
        given,
    )
    assert native == slow == expected
    assert {True, False} <= set(expected)


def test_webcrypto_is_there_so_that_it_was_asked(page: Page) -> None:
    assert page.evaluate("crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']).then(() => true)")


def test_roots_and_proofs_of_inclusion_are_those_of_rfc_6962_for_all_small_trees(page: Page) -> None:
    made = page.call(
        """async (leaves) => {
          const all = leaves.map(bytes), tree = new Ringfence.merkle.Tree(), found = [];
          const root = (part) => {
            const one = new Ringfence.merkle.Tree();
            part.forEach((leaf) => one.append(leaf));
            return one.root();
          };
          const subtree = (level, index) => root(all.slice(index * 2 ** level, (index + 1) * 2 ** level));
          for (let size = 1; size <= all.length; size++) {
            tree.append(all[size - 1]);
            const index = (size * 7) % size, paths = [];
            for (const at of new Set([0, Math.floor(size / 2), size - 1])) {
              paths.push([at, (await Ringfence.merkle.inclusion(at, size, subtree)).map(Ringfence.bytes.hex)]);
            }
            found.push([Ringfence.bytes.hex(tree.root()), paths]);
          }
          return found;
        }""",
        list(map(sent, LEAVES)),
    )
    for size, (root, paths) in enumerate(made, start=1):
        assert root == root_of(LEAVES[:size]).hex()
        for at, path in paths:
            assert path == [one.hex() for one in inclusion(at, size, subtree)]
            assert is_included(LEAVES[at], at, size, [bytes.fromhex(one) for one in path], bytes.fromhex(root))


def test_proofs_are_believed_and_refused_as_by_the_python_verifier(page: Page) -> None:
    luck = random.Random(3)
    asked, expected = [], []
    for _ in range(400):
        size = luck.randint(1, 40)
        old = luck.randint(0, size)
        path = consistency(old, size, subtree)
        change = luck.choice(("", "", "more", "less", "other", "size"))
        if change == "more":
            path = [*path, LEAVES[0]]
        elif change == "less":
            path = path[:-1]
        elif change == "other" and path:
            path[luck.randrange(len(path))] = LEAVES[1]
        new = size + (change == "size")
        roots = root_of(LEAVES[:old]), root_of(LEAVES[:size])
        asked.append([old, new, [sent(one) for one in path], *map(sent, roots)])
        expected.append(is_consistent(old, new, path, *roots))
    judge = (
        "(all) => all.map(([old, size, path, one, other]) =>"
        " Ringfence.merkle.isConsistent(old, size, path.map(bytes), bytes(one), bytes(other)))"
    )
    assert page.call(judge, asked) == expected
    assert {True, False} == set(expected)


def test_a_node_is_no_leaf(page: Page) -> None:
    inner, root = node(LEAVES[0], LEAVES[1]), root_of(LEAVES[:4])
    path = [node(LEAVES[2], LEAVES[3])]
    judge = "(leaf, path, root) => Ringfence.merkle.isIncluded(bytes(leaf), 0, 4, path.map(bytes), bytes(root))"
    assert page.call(judge, sent(inner), list(map(sent, path)), sent(root)) is False


def test_the_digest_of_every_schema_and_of_all_is_that_of_the_log(page: Page) -> None:
    made = page.call(
        f"(born) => {{ const it = {REGISTRY_OF_PAGE}; return [it.schemas.map((one) => [one.kind, one.v, one.sha256]),"
        " it.bornWith(born).size]; }",
        registry_sha256(),
    )
    assert made == [[[one.kind, one.v, one.sha256] for one in REGISTRY.values()], len(REGISTRY)]


def test_what_a_schema_admits_is_what_the_other_verifier_admits_byte_for_byte(page: Page) -> None:
    luck = random.Random(4)
    texts, expected = [], []
    for _ in range(1500):
        body: dict[str, Any] = drawn(luck)
        text = bytearray(encode(body))
        if luck.random() < 0.6:
            at = luck.randrange(len(text))
            text[at : at + luck.choice((0, 1, 1, 2))] = luck.choice(
                (b"", b"0", b"a", b"-", b'"', b",", b"\\", b" ", b"{", b"\x80")
            )
        texts.append([body["kind"], body["v"], sent(bytes(text))])
        expected.append(REGISTRY[body["kind"], body["v"]].form.match(bytes(text)) is not None)
    page.evaluate(f"void (globalThis.registry = {REGISTRY_OF_PAGE})")
    judge = (
        "(all) => all.map(([kind, v, text]) => [registry.get(kind, v), bytes(text)])"
        ".map(([schema, text]) => schema.matches(text, 0, text.length))"
    )
    assert page.call(judge, texts) == expected
    assert {True, False} == set(expected)


@pytest.mark.parametrize(
    "pattern", ["a*", "(a|b)", "a.", "[^a]", "a{1,2}a", "(a?)", "a?b?a", "(ab){2}", "(a", "[a", "^a"]
)
def test_a_pattern_in_which_a_byte_does_not_decide_is_refused(page: Page, pattern: str) -> None:
    with pytest.raises(Refused, match="pattern"):
        page.call("(text) => void Ringfence.pattern(text)", pattern)


def test_canonical_texts_are_those_of_the_log(page: Page) -> None:
    value = {"b": [1, True, {"z": '\u2028\u00e9\n"\\\x7f', "10": 0, "9": -5}], "a": 2**53 - 1, "B": []}
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert page.call("(value) => Ringfence.json.canonical(value)", value) == text
    for bad in ("1.5", "null", "[null]", "9007199254740992", "1e400", '{"\u00e9":1}', '"\\ud800"', '{"a":1,"a":1}'):
        with pytest.raises(Refused):
            page.call("(text) => void Ringfence.json.parse(Ringfence.bytes.utf8(text))", bad)
