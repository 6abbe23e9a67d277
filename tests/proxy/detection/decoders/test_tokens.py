import base64

import pytest

from proxy.detection.decoders.budget import Budget
from proxy.detection.decoders.tokens import tokens

SENTENCE = "NHS number 805 517 3974 of Jörg"
NOISE = bytes((n * 37 + 129) % 256 | 0x80 for n in range(200))


def dump(data: bytes, *, group: int, bars: bool) -> str:
    rows = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        hexed = row.hex(" ", group)
        rows.append(f"{at:08x}  {hexed}  |{shown}|" if bars else f"{at:08x}: {hexed}  {shown}")
    return "\n".join(rows)


@pytest.mark.parametrize(
    "written",
    [
        base64.b64encode(SENTENCE.encode()).decode(),
        base64.urlsafe_b64encode(SENTENCE.encode()).decode().rstrip("="),
        base64.b32encode(SENTENCE.encode()).decode(),
        base64.a85encode(SENTENCE.encode(), adobe=True).decode(),
        SENTENCE.encode().hex(),
        f"0x{SENTENCE.encode().hex()}",
        f"E'\\x{SENTENCE.encode().hex()}'",
        f"/users/{SENTENCE.encode().hex()}/edit",
        f"/u/{base64.urlsafe_b64encode(SENTENCE.encode()).decode()}/weekly-de",
        SENTENCE.encode().hex(" "),
        SENTENCE.encode().hex(":"),
        ", ".join(f"0x{byte:02X}" for byte in SENTENCE.encode()),
        "xx" + base64.b64encode(SENTENCE.encode()).decode(),
        dump(SENTENCE.encode(), group=2, bars=False),
        dump(SENTENCE.encode(), group=1, bars=True),
        '{"dump": "' + dump(SENTENCE.encode(), group=2, bars=False),
    ],
)
def test_each_alphabet_is_read(written: str, budget: Budget) -> None:
    assert any(SENTENCE in view for view in tokens(written, budget))


@pytest.mark.parametrize("form", ["{}", "name/{}/edit", "Users/{}", "of{}"])
def test_digits_in_utf_16_are_read_though_their_base64_has_no_small_letter(form: str, budget: Budget) -> None:
    run = base64.b64encode("4938705824709961".encode("utf-16-le")).decode()
    assert run.isupper()
    assert any("4938705824709961" in view for view in tokens(form.format(run), budget))


def test_a_number_is_read_though_its_base64_happens_to_have_no_small_letter(budget: Budget) -> None:
    run = base64.b64encode(b"834-58-6641").decode()
    assert run.isupper()
    assert list(tokens(f"<td>{run}</td>", budget)) == ["<td>834-58-6641</td>"]


@pytest.mark.parametrize("code", ["AB700814A", "D\N{CYRILLIC CAPITAL LETTER IE}50446955455496655495"])
def test_letters_and_digits_are_read_though_their_base64_has_no_small_letter(code: str, budget: Budget) -> None:
    run = base64.b64encode(code.encode()).decode()
    assert run.isupper()
    assert list(tokens(f"<td>{run}</td>", budget)) == [f"<td>{code}</td>"]


def test_capitals_are_no_utf_16(budget: Budget) -> None:
    assert list(tokens("MAXIMUM_CONTENT_LENGTH AVAILABILITYZONE A1B2C3D4E5F6A7B8", budget)) == []


def test_the_digits_of_a_percent_sign_are_no_part_of_a_token(budget: Budget) -> None:
    run = base64.b64encode("4938705824709961".encode("utf-16-le")).decode()
    assert any("=4938705824709961" in view for view in tokens(f"%E2%80%AE={run}", budget))
    assert any(view.startswith("%22493870") for view in tokens(f"%22{run}%22", budget))


def test_words_beside_a_token_stay_beside_it(budget: Budget) -> None:
    assert list(tokens("ssn: MTIzNDU2Nzg5 end", budget)) == ["ssn: 123456789 end"]


@pytest.mark.parametrize("indent", ["", "    ", "> "])
def test_a_wrapped_token_is_one(indent: str, budget: Budget) -> None:
    secret = "the account of the person is " * 5
    wrapped = f"\n{indent}".join(base64.encodebytes(secret.encode()).decode().splitlines())
    assert any(secret in view for view in tokens(wrapped, budget))


@pytest.mark.parametrize("follows", ["last line", "a cat", "face"])
def test_hex_at_the_end_of_a_line_is_read_whatever_the_next_line_begins_with(follows: str, budget: Budget) -> None:
    assert any(SENTENCE in view for view in tokens(f"first line\n{SENTENCE.encode().hex()}\n{follows}", budget))


@pytest.mark.parametrize(
    "written",
    [base64.b64encode(NOISE).decode(), NOISE.hex(), NOISE.hex(" "), base64.a85encode(NOISE, adobe=True).decode()],
)
def test_bytes_that_nobody_can_read_are_named(written: str, budget: Budget) -> None:
    list(tokens(written, budget))
    assert len(budget.opaque) == 1


@pytest.mark.parametrize(
    "harmless",
    [
        "getElementsByClassName and IllegalArgumentException",
        "MAX_INFLATED_BYTES_PER_CHARACTER_AND_SECOND_OF_ALL_TEXTS_THAT_ARE_READ_IN_A_WHOLE_DAY_OF_MEASURING_IT",
        "sha512-" + base64.b64encode(NOISE[:64]).decode(),
        "sha256:" + NOISE[:32].hex(),
        "https://host/org/repo/blob/" + NOISE[:20].hex() + "/src/" + NOISE[20:40].hex() + "/main/" + NOISE[:20].hex(),
        "\n".join(f"{NOISE[n : n + 16].hex()}  file{n}.py" for n in range(0, 100, 16)),
        "fingerprint " + NOISE[:32].hex(":"),
    ],
)
def test_hashes_words_and_paths_are_nothing_hidden(harmless: str, budget: Budget) -> None:
    list(tokens(harmless, budget))
    assert budget.opaque == []


@pytest.mark.parametrize("word", ["Question", "Quantity", "Demanded", "Migrated"])
def test_a_common_word_is_itself_whatever_it_happens_to_decode_to(word: str, budget: Budget) -> None:
    assert base64.b64decode(word).decode()
    assert list(tokens(f"{word} 12: is the build slow?", budget)) == []


def test_what_only_looks_like_a_word_is_decoded(budget: Budget) -> None:
    (view,) = tokens("Zeynulla", budget)
    assert view == base64.b64decode("Zeynulla").decode()
