"use strict";
/*
 * All documents of evidence in one pass over the records, in their order. A fold takes in records by kind: `inside` those
 * of the period, `until` those of the period and before it, `always` all of kinds that no pack leaves out; "*" is every
 * kind. `beside` takes in the record before the period, and the one behind it. What is absent, or no valid record, is given
 * as null.
 */
globalThis.Ringfence ??= {};
Ringfence.evidence = (() => {
  const { utf8 } = Ringfence.bytes;
  const { canonical } = Ringfence.json;
  const { full } = Ringfence.tables;
  const NAMES = [
    "ipe", "anchors", "traffic", "reconciliation", "policies", "access", "incidents", "controls", "disclosures", "retention", "clock",
  ];

  class Folding {
    /** Takes what a manifest says of the log and of the period. */
    constructor(facts) {
      this.facts = facts;
      this.folds = NAMES.map((name) => [name, new Ringfence.folds[name](facts)]);
      [this.ipe, this.anchors] = [this.folds[0][1], this.folds[1][1]];
      this.inside = this.table("inside");
      this.until = this.table("until");
      this.always = this.table("always");
    }

    /** Join what takes in records, kind -> [function...]. */
    table(when) {
      const joined = new Map();
      for (const [, fold] of this.folds) {
        for (const [kind, take] of Object.entries(fold[when] ?? {})) {
          if (!joined.has(kind)) joined.set(kind, []);
          joined.get(kind).push(take.bind(fold));
        }
      }
      return joined;
    }

    take(seq, body) {
      const { first, last } = this.facts, isInside = first <= seq && seq <= last;
      if (isInside) this.ipe.taken(seq);
      if (!body) {
        if (isInside) this.folds.forEach(([, fold]) => fold.absent?.(seq));
        return;
      }
      if (isInside) {
        give(this.inside.get("*"), seq, body);
        give(this.inside.get(body.kind), seq, body);
      } else if (seq === first - 1 || seq === last + 1) {
        this.folds.forEach(([, fold]) => fold.beside?.(seq, body));
      }
      if (seq <= last) give(this.until.get(body.kind), seq, body);
      give(this.always.get(body.kind), seq, body);
    }

    /** Take in the size of a stored checkpoint, the smallest first. */
    mark(size) {
      this.anchors.mark(size);
    }

    /** Return the documents by the names of their files, as bytes. To be called once, at the end. */
    documents() {
      const end = this.facts.to ? full(this.facts.to) : this.ipe.lastTs, made = new Map();
      for (const [name, fold] of this.folds) {
        made.set(`evidence/${name}.json`, utf8(`${canonical({ document: name, v: 1, ...fold.document(end) })}\n`));
      }
      return made;
    }
  }

  function give(takes, seq, body) {
    if (takes) for (const take of takes) take(seq, body);
  }

  return { Folding };
})();
