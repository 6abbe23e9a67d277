import base64
import html
import json
import random
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from bench.detection import marks
from bench.detection.marks import Expected, MarkError, resolve
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from proxy.endpoints.chat import read


def content(text: str, request_id: str = "t-1") -> tuple[str, tuple[Expected, ...]]:
    made = resolve(request_id, {"messages": [{"role": "user", "content": text}]})
    return made.body["messages"][0]["content"], made.expected


def test_marks_are_taken_out_and_remembered() -> None:
    text, expected = content("Call ⟦PERSON|Ilse Brandt⟧ about ⟦-|order 7⟧ at ⟦EMAIL_ADDRESS|ilse@mail.net⟧.")
    assert text == "Call Ilse Brandt about order 7 at ilse@mail.net."
    assert [(item.entity_type, item.value, item.path) for item in expected] == [
        ("PERSON", "Ilse Brandt", "messages[0].content"),
        ("EMAIL_ADDRESS", "ilse@mail.net", "messages[0].content"),
    ]


def test_a_generated_value_depends_on_the_request_and_its_place_and_on_nothing_else() -> None:
    text = "⟦CREDIT_CARD|@visa⟧ ⟦CREDIT_CARD|@visa⟧"
    first, second = content(text)[0].split()
    assert first != second
    assert content(text)[0].split() == [first, second]
    assert content(text, "t-2")[0].split()[0] != first


def test_a_mark_may_hold_another() -> None:
    text, expected = content("⟦CONNECTION_STRING|postgres://app:⟦PASSWORD|pa55wd⟧@db.acme.net/x⟧")
    assert text == "postgres://app:pa55wd@db.acme.net/x"
    assert [(item.entity_type, item.value) for item in expected] == [
        ("PASSWORD", "pa55wd"),
        ("CONNECTION_STRING", text),
    ]


def test_paths_are_those_of_the_proxy() -> None:
    body = {
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "⟦PERSON|Ada⟧"}]},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "⟦PERSON|Bo⟧"}}],
            },
        ],
        "metadata": {"⟦PERSON|cy⟧": "x", "owner": "⟦PERSON|Di⟧"},
        "tools": [{"type": "function", "function": {"name": "g", "parameters": {"default": ["⟦PERSON|Ed⟧"]}}}],
    }
    made = resolve("t", body)
    where = {(segment.text, segment.path) for unit in read(made.body, 64).units for segment in unit.segments}
    assert len(made.expected) == 5
    assert {(item.value, item.path) for item in made.expected} <= where


def test_a_value_in_a_json_string_is_escaped_as_deep_as_it_stands() -> None:
    inner = json.dumps({"pem": "⟦PRIVATE_KEY|@private_key_ec⟧", "n": 1}, ensure_ascii=False)
    for depth in range(3):
        text, (expected,) = content(inner)
        for _ in range(depth):
            text = next(value for value in json.loads(text).values() if isinstance(value, str))
        assert json.loads(text)["pem"] == expected.value
        inner = json.dumps({"body": inner, "k": "⟦-|x⟧"}, ensure_ascii=False)
    assert "\n" in expected.value
    number, (card,) = content('{"card": ⟦CREDIT_CARD|@visa⟧, "note": "⟦-|@etag⟧"}')
    assert json.loads(number)["card"] == int(card.value)


@pytest.mark.parametrize(
    ("how", "undo"),
    [
        ("base64", lambda text: base64.b64decode(text).decode()),
        ("base64url", lambda text: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()),
        ("hex", lambda text: bytes.fromhex(text).decode()),
        ("urlenc", unquote),
        ("html", html.unescape),
        ("unicode", lambda text: json.loads(f'"{text}"')),
        ("zwsp", lambda text: text.replace("\u200b", "")),
        ("fullwidth", lambda text: unicodedata.normalize("NFKC", text)),
        ("spaced", lambda text: text[::2]),
        ("dotted", lambda text: text[::2]),
        ("base64+urlenc", lambda text: base64.b64decode(unquote(text)).decode()),
    ],
)
def test_a_disguise_can_be_undone(how: str, undo: object) -> None:
    text, (expected,) = content(f"⟦PERSON|Zoë Brandt-Ruiz 7|{how}⟧")
    assert expected.value == "Zoë Brandt-Ruiz 7"
    assert text == expected.written != expected.value
    assert callable(undo)
    assert undo(text) == expected.value


def test_look_alikes_look_alike_and_are_others() -> None:
    text, _ = content("⟦PERSON|Jasper Pace|cyrillic⟧")
    assert text != "Jasper Pace"
    assert len(text) == len("Jasper Pace")
    assert "CYRILLIC" in unicodedata.name(text[1])


def test_an_escape_of_json_stays_readable_in_json() -> None:
    text, (expected,) = content('{"name": "⟦PERSON|Ada|unicode⟧"}')
    assert "Ada" not in text
    assert json.loads(text)["name"] == expected.value == "Ada"


@pytest.mark.parametrize(
    "text",
    [
        "⟦PERSON|Ada",
        "Ada⟧",
        "⟦NAME|Ada⟧",
        "⟦PERSON⟧",
        "⟦API_KEY|@nobody⟧",
        "⟦IBAN_CODE|@iban:XX⟧",
        "⟦US_SSN|@us_ssn:odd⟧",
    ],
)
def test_a_mark_out_of_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mark|generator|IBAN"):
        content(text)


def test_a_file_is_read_line_by_line_and_its_faults_are_named(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    row = {"id": "a-1", "tags": ["short"], "body": {"messages": [{"role": "user", "content": "⟦PERSON|Ada⟧"}]}}
    file.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    (made,) = marks.load(file)
    assert (made.id, made.tags, len(made.expected)) == ("a-1", ("short",), 1)
    for bad, says in ((json.dumps(row), "twice"), ("{", "2: JSONDecodeError"), ('{"id": "b"}', "2: KeyError")):
        file.write_text(f"{json.dumps(row)}\n{bad}\n", encoding="utf-8")
        with pytest.raises(MarkError, match=says):
            list(marks.load(file))


def test_the_halves_are_about_equal_and_never_change() -> None:
    halves = [marks.Request(f"x-{n}", (), {}, ()).half for n in range(400)]
    assert 160 < halves.count("held") < 240
    assert halves[:6] == ["held", "dev", "dev", "dev", "dev", "held"]


def test_every_promised_generator_exists() -> None:
    promised = """
    visa visa13 visa19 mastercard amex discover jcb unionpay maestro12 maestro18 diners us_ssn us_itin uk_nino uk_nhs
    de_tax de_rvnr fr_nir es_dni es_nie it_cf nl_bsn be_nn pl_pesel pl_nip se_pnr no_fnr dk_cpr fi_hetu pt_nif ie_pps
    at_svnr ch_ahv cz_rc sk_rc ro_cnp bg_egn hr_oib ee_ik lt_ak lv_pk gr_amka hu_taj si_emso tr_tckn il_id za_id
    in_aadhaar in_pan br_cpf ca_sin au_tfn au_medicare nz_ird sg_nric kr_rrn cn_rin tw_id hk_id jp_mynumber th_id
    my_nric mx_curp mx_rfc ar_dni cl_rut co_cc us_mbi us_npi us_dea us_aba aws_key_id aws_secret aws_session github_pat
    github_fine gitlab_pat openai anthropic stripe_live slack_bot slack_webhook google_api gcp_service_key sendgrid
    twilio_auth npm pypi huggingface jwt azure_account_key azure_client_secret private_key_rsa private_key_openssh
    private_key_ec pgp_private hex32 hex64 base64_32 base64_64 random16 random24 random40 datadog mailgun digitalocean
    discord_bot telegram_bot shopify square doppler vault linear notion grafana databricks okta cloudflare password btc
    btc_bech32 eth mac ipv4 ipv6 uuid sha256 sha1 md5 git_sha aws_doc_key_id aws_doc_secret stripe_test_doc test_card
    jwt_doc nanoid ulid etag trace_id
    """.split()  # noqa: SIM905 - words read better
    made = {name: marks.generate(f"@{name}", random.Random(name)) for name in promised}
    assert all(made.values())
    countries = ("GB", "DE", "FR", "ES", "IT", "NL", "PL", "BE", "CH", "SE", "IE", "AT", "NO", "FI", "DK", "LU")
    for country in countries:
        spaced = marks.generate(f"@iban:{country}.spaced", random.Random(1))
        assert re.fullmatch(r"([0-9A-Z]{4} )+[0-9A-Z]{1,4}", spaced), spaced
        assert spaced.replace(" ", "") == marks.generate(f"@iban:{country}", random.Random(1))
    load_pem_private_key(made["private_key_ec"].encode(), None)
