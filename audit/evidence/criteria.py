"""Which questions of a SOC 2 audit the documents help to answer: a constant of the version, read by people.

The questions are paraphrased from the Trust Services Criteria (AICPA, 2017, points of focus of 2022), whose text is the
AICPA's. A figure is a path into a document of the same pack.
"""

from audit.records.jcs import canonical

NOTE = (
    "This mapping was made by engineers from public descriptions of the Trust Services Criteria. It has to be read by "
    "somebody qualified before anybody relies on it. The criteria ask for more than one system can show."
)

Figure = tuple[str, tuple[str, ...], str]
"""Document, path in it, and what stands there."""
Criterion = tuple[str, str, tuple[Figure, ...], str]
"""Id, question, figures, and what this evidence leaves open."""

MAPPING: tuple[Criterion, ...] = (
    (
        "CC6.1",
        "Is access to the system, its policies and its log restricted to those who need it, and is that reviewed?",
        (
            ("access", ("roles",), "keys by role at the end of the period"),
            ("access", ("reviews", "total"), "reviews of the list of keys"),
            ("access", ("denied",), "refused by key, role or path, by day"),
            ("access", ("reads", "total"), "who read the log: actor by day and kind of reading"),
        ),
        "Access to the machine, its database and its files; whether each key is still needed.",
    ),
    (
        "CC6.6",
        "Is the boundary to vendors guarded, so that nothing crosses it undecided?",
        (
            ("disclosures", ("outside_left", "total"), "requests let go to a zone that their decision had not left"),
            ("policies", ("summary", "unregistered"), "decisions under a bundle that was never activated"),
            ("reconciliation", ("ingress", "unexplained"), "requests that counters of arrival and log do not agree on"),
        ),
        "Traffic that bypasses the proxy: rules of the network; the vendor's usage, by 'ringfence audit reconcile'.",
    ),
    (
        "CC6.7",
        "Is restricted data sent only where it may go?",
        (
            ("disclosures", ("restricted", "n"), "decisions that used a zone above the ceiling of a class found: zero"),
            ("disclosures", ("restricted", "judged"), "decisions that this was judged of"),
            ("disclosures", ("restricted", "unjudged"), "decisions under policies whose ceilings the log does not say"),
            ("controls", ("leaked",), "planted values that arrived at a vendor's sink: zero"),
        ),
        "Data that the detectors did not find; encryption on the way.",
    ),
    (
        "CC7.2",
        "Is the control watched continuously, and would it be seen that it is off?",
        (
            ("controls", ("days_without_run",), "days with records and no test of the control"),
            ("controls", ("failures", "total"), "tests that failed"),
            ("incidents", ("dark", "total"), "times without any record"),
            ("anchors", ("checkpoints", "behind"), "records behind the newest signed head"),
        ),
        "Whether somebody looked at what was told.",
    ),
    (
        "CC7.3",
        "Are anomalies evaluated and closed?",
        (
            ("incidents", ("by",), "incidents by what they were, with the longest time to close"),
            ("incidents", ("break_glass", "total"), "emergency grants, each by two persons"),
            ("incidents", ("unnotified",), "messages that did not reach their channel"),
        ),
        "What people found out and decided about each of them.",
    ),
    (
        "CC8.1",
        "Was every change of policy authorised, approved by somebody else, and put into force as approved?",
        (
            ("policies", ("summary", "activations"), "activations up to the end of the period"),
            ("policies", ("summary", "verified"), "those with an approval whose signature is in the archive"),
            ("policies", ("summary", "claimed"), "those whose approval no signature says"),
            ("policies", ("summary", "none"), "those without an approval"),
            ("policies", ("summary", "not_distinct"), "those whose author approved them"),
            ("policies", ("exceptions", "total"), "exceptions that were used"),
            ("access", ("changes", "total"), "changes of settings"),
        ),
        "Changes of the program itself; whose a signing key is.",
    ),
    (
        "C1.1",
        "Is confidential information identified, and kept as long as it must be?",
        (
            ("traffic", ("live", "by", "class"), "classes found, by day"),
            ("retention", ("holds", "total"), "legal holds"),
            ("retention", ("in_force",), "holds that are in force"),
        ),
        "The log holds no content: what was found stands there as classes and counts.",
    ),
    (
        "C1.2",
        "Is confidential information disposed of when it has to be?",
        (
            ("retention", ("pruned", "total"), "prunes"),
            ("retention", ("erased", "total"), "records whose bodies were erased, listed"),
        ),
        "What vendors, callers and model servers keep; backups.",
    ),
    (
        "P4",
        "Is personal information used, kept and disposed of only for its purpose?",
        (
            ("traffic", ("live", "by", "rule"), "rules that restricted a request, by day"),
            ("retention", ("erasures", "total"), "erasures, with their reasons"),
        ),
        "The purposes themselves, and consent.",
    ),
    (
        "P6",
        "Is there a record of each disclosure of personal information to third parties, and can one account for it?",
        (
            ("disclosures", ("total",), "decisions that let a request go to a vendor"),
            ("disclosures", ("zones",), "by zone"),
            ("disclosures", ("classes", "total"), "by day, zone and class"),
            ("disclosures", ("accounts", "total"), "by key, for an account to whom it belongs"),
        ),
        "Which person a request was about: the log does not know. Agreements with vendors.",
    ),
)


def _plain(criterion: Criterion) -> dict[str, object]:
    name, question, figures, outside = criterion
    return {
        "id": name,
        "question": question,
        "figures": [{"document": document, "path": list(path), "means": means} for document, path, means in figures],
        "outside": outside,
    }


CRITERIA = (
    canonical({"document": "criteria", "v": 1, "note": NOTE, "criteria": [_plain(each) for each in MAPPING]}) + b"\n"
)
"""The file."""
