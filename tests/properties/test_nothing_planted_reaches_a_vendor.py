"""Whatever the body, the place and the encoding: a value that no vendor may have is never sent to one.

Values of deterministic types are planted all over a chat body and sent through a real server. RINGFENCE_TEST_EXAMPLES
asks for more examples than the usual ones, and for new ones each time. Names are measured elsewhere, not asserted.
"""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

import httpx
import pytest
from harness import NO_TLS, Ringfence, StandIn, eventually
from hypothesis import given, settings
from properties.effort import ASKED, effort
from properties.planting import HOMOGLYPHS, LAYERS, SENTENCES, Planted, bodies, chat, wide, zero_width
from properties.translating import SAID_AT

EXAMPLES = ASKED or 240
"""As many as fit into a few seconds."""

profile = effort(EXAMPLES)


def obliged_to_tell(server: Ringfence, since: int = 0) -> list[bytes]:
    """Ids of the decisions of which the log says that somebody is to be told, but for the first ones."""
    query = "SELECT id FROM record WHERE kind = 'route.decision' AND instr(body, ?) ORDER BY seq"
    with closing(sqlite3.connect(f"file:{server.home / 'audit.db'}?mode=ro", uri=True)) as connection:
        return [record.encode() for (record,) in connection.execute(query, (b'"kind":"notify"',))][since:]


def test_nothing_planted_reaches_a_vendor(server: Ringfence, cloud: StandIn, quiet: None) -> None:
    went: Counter[str] = Counter()
    texts: set[bytes] = set()
    since = len(obliged_to_tell(server))

    @profile
    @given(planted=bodies())
    def check(planted: Planted) -> None:
        cloud.clear()
        answer = client.post("/v1/chat/completions", json=planted.body)
        assert answer.status_code in {200, 403}, answer.text
        assert not planted.leaked(bytes(cloud.received))
        if planted.hidden is not None:
            went["planted"] += 1
            texts.update(text.encode() for text in (planted.hidden.value.bare, planted.hidden.text))
            assert not cloud.received
            assert answer.headers["x-ringfence-decision"] in {"pin", "block"}
        else:
            went["harmless"] += 1
            went["harmless at the cloud"] += len(cloud.posts)

    with server.client() as client:
        check()
    notified = server.home / "notify.jsonl"
    obliged = obliged_to_tell(server, since)
    eventually(lambda: all(record in notified.read_bytes() for record in obliged), 30)
    told = notified.read_bytes()
    assert len(obliged) > EXAMPLES // 20, "or nobody was to be told of anything"
    assert [text for text in texts if text in told] == []
    assert went["planted"] > EXAMPLES // 2
    assert went["harmless"] > EXAMPLES // 25
    assert went["harmless at the cloud"] > 0.8 * went["harmless"], "or nothing would have been shown"


@pytest.mark.parametrize("path", SAID_AT)
def test_nothing_planted_reaches_a_vendor_at_any_other_endpoint(
    path: str, server: Ringfence, cloud: StandIn, quiet: None
) -> None:
    went: Counter[str] = Counter()

    @settings(profile, max_examples=EXAMPLES // 8)
    @given(planted=bodies())
    def check(planted: Planted) -> None:
        cloud.clear()
        body = SAID_AT[path](planted.body)
        assert planted.leaked(json.dumps(body).encode()) == (planted.hidden is not None), "or nothing is planted"
        answer = client.post(f"/v1/{path}", json=body)
        assert answer.status_code in {200, 403}, answer.text
        went["planted" if planted.hidden else "harmless"] += 1
        went["harmless at the cloud"] += len(cloud.posts)
        assert not (planted.hidden and cloud.received)

    with server.client() as client:
        check()
    assert went["planted"] > EXAMPLES // 16
    assert went["harmless at the cloud"] > 0.6 * went["harmless"] > 0, "or nothing would have been shown"


def test_without_the_proxy_every_planted_value_is_seen_to_leak(cloud: StandIn, quiet: None) -> None:
    """Control: the same bodies, sent straight to the vendor, fail the very check that the test above relies on."""
    with httpx.Client(base_url=cloud.url, trust_env=False, verify=NO_TLS) as client:

        @settings(profile, max_examples=min(EXAMPLES, 400))
        @given(planted=bodies())
        def check(planted: Planted) -> None:
            cloud.clear()
            client.post("/chat/completions", json=planted.body)
            assert len(cloud.posts) == 1
            assert planted.leaked(bytes(cloud.received)) == (planted.hidden is not None)

        check()


def _said(*texts: str) -> dict[str, Any]:
    return chat(*({"role": "user", "content": text} for text in texts))


STRIPE = "sk_" + "live_q9RtL2mVxK7bWc4PzY8dNf3J"
IBAN = "GB97 ZWTZ 5248 2155 3528 94"
NHS = "NHS number 805 517 3974"
FOUND_ONCE = {
    "a token with look-alikes, in base64": _said(LAYERS["base64"](STRIPE.translate(HOMOGLYPHS))),
    "a token with look-alikes, in entities": _said(LAYERS["html-all"](STRIPE.translate(HOMOGLYPHS))),
    "an account number with look-alikes, percent-encoded": _said(LAYERS["url-all"](IBAN.translate(HOMOGLYPHS))),
    "a password with look-alikes, in JSON, in hex": _said(
        LAYERS["hex"](LAYERS["json"]("password = x9R!tL2mVxK7bWc".translate(HOMOGLYPHS)))
    ),
    "hex at the end of a line": _said(f"first line\n{LAYERS['hex'](f'The entry: {NHS}')}\nlast line"),
    "full-width digits over two messages": _said(wide(NHS[:18]), wide(NHS[18:])),
    "a telephone number in full-width digits over three messages": _said("+", wide("44 20 7946 "), wide("1125")),
    "invisible characters where two messages meet": _said(zero_width(STRIPE[:13]), zero_width(STRIPE[13:])),
    "look-alikes and a blank message in the middle": _said(
        *(part.translate(HOMOGLYPHS) for part in (IBAN[:9], " ", IBAN[10:]))
    ),
    "a telephone number in a comma-separated row": _said("name,phone,city\nAda,+442079461958,Leeds"),
    "a password in square brackets": _said("[password = Pe98E7!rUUEu6bJ9]"),
    "an insurance number whose last letter comes after a space in the next message": _said("AB 07 81 92 ", "D"),
    "a social security number as a negative number": chat(x_deep={"of": {"ssn": -673800359}}),
    "an account number over two parts, with a mark for a cache between them": chat(
        {
            "role": "user",
            "content": [
                {"type": "text", "text": IBAN[:14], "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                {"type": "text", "text": IBAN[14:]},
            ],
        }
    ),
    "an insurance number whose base64 has capitals only": _said(json.dumps({"found": [LAYERS["base64"]("AB700814A")]})),
    "an account number with look-alikes whose base64 has capitals only": _said(
        LAYERS["base64"]("DE50446955455496655495".replace("E", "\N{CYRILLIC CAPITAL LETTER IE}"))
    ),
    "a long card number that is read twice, not far from itself": _said(
        '({"entry": "The%20entry%3A%206763874254734595278"})'
    ),
    "a telephone number below a name of the API that speaks of a key": chat(prompt_cache_key="(415) 867-5864"),
    "a password below a key and a label": chat(x_form={"password": "password = 2ASmul!Fi9X4Vwm9"}),
}


@pytest.mark.parametrize("name", FOUND_ONCE)
def test_what_once_reached_a_vendor_does_not_any_more(
    name: str, server: Ringfence, cloud: StandIn, quiet: None
) -> None:
    with server.client() as client:
        answer = client.post("/v1/chat/completions", json=FOUND_ONCE[name])
    assert not cloud.received
    assert answer.headers["x-ringfence-decision"] in {"pin", "block"}


@pytest.mark.parametrize("name", SENTENCES)
def test_what_is_planted_in_reaches_a_vendor_without_the_value(
    name: str, server: Ringfence, cloud: StandIn, quiet: None
) -> None:
    """Control of the cases above: the carrier is not what keeps them home."""
    with server.client() as client:
        client.post("/v1/chat/completions", json=_said(name))
    assert len(cloud.posts) == 1
