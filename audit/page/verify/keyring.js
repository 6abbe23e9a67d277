"use strict";
/*
 * Which keys may sign a log's checkpoints, and for which sizes: what its own records say of them.
 *
 * The genesis names the first keys; `key.introduced` adds one; `key.retired` and `key.revoked` end one: no checkpoint that
 * covers such a record may be signed by it, and what it signed from the declared size on counts for nothing. An ended key
 * may still be revoked, from a smaller size on. Ranges are [since, until) in sizes of checkpoints.
 */
globalThis.Ringfence ??= {};
Ringfence.keyring = (() => {
  const { VerifierKey } = Ringfence.note;
  const ENDS = { "key.retired": "retired", "key.revoked": "revoked" };

  class Span {
    constructor(key, since) {
      Object.assign(this, { key, since, until: Infinity, disowned: Infinity });
    }

    /** Whether the key may sign a checkpoint of this size. */
    covers(size) {
      return this.since <= size && size < this.until;
    }

    /** Whether what it signed of this size still says anything. */
    counts(size) {
      return this.covers(size) && size < this.disowned;
    }
  }

  class Keyring {
    constructor() {
      this.spans = new Map();
    }

    /** Take in a valid record of any kind; return what it claims of keys that cannot be, or null. */
    take(seq, body) {
      if (body.kind === "genesis") return seq === 0 ? this.add(seq, body.vkeys, body.origin) : null;
      if (body.usage !== "checkpoint") return null;
      if (body.kind === "key.introduced") {
        const [first] = this.spans.values();
        const origin = first ? first.key.name : "";
        if (!body.vkey?.startsWith(`${origin}+${body.key_id}+`)) {
          return "it introduces a key under an id or a name that is not the key's";
        }
        return this.add(seq, [body.vkey], origin);
      }
      return body.kind in ENDS ? this.end(seq, body) : null;
    }

    end(seq, { kind, key_id, size }) {
      const span = this.spans.get(key_id);
      if (!span || size > seq) return "it ends a key that the log does not name, or for a size that the log did not have";
      if (span.until === Infinity) {
        [span.until, span.disowned] = [seq + 1, size];
      } else if (ENDS[kind] === "revoked") {
        span.disowned = Math.min(span.disowned, size);
      }
      return null;
    }

    add(seq, texts, origin) {
      for (const text of texts) {
        let key;
        try {
          key = VerifierKey.decode(text);
        } catch {
          return "it names a key that is none";
        }
        if (key.name !== origin || this.spans.has(key.hash)) return "it names a key twice, or one of another log";
        this.spans.set(key.hash, new Span(key, seq + 1));
      }
      return null;
    }

    /** Return the span of a key; undefined where the log does not name just this key. */
    find(key) {
      const span = this.spans.get(key.hash);
      return span?.key.text === key.text ? span : undefined;
    }

    keys() {
      return [...this.spans.values()].map((span) => span.key);
    }
  }

  return { Keyring };
})();
