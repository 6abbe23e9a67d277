import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.content.attached import ENDS, MEDIA, decoded, opened
from proxy.content.walk import Content
from proxy.endpoints.chat import read
from proxy.endpoints.responses import read as read_response

TEXT = "name;phone\nAda;+44 20 7946 0958, büro"
plain_texts = st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\t\n\r\f"), max_size=200)


def uri(text: str | bytes, media: str = "text/plain", charset: str = "") -> str:
    data = text.encode() if isinstance(text, str) else text
    return f"data:{media}{charset and f';charset={charset}'};base64,{base64.b64encode(data).decode()}"


def chat_file(data: object, name: object = "a.txt", **more: object) -> dict[str, Any]:
    return {"type": "file", "file": {"filename": name, "file_data": data, **more}}


def response_file(data: object, name: object = "a.txt", **more: object) -> dict[str, Any]:
    return {"type": "input_file", "filename": name, "file_data": data, **more}


def of_chat(*parts: object) -> Content:
    return read({"model": "m", "messages": [{"role": "user", "content": list(parts)}]}, 64)


def of_responses(*parts: object) -> Content:
    return read_response({"model": "m", "input": [{"role": "user", "content": list(parts)}]}, 64)


def segments(content: Content) -> set[tuple[str, str, str]]:
    return {(unit.role, segment.path, segment.text) for unit in content.units for segment in unit.segments}


@pytest.mark.parametrize("data", [uri(TEXT), f"data:text/csv,{quote(TEXT)}"], ids=["base64", "percent signs"])
def test_an_attached_text_is_read_where_it_stands_and_is_one_persons_words(data: str) -> None:
    chat, response = of_chat(chat_file(data, "a.csv")), of_responses(response_file(data, "a.csv", detail="low"))
    assert chat.opaque == response.opaque == ()
    assert ("user", "messages[0].content[0].file.file_data", TEXT) in segments(chat)
    assert ("user", "messages[0].content[0].file.filename", "a.csv") in segments(chat)
    assert ("user", "input[0].content[0].file_data", TEXT) in segments(response)


def test_a_files_text_is_read_in_what_a_tool_gave_back_too() -> None:
    item = {"type": "function_call_output", "call_id": "c", "output": [response_file(uri(TEXT))]}
    content = read_response({"model": "m", "input": [item]}, 64)
    assert content.opaque == ()
    assert TEXT in {text for _, _, text in segments(content)}


@given(plain_texts)
def test_what_is_encoded_in_either_way_is_decoded_again(text: str) -> None:
    assert decoded(uri(text)) == decoded(f"data:text/plain,{quote(text, safe='')}") == text


@given(plain_texts, st.sampled_from(sorted(MEDIA)), st.sampled_from(["", "utf-8", "UTF-8", "us-ascii", "latin-1"]))
def test_only_utf_8_is_read(text: str, media: str, charset: str) -> None:
    readable = charset != "latin-1" and (text.isascii() or charset != "us-ascii")
    assert decoded(uri(text, media, charset)) == (text if readable else None)


@given(st.binary(max_size=60))
def test_bytes_are_read_only_as_the_text_that_encodes_to_them(data: bytes) -> None:
    text = decoded(uri(data))
    assert text is None or text.encode() == data


@given(st.text(max_size=40), st.sampled_from(["data:text/plain;base64,", "data:text/plain,", "data:", ""]))
def test_nothing_that_is_said_in_place_of_a_file_breaks_the_reading(rest: str, head: str) -> None:
    text = decoded(head + rest)
    if head == "data:text/plain;base64," and text is not None:
        assert uri(text) == head + rest, "what is read is written in one way only"


SHUT = {
    "a type that is no text": uri(TEXT, "application/pdf"),
    "a type of markup": uri(TEXT, "text/html"),
    "xml": uri("<a>1</a>", "application/xml"),
    "no type": uri(TEXT, ""),
    "two character sets": uri(TEXT, charset="utf-8;charset=utf-16"),
    "utf-16": uri(TEXT.encode("utf-16"), charset="utf-16"),
    "utf-16 that is not said": uri(TEXT.encode("utf-16")),
    "latin-1": uri(TEXT.encode("latin-1", "replace")),
    "ascii that is none": uri(TEXT, charset="us-ascii"),
    "a zero byte": uri("a\0b"),
    "an overstrike": uri("a\bb"),
    "an escape sequence": uri("\x1b[8mhidden"),
    "a zip archive": uri(b"PK\x03\x04" + bytes(30)),
    "gzip": uri(b"\x1f\x8b\x08\x00" + bytes(8)),
    "bare base64": base64.b64encode(TEXT.encode()).decode(),
    "bare text": TEXT,
    "the URL alphabet": uri("???>>>").replace("/", "_").replace("+", "-"),
    "no padding": "data:text/plain;base64,YQ",
    "too much padding": "data:text/plain;base64,YQ====",
    "padding in the middle": "data:text/plain;base64,YQ==YQ==",
    "bits that are left over": "data:text/plain;base64,YR==",
    "a line's end": uri("a" * 9).replace("YWFh", "YWFh\n", 1),
    "a space": "data:text/plain;base64, YWFh",
    "a letter of another alphabet": "data:text/plain;base64,YWF\N{CYRILLIC SMALL LETTER ER}",
    "base64 in capitals": uri(TEXT).replace("base64", "BASE64"),
    "a name in the type": uri(TEXT).replace(";", ";name=a.txt;"),
    "a plus": "data:text/plain,4111+1111",
    "a fragment": "data:text/plain,a#b",
    "a query": "data:text/plain,a?b",
    "half an escape": "data:text/plain,a%4",
    "escaped latin-1": "data:text/plain,%e4",
    "an address": "https://example.com/a.txt",
    "a data URI in a data URI of no text": uri(uri(TEXT), "application/octet-stream"),
    "a pdf that calls itself text": uri("%PDF-1.4\n1 0 obj"),
    "a pdf behind a line": uri("x\n%PDF-1.4\n1 0 obj"),
    "rtf": uri(" {\\rtf1 \\'34\\'31}"),
    "postscript": uri("%!PS-Adobe\n(41) show"),
    "html behind a mark": uri("\ufeff \u200b<p>41<i></i>11"),
    "utf-7": uri("+/v8-4111"),
    "svg": uri("<svg/>", "image/svg+xml"),
    "nothing": "",
    "a number": 5,
    "a list": [uri(TEXT)],
}


@pytest.mark.parametrize("name", SHUT)
def test_what_two_readers_could_read_differently_stays_shut(name: str) -> None:
    for part in (chat_file(SHUT[name]), response_file(SHUT[name])):
        assert opened(part) is None
        content = of_chat(part) if part["type"] == "file" else of_responses(part)
        assert {"part_type"} <= {part.reason for part in content.opaque}


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.html", "a.txt.svg", "a.docx", "a.txt ", "a.", "mail.eml", "a.ipynb", 5, ["a.txt"]]
)
def test_a_name_that_says_more_than_text_keeps_a_file_shut(name: object) -> None:
    assert opened(chat_file(uri(TEXT), name)) is None
    assert opened(response_file(uri(TEXT), name)) is None


@pytest.mark.parametrize("name", ["a.TXT", "notes", "", None, "archive.tar.txt", ".env", *sorted(ENDS)[:3]])
def test_a_name_of_a_text_opens_it(name: object) -> None:
    assert opened(chat_file(uri(TEXT), name)) == chat_file(TEXT, name)
    assert opened(response_file(uri(TEXT), name)) == response_file(TEXT, name)


@pytest.mark.parametrize(
    "part",
    [
        chat_file(uri(TEXT), file_id="file-1"),
        chat_file(uri(TEXT), extra=["x"]),
        {**chat_file(uri(TEXT)), "image_url": "https://example.com/a.png"},
        response_file(uri(TEXT), file_id="file-1"),
        response_file(uri(TEXT), file_url="https://example.com/a.pdf"),
        {"type": "file", "file": uri(TEXT)},
        {"type": "file", "filename": "a.txt", "file_data": uri(TEXT)},
        {"type": "input_file", "file": {"filename": "a.txt", "file_data": uri(TEXT)}},
        {"type": "image_url", "image_url": {"url": uri(TEXT)}},
        {"type": "input_image", "image_url": uri(TEXT)},
        {"type": "input_audio", "input_audio": {"data": uri(TEXT), "format": "wav"}},
        {"type": ["file"], "file": {"file_data": uri(TEXT)}},
    ],
    ids=str,
)
def test_a_part_that_says_anything_else_stays_shut(part: dict[str, Any]) -> None:
    assert opened(part) is None
    assert of_chat(part).opaque


def test_what_says_nothing_beside_a_file_changes_nothing() -> None:
    assert opened(chat_file(uri(TEXT), file_id=None)) == chat_file(TEXT, file_id=None)


def test_what_stands_in_an_open_file_is_text_and_refers_to_nothing() -> None:
    text = '{"file_id": "file-1", "image_url": "https://example.com/a.png", "rows": [1, 2, 3]}'
    content = of_chat(chat_file(uri(text, "application/json"), "a.json"))
    assert content.opaque == ()
    assert text in {said for _, _, said in segments(content)}


def test_where_names_are_the_callers_a_file_is_none() -> None:
    data = uri(TEXT)
    content = read({"model": "m", "messages": [{"role": "user"}], "metadata": response_file(data)}, 64)
    assert data in {said for _, _, said in segments(content)}


def test_a_large_file_is_read_or_shut_at_once() -> None:
    large = "a b\n" * 500_000
    assert decoded(uri(large)) == large
    assert decoded("data:text/plain," + "%61" * 500_000) == "a" * 500_000
    assert decoded(uri(large)[:-3]) is None
    assert decoded("data:text/plain," + "%6" * 500_000) is None
    assert decoded("data:" + "a" * 2_000_000) is None
