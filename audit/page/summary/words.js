"use strict";
globalThis.Ringfence ??= {};

// What codes mean, in plain words. A code that is not here is shown as it is.
Ringfence.words = (() => {
  const grades = {
    failed: ["Findings: do not rely on this", "Something in it does not hold. Below is what, and where."],
    "self-consistent": ["Consistent with itself", "Every record, link and figure agrees with every other. Nobody has signed any of it, so whoever had all of it could have made all of it."],
    signed: ["Signed by the log's own key", "Nobody without the log's signing key changed, moved or removed a record. It does not bind whoever holds that key."],
    anchored: ["Anchored outside", "What lies under the head or time stamp that you brought was neither rewritten nor cut off, not even by whoever runs the log."],
    witnessed: ["Witnessed by others", "The witnesses that you named signed this history. It is the one that they saw, and nobody was shown another."],
  };
  const said = {
    allow: "allowed", pin: "kept on own servers", block: "refused",
    live: "live traffic", dry_runs: "dry runs", canaries: "canaries",
    own: "own", vendor: "vendor", unknown: "not recorded",
    "-": "none",
  };
  const findings = {
    GAP: "a record is missing", WRITER_GAP: "records of one writer are missing", BODY_HASH: "the bytes of a record were changed",
    LINK: "the chain is broken", HEAD: "the head is of another chain", NONCANONICAL: "a record is not in its one form",
    SCHEMA: "a record is not of its schema", UNKNOWN_KIND: "a kind of record that the log never introduced",
    COLUMN_MISMATCH: "what is searched is not what is recorded", GENESIS: "the log begins wrongly, or twice", LOG_ID: "a record of another log",
    TRUNCATED: "records that something names are not there", RECEIPT: "a receipt is of another log", FORK: "there are two logs",
    TRUST: "what you brought does not fit", CHECKPOINT: "a checkpoint is none", CHECKPOINT_SIG: "a signature is wrong",
    ROOT: "a checkpoint is over other records", KEY_RANGE: "a key signed while it was not in use", STALE: "the newest checkpoint is too old",
    TIME: "a time contradicts a time stamp", BUNDLE_TEXT: "an archived text is not the one that was named", APPROVAL: "an approval does not hold",
    EXPORT: "the files of the log are not whole", UNREADABLE: "it cannot be read to its end", LEFT_OUT: "a record is left out that should be there",
    ERASED: "an erasure that the log does not account for", PRUNED: "a prune that the log does not account for",
    PACK: "the pack's own form, or its signature", MANIFEST: "the list of contents is wrong", EVIDENCE: "a document does not follow from the records",
  };
  const kinds = {
    "route.decision": "decision", "route.attempt": "further attempt", "route.outcome": "outcome", "policy.activated": "policy activated",
    "config.changed": "settings changed", "access.granted": "access granted", "access.revoked": "access revoked", "access.denied": "access denied",
    "access.reviewed": "access reviewed", "audit.read": "log read", "audit.exported": "log exported", "audit.verified": "log verified",
    "control.tested": "control tested", "anchor.receipt": "anchor's receipt", "incident.opened": "incident opened", "incident.closed": "incident closed",
    "backup.made": "backup made", "erasure.done": "erasure", "retention.pruned": "prune", "hold.placed": "hold placed", "hold.lifted": "hold lifted",
    "writer.start": "server started", "writer.stop": "server stopped", "writer.heartbeat": "heartbeat", "ingress.counted": "requests counted",
  };
  const own = (table, name) => (Object.hasOwn(table, name) ? table[name] : undefined);
  const plain = (code) => String(code ?? "–").replaceAll("_", " ");

  return {
    finding: (code) => own(findings, code) ?? "see the documentation of this code",
    grade: (name) => own(grades, name) ?? [String(name), ""],
    kind: (name) => own(kinds, name) ?? String(name),
    plain,
    titled: (name) => (Object.hasOwn(kinds, name) ? `${kinds[name]} (${name})` : String(name)),
    say: (code) => own(said, code) ?? String(code ?? "–"),
  };
})();
