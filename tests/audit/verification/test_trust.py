"""Files of keys and heads from outside."""

import pytest
from stamping import root

from audit.proofs.checkpoint import Checkpoint
from audit.proofs.cosignature import Cosigner
from audit.proofs.note import Note
from audit.proofs.vkey import Signer
from audit.verification.trust import MalformedTrust, Trust

LOG = Signer("log.example/audit", bytes(range(32)))
WITNESSES = [Cosigner(Signer(f"witness.example/w{n}", bytes([n]) * 32)) for n in range(5)]
LINES = [f"witness W{n} {witness.vkey.encode()}" for n, witness in enumerate(WITNESSES)]
POLICY = "\n".join(
    [
        "# ours and theirs",
        f"log {LOG.vkey.encode()} https://log.example/",
        "",
        *LINES[:2],
        "\tgroup  ours any W0 W1",
        *LINES[2:],
        "group theirs 2 W2 W3 W4",
        "group both all ours theirs",
        "quorum both",
    ]
)


def head(size: int) -> Note:
    return Note(Checkpoint(LOG.name, size, bytes(32)).encode()).signed(LOG)


def test_a_policy_names_logs_witnesses_and_the_quorum() -> None:
    trust = Trust.read([POLICY.encode()])
    keys = [witness.vkey for witness in WITNESSES]
    assert trust.logs == (LOG.vkey,)
    assert list(trust.witnesses.values()) == keys
    for met in ([0, 2, 3], [1, 3, 4], [0, 1, 2, 3, 4]):
        assert trust.met([keys[n] for n in met])
    for unmet in ([], [0, 1], [2, 3, 4], [0, 2]):
        assert not trust.met([keys[n] for n in unmet])


def test_where_a_witness_is_asked_may_stand_behind_its_key() -> None:
    lines = [f"{LINES[0]} https://w0.example/", LINES[1], f"{LINES[2]}   http://w2.example", "quorum none"]
    assert Trust.read(["\n".join(lines).encode()]).urls == {"W0": "https://w0.example/", "W2": "http://w2.example"}


def test_heads_are_read_one_after_another_beside_a_policy() -> None:
    heads = (head(1), head(2), head(3))
    trust = Trust.read([head(1).encode() + head(2).encode(), POLICY.encode(), head(3).encode()])
    assert trust.heads == heads
    assert trust.logs == (LOG.vkey,)


def test_no_file_is_no_trust_and_a_quorum_of_none_is_never_met() -> None:
    assert Trust.read([]) == Trust()
    trust = Trust.read([b"quorum none\n"])
    assert not trust.met([witness.vkey for witness in WITNESSES])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (POLICY.replace("quorum both", ""), 1),
        (POLICY + "\nquorum both", 13),
        (POLICY.replace("quorum both", "quorum nobody"), 12),
        (POLICY.replace("theirs 2", "theirs 4"), 10),
        (POLICY.replace("theirs 2", "theirs 0"), 10),
        (POLICY.replace("theirs 2", "theirs " + "9" * 5000), 10),
        (POLICY.replace("theirs 2", "theirs ²"), 10),
        (POLICY.replace("W0 W1", "W0 W0"), 6),
        (POLICY.replace("2 W2 W3 W4", "2 W2 W3 W1"), 10),
        (POLICY.replace("2 W2 W3 W4", "2 W2 W3 both"), 10),
        (POLICY.replace("witness W1", "witness W0"), 5),
        (POLICY.replace("witness W1", "witness none"), 5),
        (POLICY.replace(LOG.vkey.encode(), WITNESSES[0].vkey.encode()), 2),
        (POLICY.replace(WITNESSES[1].vkey.encode(), LOG.vkey.encode()), 5),
        (POLICY.replace(WITNESSES[1].vkey.encode(), WITNESSES[0].vkey.encode()), 1),
        (POLICY.replace("log log", "log x"), 2),
        ("nonsense", 1),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(MalformedTrust) as refused:
        Trust.read([text.encode()])
    assert refused.value.line == line


def test_what_is_no_checkpoint_is_refused_and_so_is_a_second_policy() -> None:
    with pytest.raises(MalformedTrust) as refused:
        Trust.read([head(1).encode() + head(2).encode().replace(b"\n2\n", b"\n02\n")])
    assert refused.value.line == 6
    with pytest.raises(MalformedTrust, match=r"^line 1: a second policy"):
        Trust.read([POLICY.encode(), b"quorum none\n"])


def test_certificates_of_time_stamp_authorities_are_told_apart_from_heads_and_policies() -> None:
    one, other = root("One"), root("Other")
    trust = Trust.read([one.pem.rstrip(), POLICY.encode(), head(3).encode(), b"# a comment\n" + other.pem])
    assert trust.authorities is not None
    assert [issued.subject.rfc4514_string() for issued in trust.authorities.roots] == ["CN=One", "CN=Other"]
    assert (trust.logs, trust.heads) == ((LOG.vkey,), (head(3),))
    assert Trust.read([POLICY.encode()]).authorities is None
    with pytest.raises(MalformedTrust, match="not a certificate in PEM"):
        Trust.read([one.pem[:-60]])


@pytest.mark.parametrize("policy_first", [True, False])
def test_a_policy_in_a_file_of_certificates_is_refused_and_not_passed_over(policy_first: bool) -> None:
    pem, policy = root("One").pem, f"log {LOG.vkey.encode()}\nquorum none\n".encode()
    with pytest.raises(MalformedTrust, match="put each into a file of its own") as refused:
        Trust.read([policy + pem if policy_first else pem + policy])
    assert refused.value.line == (1 if policy_first else pem.count(b"\n") + 1)
