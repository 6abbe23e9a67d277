import subprocess
import sys

from proxy.detection.recognizers.identifiers import RECOGNIZER, recognizer


def types(text: str) -> set[str]:
    return {match.entity_type for match in RECOGNIZER.find(text)}


def test_all_countries_are_looked_for() -> None:
    assert types("SSN 523-45-1234, NINO JC 21 40 73 A, PESEL 90122888736") == {"US_SSN", "UK_NINO", "NATIONAL_ID"}


def test_countries_can_be_chosen() -> None:
    polish = recognizer(["pl"])
    values = {match.value for match in polish.find("SSN 523-45-1234, PESEL 90122888736, passport X1234567")}
    assert values == {"90122888736", "X1234567"}
    assert "US_SSN" not in polish.emits


def test_every_score_is_one_that_is_promised() -> None:
    for match in RECOGNIZER.find("SSN 523-45-1234 passport X1234567 523 45 1235 serial number AB12CD34"):
        assert RECOGNIZER.emits[match.entity_type] <= match.score <= 1


def test_checks_are_read_when_needed_or_all_at_once() -> None:
    program = (
        "import sys; from proxy.detection.recognizers import identifiers; print('stdnum.pl.pesel' in sys.modules); "
        "identifiers.warm(); print('stdnum.pl.pesel' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]
