import re
import time

import pytest

from proxy.detection.recognizers.tables import cells, grids, head, inserts, titled

NAME = re.compile(r"\bname\b", re.IGNORECASE)
CSV = "name,ssn,order_id\nA,1111,2222\nB,3333,4444\n"
TSV = "Emp\tRouting\tAcct\n10\t111\t222\n11\t333\t444"
MARKDOWN = "text\n\n| Patient | MRN |\n|---|---:|\n| Joe | 5555 |\n\nafter 7777"
PSQL = " id |  passport\n----+-----------\n  1 | X1234567\n"
INSERT = "INSERT INTO people (id, `ssn`, born)\nVALUES (1, '8888', 'x'),\n (2, '9999', 'y');"


def read(text: str) -> list[str]:
    return [text[cell.start : cell.end] for cell in cells(text, titled(NAME))]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,city\n1,Zorbla,Rome\n2,Quenn,Oslo\n",
        "id\tname\tcity\n1\tZorbla\tRome\n2\tQuenn\tOslo",
        "| id | name | city |\n|----|:----|---|\n| 1 | Zorbla | Rome |\n| 2 | Quenn | Oslo |",
        "| name |\n|---|\n| Zorbla |\n| Quenn |",
        " id | name   | city\n----+--------+------\n 1  | Zorbla | Rome\n 2  | Quenn  | Oslo\n(2 rows)\n",
        "+----+--------+\n| id | name   |\n+----+--------+\n|  1 | Zorbla |\n|  2 | Quenn  |\n+----+--------+\n",
        '"id";"name"\r\n"1";"Zorbla"\r\n"2";"Quenn"\r\n',
        'Here it is:\nname,note\nZorbla,"a, b"\n"Quenn",c\n\nBest',
        'id,note,name\n1,"5"" disk, new",Zorbla\n2,,Quenn',
        "\tname,city\n\tZorbla,Rome\n\tQuenn,Oslo",
        "Report,,\nof May,,\n,,\nid,name,city\n1,Zorbla,Rome\n2,Quenn,Oslo",
        "Hi, here is the list\nname,city\nZorbla,Rome\nQuenn,Oslo",
        "a;b\n1;2\nid,name\n1,Zorbla\n2,Quenn",
    ],
)
def test_cells_stand_below_their_heading(text: str) -> None:
    assert read(text) == ["Zorbla", "Quenn"]


@pytest.mark.parametrize("text", ["name: x\ny", "my name, they say\nis long", "a,b\nname,2", "the name", "name,\n"])
def test_prose_has_no_columns(text: str) -> None:
    assert read(text) == []


def test_a_table_ends_where_its_rows_end() -> None:
    assert read("id,name\n1,Zorbla\nThat was it.\n2,Quenn\n") == ["Zorbla"]
    assert read("id,name\n1,Zorbla\n\n2,Quenn\n") == ["Zorbla"]


def test_a_cell_carries_what_was_said_of_its_column() -> None:
    found = list(cells("id,name\n7,Zorbla\n8,", lambda titles: {titles.index("name"): "person"}))
    assert [cell.column for cell in found] == ["person"]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        (CSV, "1111", "ssn"),
        (CSV, "4444", "order_id"),
        (TSV, "333", "Routing"),
        (TSV, "444", "Acct"),
        (MARKDOWN, "5555", "MRN"),
        (PSQL, "X1234567", "passport"),
        (INSERT, "8888", "ssn"),
        (INSERT, "9999", "ssn"),
        ('name,note,ssn\n"Joe","a, b",6666', "6666", "ssn"),
        ('note,ssn,city\n"a, 6666",7,Rome', "6666", "note"),
        ("email;ssn\na;6666", "6666", "ssn"),
        ("name,ssn\nJoe,6666", "6666", "ssn"),
        ("insert into t (name, ssn) values ('Doe, Joe', '6666')", "6666", "ssn"),
    ],
)
def test_a_value_is_told_the_head_of_its_column(text: str, value: str, expected: str) -> None:
    assert head(text, text.index(value)) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("one line, with commas, and 1111", "1111"),
        ("Hi Bob, all is well\nmy number, 1111", "1111"),
        ("2024-01-01,5,6\n2024-01-02,7,1111", "1111"),
        (MARKDOWN, "7777"),
        (CSV + "\nthe end 1111x", "1111x"),
        (CSV, "ssn"),
        ("insert a coin of 1111", "1111"),
        (INSERT + "\nand (so he says, 6666)", "6666"),
    ],
)
def test_other_values_have_none(text: str, value: str) -> None:
    assert head(text, text.index(value)) is None


def test_each_insert_has_columns_of_its_own() -> None:
    text = f"{INSERT}\ninsert into logins (login, [password]) values ('bob', 'x')"
    assert [heads for heads, _, _ in inserts(text)] == [["id", "ssn", "born"], ["login", "password"]]
    assert head(text, text.index("'bob'") + 1) == "login"


def test_a_text_is_read_once_for_all_readers() -> None:
    assert grids(CSV) is grids(CSV)


@pytest.mark.parametrize(
    "text",
    [
        "name,x\n" * 20_000,
        "name," * 20_000 + "\n1",
        ",".join(["a"] * 50_000) + "\n" + ",".join(["1"] * 50_000),
        "a,b\n1,2\n" * 12_000,
        'name,"x\n' * 12_000,
        "insert into a (name) values\n" * 4_000,
        "\n \n" * 40_000,
        "|-" * 60_000,
    ],
)
def test_hostile_tables_are_read_in_linear_time(text: str) -> None:
    started = time.process_time()
    assert len(read(text)) <= 20_000
    head(text, len(text) - 2)
    assert time.process_time() - started < 1
