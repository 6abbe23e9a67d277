import base64
import json
import random
import re
import zlib
from pathlib import Path

import pytest
from bench.detection.tokens import BASE62, BENIGN, SECRETS
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

B64, URL = "[A-Za-z0-9+/]", "[A-Za-z0-9_-]"
SHAPES = {
    "aws_key_id": "AKIA[A-Z2-7]{16}",
    "aws_secret": f"{B64}{{40}}",
    "aws_session": f"IQoJ{B64}{{200,}}={{0,2}}",
    "github_pat": "ghp_[A-Za-z0-9]{36}",
    "github_fine": "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
    "gitlab_pat": f"glpat-{URL}{{20}}",
    "openai": f"sk-(proj-)?{URL}+T3BlbkFJ{URL}+",
    "anthropic": f"sk-ant-api03-{URL}{{93}}AA",
    "stripe_live": "sk_live_[A-Za-z0-9]{24,99}",
    "slack_bot": "xoxb-[0-9]{10,13}-[0-9]{10,13}-[A-Za-z0-9]{24}",
    "slack_webhook": "https://hooks.slack.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}",
    "google_api": f"AIza{URL}{{35}}",
    "sendgrid": rf"SG\.{URL}{{22}}\.{URL}{{43}}",
    "twilio_auth": "[0-9a-f]{32}",
    "npm": "npm_[A-Za-z0-9]{36}",
    "pypi": f"pypi-AgEIcHlwaS5vcmc{URL}{{70,}}",
    "huggingface": "hf_[A-Za-z]{34}",
    "azure_account_key": f"{B64}{{86}}==",
    "azure_client_secret": r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{34}",
    "hex32": "[0-9a-f]{32}",
    "hex64": "[0-9a-f]{64}",
    "base64_32": f"{B64}{{43}}=",
    "base64_64": f"{B64}{{86}}==",
    "random16": "[A-Za-z0-9]{16}",
    "random24": "[A-Za-z0-9]{24}",
    "random40": "[A-Za-z0-9]{40}",
    "datadog": "[0-9a-f]{32}",
    "mailgun": "key-[0-9a-f]{32}",
    "digitalocean": "dop_v1_[0-9a-f]{64}",
    "discord_bot": rf"[MNO]{URL}{{23,25}}\.{URL}{{6}}\.{URL}{{27,38}}",
    "telegram_bot": f"[0-9]{{8,10}}:{URL}{{35}}",
    "shopify": "shpat_[0-9a-f]{32}",
    "square": f"EAAA{URL}{{60}}",
    "doppler": r"dp\.pt\.[A-Za-z0-9]{40,44}",
    "vault": rf"hvs\.{URL}{{90,}}",
    "linear": "lin_api_[A-Za-z0-9]{40}",
    "notion": "ntn_[0-9]{11}[A-Za-z0-9]{35}",
    "grafana": "glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
    "databricks": "dapi[0-9a-f]{32}",
    "okta": f"00{URL}{{40}}",
    "cloudflare": f"{URL}{{40}}",
}
"""As in the vendors' documentation and in the rules of public secret scanners."""
MULTILINE = {"gcp_service_key", "private_key_rsa", "private_key_openssh", "private_key_ec", "pgp_private"}


def test_every_token_has_its_vendors_form() -> None:
    assert {*SHAPES, *MULTILINE, "jwt", "password"} == set(SECRETS)
    for name, shape in SHAPES.items():
        made = [SECRETS[name](random.Random(seed)) for seed in range(25)]
        assert [token for token in made if not re.fullmatch(shape, token)] == [], name
        assert len(set(made)) == 25, name


@pytest.mark.parametrize("name", ["github_pat", "npm"])
def test_the_checksum_at_the_end_is_right(name: str) -> None:
    body, check = (token := SECRETS[name](random.Random(5)))[-36:-6], token[-6:]
    number = 0
    for char in check:
        number = number * 62 + BASE62.index(char)
    assert number == zlib.crc32(body.encode())


def test_private_keys_can_be_read_where_they_are_real_and_look_so_elsewhere() -> None:
    load_pem_private_key(SECRETS["private_key_ec"](random.Random(1)).encode(), None)
    load_ssh_private_key(SECRETS["private_key_openssh"](random.Random(1)).encode(), None)
    for name, kind, first in (
        ("private_key_rsa", "RSA PRIVATE KEY", "MIIE[op]"),
        ("gcp_service_key", "PRIVATE KEY", "MIIEv"),
        ("pgp_private", "PGP PRIVATE KEY BLOCK", "lQVYB"),
    ):
        head, *body, end = SECRETS[name](random.Random(2)).strip().split("\n")
        assert (head, end) == (f"-----BEGIN {kind}-----", f"-----END {kind}-----")
        assert re.match(first, "".join(body)), name
        assert len(body) > 10


def test_a_web_token_has_three_parts_of_which_two_are_json() -> None:
    header, claims, signature = SECRETS["jwt"](random.Random(1)).split(".")
    for part in (header, claims):
        assert isinstance(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))), dict)
    assert len(signature) == 43


def test_passwords_are_strong() -> None:
    for seed in range(30):
        made = SECRETS["password"](random.Random(seed))
        assert 12 <= len(made) <= 20
        assert re.search(r"[a-z]", made)
        assert re.search(r"[0-9]", made)
        assert re.search(r"[^A-Za-z0-9]", made)


def test_samples_of_documentation_are_the_known_ones() -> None:
    source = random.Random(1)
    assert BENIGN["jwt_doc"](source).endswith("SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c")
    assert BENIGN["aws_doc_key_id"](source).endswith("EXAMPLE")
    assert len(BENIGN["aws_doc_secret"](source)) == 40
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", BENIGN["uuid"](source))
    assert re.fullmatch("01[HJK][0-9A-HJKMNP-TV-Z]{23}", BENIGN["ulid"](source))


def test_no_source_holds_a_token() -> None:
    folder = Path(__file__).parent
    shapes = [shape for name, shape in SHAPES.items() if re.match(r"[A-Za-z]{2,}[_-]", shape)]
    for file in (folder / "tokens.py", folder / "marks.py", folder / "digits.py"):
        text = file.read_text(encoding="utf-8")
        assert not [shape for shape in shapes if re.search(shape, text)], file.name
        assert "-----BEGIN " + "RSA" not in text, file.name
