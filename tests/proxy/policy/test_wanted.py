import pytest

from proxy.policy import vocabulary
from proxy.policy.wanted import VendorZone, Wanted, owner_name, team_name, vendor_zone, zone_name

US = VendorZone("us", "us", ("dpa",))


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("us", VendorZone("us")),
        ("us:", VendorZone("us")),
        ("eu:eu-west", VendorZone("eu", "eu-west")),
        ("eu:eu:dpa,baa", VendorZone("eu", "eu", ("dpa", "baa"))),
    ],
)
def test_a_vendor_zone_is_read_in_one_word(text: str, zone: VendorZone) -> None:
    assert vendor_zone(text) == zone


@pytest.mark.parametrize(
    "text",
    ["", "US", "us east", "us:EU", "us::dpa", "us:us:", "us:us:dpa,", "us:us:dpa,dpa", "us:us:dpa:x", "-us", "u\n"],
)
def test_what_is_no_vendor_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"zone is|at most 32|named twice"):
        vendor_zone(text)


def test_names_are_those_that_policies_can_hold() -> None:
    assert (zone_name("home-1"), team_name("A/b:c"), owner_name("a+b@acme.example")) == (
        *("home-1", "A/b:c"),
        "a+b@acme.example",
    )
    for read, bad in ((zone_name, "Home"), (team_name, "support*"), (team_name, ""), (owner_name, "Ann Example")):
        with pytest.raises(ValueError, match="is"):
            read(bad)
    assert vocabulary.PATTERN.fullmatch("support*")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"own": "us", "vendors": (US,)}, "two zones have the same name"),
        ({"vendors": (US, US)}, "two zones have the same name"),
        ({"vendors": (US,), "teams": ("a", "a")}, "a team is named twice"),
        ({"teams": ("a",)}, "no vendor zone"),
        ({"packs": ()}, "at least one"),
        ({"packs": ("iso",)}, "the packs are soc2"),
        ({"own": "Own"}, "name of a zone"),
        ({"vendors": (US,), "teams": ("a b",)}, "a team is named exactly"),
        ({"owner": ""}, "the owner is"),
    ],
)
def test_what_contradicts_itself_is_refused_in_words(wanted: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Wanted(**wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("region", "inside"), [("eu", True), ("eu-west-1", True), ("europe", False), ("us", False), ("", False)]
)
def test_a_zone_lies_in_the_union_if_its_region_says_so(region: str, inside: bool) -> None:
    assert VendorZone("v", region).in_union is inside
