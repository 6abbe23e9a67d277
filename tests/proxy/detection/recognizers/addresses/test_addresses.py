"""The recognizer as a whole; what each country writes stands in the files of the families of countries."""

import pytest

from proxy.detection.recognizers.addresses import RECOGNIZER, canonical

HARMLESS = [
    'method="POST")\n        self.assertStatus("200 OK")',
    "POST /items 200 OK",
    "send binary strings as bodies in Python 3.",
    "10 AU AE 1971\n10 AV AE\n",
    "This software is copyright (C) 1991-1998, Thomas G. Lane.",
    "# Based on DOM Level 3 (WD 9 April 2002)",
    "Wanderers 1-0 Athleticgpt-5400",
    "unit,tenant,phone\n4C,Minh-Anh Trinh,857-214-6093,x,2026-08-31,-45.00t2WO-118820",
    "SKU 800-27441",
    "5 great ways to drive traffic to your site",
    "3 Mile Island was a partial meltdown",
    "plan a 24 hour road trip from Austin to Denver",
    "Section 12 Court fees may be waived",
    "enable 2 factor authentication",
    "2 Factor Street Fighter reference lol",
    "Top 10 Best Places to Visit in Rome",
    "The movie 12 Angry Men won awards",
    "a 5 minute drive from the station",
    "turn left after 2 blocks down the street",
    "It is a 2 lane road with a one way street at the end",
    "He finished in 3rd place at the 2024 Tour",
    "We need 4 wheel drive for that trail",
    "10 Downing Street announced new measures",
    "the White House, 1600 Pennsylvania Avenue",
    "Sherlock Holmes lived at 221B Baker Street",
    "the postcode SW1A 2AA covers a palace",
    "zip codes 90210 and 10001 are famous",
    "Broadway and Fifth Avenue are in New York",
    "Baker Street station is closed",
    "Chapter 5 Lane detection with OpenCV",
    "Figure 3 Circle packing in a square",
    "version 3.11 Drive letters changed",
    "Windows 10 Home Drive encryption",
    "the Supreme Court ruled 5-4 on Monday",
    "On 12 March Court proceedings resumed",
    "500 GB Hard Drive and 16 GB RAM",
    "1 TB Flash Drive",
    "In 2020 Main Street businesses suffered",
    "Q3 2023 Wall Street expectations",
    "Route 66 Road Trip Planner",
    "Python 3 Way merge",
    "Step 4 Place the cake in the oven",
    "Step 2. Close the lid",
    "10 Park rangers were hired",
    "the top 5 Square Enix games",
    "Level 3 Trail Making Test",
    "100 Meter Walk Test",
    "6 Minute Walk Test results",
    "2 Close calls in 24 hours",
    "3 Point Loop",
    "line 42 Point(x, y)",
    "[ERROR] 404 Page Way not found",
    "Season 2 Episode 5 Hill Street Blues",
    "Area 51 Road signs",
    "World War 2 Memorial Drive was busy",
    "May 12, 2020 Update",
    "March 5, 2024 Monday",
    "Version 3, 2024 Release notes",
    "Copyright (c) 2013 Imagination Technologies\nCopyright (c) 2013 Synopsys, Inc",
    "2003, 2004, 2006 Red Hat, Inc. 2005 Stefan",
    "via HTTP 2 or via Node 18",
    "via Python 3",
    "im Jahr 2024",
    "Am 12. Mai 2024",
    "Auf Platz 3 landete Bayern München",
    "Am Montag 12 Uhr",
    "Kapitel 5, 2024 Auflage",
    "Sitzplatz 12 im Wagen 7",
    "Parkplatz 7 ist frei",
    "Bahnhof 3",
    "Spring 2024",
    "String 5",
    "ThinkPad 13",
    "Katie 5 years old",
    "Aggregate 10 rows",
    "Brigade 4",
    "navigate 2 pages",
    "Corso di Python 3",
    "calle 13 es un grupo",
    "la calle estaba llena, con 20 personas",
    "une rue sur 10",
    "5 places disponibles",
    "10 cours de yoga",
    "3 place the items in the box",
    "et al. 2019 reported",
    "Smith et al. 12 patients",
    "os.path 3",
    "ul li 3",
    "the address is 0x7ffe0012",
    "IP address: 192.168.1.20",
    "email address: 2 of 5 bounced",
    "address: page 12 offset 3",
    "memory address of block 5",
    '"address": "10.0.0.5:8080"',
    "Room 204",
    "Building 7 collapsed",
    "Unit 5: The Cold War",
    "Suite 3 of the cello sonatas",
    "PO Box numbers are not accepted",
    '{"street": "string", "house_number": "integer", "city": "string"}',
    "required: street, number, city, zip",
    "street,number,city\n,,",
    '"1 Corinthians 13"',
    '"2 Live Crew"',
    "9 Inch Nails",
    "7 Hills of Rome",
    "SELECT * FROM t WHERE id = 5 ORDER BY street",
    "width: 100 px; height: 20 px",
    "5 Star Hotel, Madrid",
    "4 Days in Lisbon, Portugal",
    "12 Days of Christmas",
    "3 Ways, 2 Roads, 1 Destination",
    "2 Peter 3",
    "1 King bed, 2 Queen beds",
    "1st Place",
    "On 5 June 2023 Google released it",
    "Top 100 Square Feet ideas",
    "with 20 years Dr. Patel retired",
    "Psalm 23 Valley of Death",
    "42 is the answer",
    "Act 3 Scene 2 Court of Navarre",
    "Article 5, 2016 Regulation",
    "Article 6 Paragraph 1, Regulation 2016",
    "CVE-2024 12 Way path traversal",
    "batch_size 32 Train loss 0.5, Val loss 0.6",
    "1 Infinite Loop",
    "1600 Amphitheatre Parkway",
    "51 Franklin Street, Fifth Floor, Boston, MA 02110-1301 USA",
    "742 Evergreen Terrace, Springfield",
    "Platform 9 Kings Cross Station",
    "Gate 12 Terminal 2, Heathrow",
    "8 Mile Road is a film set",
    "Interstate 95 Drive North",
    "3 Ring Circus",
    "Lot 49 is crying",
    "giudizio R.G. 4471/2026 contro la società",
    "Göttingen\nSt.-Nr. 20/131/04418\nLeistung: Korrektorat",
    "Amtsgericht, Gz. Berg 12/4471",
]


def test_harmless_texts_are_many() -> None:
    assert len(HARMLESS) >= 60


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_an_address_is_left_alone(text: str) -> None:
    assert list(RECOGNIZER.find(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "12 Oak Street",
        "lives at 12 oak street",
        "12 OAK STREET",
        "(12 Oak Street)",
        "addr=12 Oak Street",
        "- 12 Oak Street",
        "Ada,12 Oak Street,Leeds",
        "<td>12 Oak Street</td>",
    ],
)
def test_it_stands_in_any_frame_and_case(text: str) -> None:
    (match,) = RECOGNIZER.find(text)
    assert match.value.startswith("12 oak street")


def test_more_around_it_makes_it_more_certain() -> None:
    scores = [
        next(iter(RECOGNIZER.find(text))).score
        for text in ("maybe 8 Fern Close by noon", "see 8 Fern Close, Leeds", "lives at 8 Fern Close, Leeds LS2 7EW")
    ]
    assert scores == sorted(scores)
    assert scores[0] < 0.8 < scores[-1]


def test_spelling_of_spaces_and_marks_does_not_make_two_values() -> None:
    assert canonical("12  Oak Street,\nLeeds") == canonical("12 OAK STREET - LEEDS")


def test_every_row_of_a_table_is_found() -> None:
    rows = "".join(f"{row},Jo,{row + 3} Fern Close,Leeds\n" for row in range(40))
    assert len(list(RECOGNIZER.find("id,name,address,city\n" + rows))) == 40
