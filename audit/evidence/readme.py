"""The README of every pack: a constant of the version, so that whoever has the pack can compare it."""

README = b"""\
# Evidence of a Ringfence log

This file is part of a pack: one tar that holds records of an append-only log, what proves them, and documents that
were counted from them. The same log, period and checkpoint give the same pack, byte for byte.

## What is in it

    manifest.json     the digest of every file, which log, which period; manifest.note: a signature over it
    log/              the records (records.jsonl), what is hashed of each of ALL records of the log (env.bin), signed
                      checkpoints, the policies that were in force (texts/)
    evidence/         documents counted from these records; verifiers count again and compare
    summary.html      the same documents as tables and charts; opens offline, prints
    verify.py         checks all of it: Python 3.11 and the package "cryptography", no network
    verify.html       checks all of it in a browser, offline, by other code; samples, and shows records

Bodies of passing records (decisions, attempts, outcomes, reads, denials, counts, heartbeats, tests) outside the period
are left out; their hashes are not. Policies, keys, access, incidents, prunes, erasures and holds are to be there in
full: that no other body is missing outside the period, whoever made the pack says. A pack without a period has all.

## How to check it

    python3 verify.py PACK.tar
    python3 verify.py PACK.tar --trust FILE     # heads or keys that you got from outside

Do not take the verifier from a pack that you doubt. Compare its SHA-256 with the one that the release publishes
(deploy/docs/evidence.md of the source), or run "ringfence audit verify PACK.tar" from a copy of your own.

A grade says what the result is worth. What you bring makes it worth more: a head of the log that you kept, from a
witness, a bucket or a repository that the operator cannot rewrite, or the certificate of a time-stamp authority. Never
take a file for --trust from whoever gave you the pack.

## How to sample

Before you ask for a pack, choose a nonce that nobody could foresee, such as a line thrown with dice; keep it to
yourself until you have the pack, and send its SHA-256 along when you ask:

    python3 verify.py sample PACK.tar --nonce YOUR-NONCE --count 25

The sample follows from your nonce and the root of the log alone. Whoever made the pack did not know the nonce, and
could not steer it; you did not know the root, and the SHA-256 that you sent shows to others that you could not either.
Each record of it comes with its proof of inclusion. Keep the nonce: whoever has it and the pack draws the same sample.

## What it proves

- Every record of the period is there and was not changed since the log was signed, or is listed as erased or pruned;
  verifiers say where nothing shows that the period begins or ends as the pack says.
- The documents say what the records say. Nothing was filtered: what a verifier counts is what is counted here.
- Each decision names the policies under which it was made, by their digest. policies.json lists those that no record
  before had activated; verifiers say how many policies are not in the archive, and compare those that are.

## What it does not prove

- That the records are true. Whoever controls the proxy can make it record what did not happen.
- That all traffic went through the proxy. Compare the vendor's usage figures: "ringfence audit reconcile".
- Anything of records behind the newest head that you have from outside: an end can be cut off, or written anew, by
  whoever holds the signing key.
- Anything of bodies that were left out of the period, pruned or erased, but that they were there: not of which kind.
- That nobody else read the log: whoever can open its database, or its file, leaves no record of that.
- That the detectors find everything. The tests in controls.json are of planted values.
- That a clock was right, beyond what time stamps bound.
- That the mapping to the Trust Services Criteria (criteria.json) is complete or apt: it needs a qualified reader.
- Counts of arrivals (ingress) since the last minute before a crash are lost; reconciliation.json shows the difference.
"""
