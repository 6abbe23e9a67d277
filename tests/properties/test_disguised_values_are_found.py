"""What is found as it is, is found in any disguise that the views undo, or the scan is incomplete by name.

RINGFENCE_TEST_EXAMPLES asks for more examples than the usual ones, and for new ones each time.
"""

from hypothesis import assume, given
from hypothesis import strategies as st
from properties.disguises import COMPACT, LAYERS, LOOKS, SPREAD
from properties.effort import ASKED, effort
from properties.planting import CARRIERS
from properties.values import VALUES, Value

from proxy.detection.analysis import Analyzer
from proxy.detection.findings import Scan, Segment, Unit
from proxy.detection.views import MAX_DEPTH

EXAMPLES = min(ASKED, 20_000) or 120
PATTERNED = frozenset(
    """
    CREDIT_CARD IBAN_CODE EMAIL_ADDRESS PHONE_NUMBER US_SSN UK_NHS UK_NINO NATIONAL_ID API_KEY CLOUD_CREDENTIAL JWT
    PASSWORD PRIVATE_KEY CONNECTION_STRING GENERIC_SECRET
    """.split()  # noqa: SIM905
)
"""What a pattern finds whatever stands around it; a model's names are weighed by their neighbours."""
MAX_CHARS = 20_000
ON_ONE_LINE = frozenset({"literals", "list", "tags"})

profile = effort(EXAMPLES)


def scan(analyzer: Analyzer, text: str) -> Scan:
    return analyzer.analyze([Unit("messages[0]", "user", (Segment("messages[0].content", "content", text),))])


def kinds(found: Scan) -> set[str]:
    return {finding.entity_type for finding in found.findings} & PATTERNED


@st.composite
def disguises(draw: st.DrawFn) -> tuple[str, ...]:
    """Return one way to spread, a look, and encodings: no more of them than the views undo."""
    look = draw(st.sampled_from(["plain", "plain", *LOOKS]))
    layers = draw(st.lists(st.sampled_from(sorted(LAYERS)), max_size=MAX_DEPTH))
    layers = [name for at, name in enumerate(layers) if name in COMPACT or set(layers[:at]) <= set(COMPACT)]
    spread = draw(st.sampled_from([None, None, None, *SPREAD])) if len(layers) < MAX_DEPTH else None
    return (*([spread] if spread else []), look, *layers)


def dressed(text: str, dress: tuple[str, ...]) -> str:
    for name in dress:
        text = (LOOKS | SPREAD | LAYERS)[name](text)
    return text


def test_a_disguised_value_is_found_or_the_scan_is_incomplete(analyzer: Analyzer) -> None:
    @profile
    @given(VALUES, disguises(), st.sampled_from(CARRIERS))
    def check(value: Value, dress: tuple[str, ...], carrier: str) -> None:
        hidden = dressed(value.text, dress)
        assume(len(hidden) <= MAX_CHARS and not ("\n" in value.text and ON_ONE_LINE & set(dress)))
        wanted = kinds(scan(analyzer, value.text)) & kinds(scan(analyzer, carrier.replace("{}", value.text)))
        assume(wanted)
        found = scan(analyzer, carrier.replace("{}", hidden))
        assert found.failures or kinds(found) & wanted, (value, dress, carrier, wanted, kinds(found), hidden)

    check()
