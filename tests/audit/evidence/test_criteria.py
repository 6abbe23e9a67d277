import json
from typing import Any

from evidenced import ACTIVATION, Maker

from audit.evidence.criteria import CRITERIA

ASKED = {"CC6.1", "CC6.6", "CC6.7", "CC7.2", "CC7.3", "CC8.1", "C1.1", "C1.2", "P4", "P6"}


def test_every_criterion_that_is_asked_has_figures_and_says_what_stays_open() -> None:
    said = json.loads(CRITERIA)
    assert {each["id"] for each in said["criteria"]} == ASKED
    assert all(each["figures"] and each["outside"] and each["question"].endswith("?") for each in said["criteria"])
    assert "qualified" in said["note"]


def test_every_figure_is_in_its_document() -> None:
    make = Maker()
    make.add("policy.activated", ACTIVATION)
    documents = make.fold()
    for criterion in json.loads(CRITERIA)["criteria"]:
        for figure in criterion["figures"]:
            at: Any = documents[figure["document"]]
            for part in figure["path"]:
                at = at[part]
