import re

from proxy.detection.recognizers.credentials.reading import Reading
from proxy.detection.recognizers.credentials.rules import Rule

RULE = Rule("PASSWORD", 0.5, ("code",), re.compile(r"code (?P<value>[a-z]+)"), str.isupper)


def test_a_rule_reads_lower_case_and_judges_what_is_written() -> None:
    assert [match.value for match in RULE.find(Reading("Code ABC, code abc"))] == ["ABC"]


def test_a_rule_sleeps_until_one_of_its_words_is_there() -> None:
    assert list(RULE.find(Reading("cod ABC"))) == []
