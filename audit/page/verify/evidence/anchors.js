"use strict";
/* Where heads of the log are kept, how often, and under which keys. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).anchors = (() => {
  const { Rows, at, given, listed, max, seconds } = Ringfence.tables;

  return class Anchors {
    constructor(facts) {
      this.facts = facts;
      this.always = { genesis: this.genesis, "anchor.receipt": this.receipt };
      for (const what of ["introduced", "retired", "revoked"]) {
        this.always[`key.${what}`] = (seq, body) =>
          this.keys.push({ ...at(seq, body), what, ...given(body, "usage", "key_id", "size") });
      }
      this.vkeys = [];
      this.keys = new Rows();
      this.receipts = new Map();
      this.newest = new Map();
      this.marks = { count: 0, smallest: 0, largest: 0, widest: 0 };
    }

    /** Take in a checkpoint; they come in the order of their sizes. */
    mark(size) {
      const { marks } = this;
      marks.widest = Math.max(marks.widest, size - marks.largest);
      if (marks.count++ === 0) marks.smallest = size;
      marks.largest = size;
    }

    genesis(seq, body) {
      if (!this.vkeys.length) this.vkeys = body.vkeys;
    }

    receipt(seq, { anchor, size, ts }) {
      const row = this.receipts.get(anchor), before = this.newest.get(anchor);
      this.newest.set(anchor, ts);
      if (!row) {
        this.receipts.set(anchor, { anchor, receipts: 1, first_size: size, last_size: size, last_ts: ts, longest_gap_s: 0 });
        return;
      }
      row.receipts++;
      row.first_size = Math.min(row.first_size, size);
      row.last_size = Math.max(row.last_size, size);
      row.last_ts = max(row.last_ts, ts);
      row.longest_gap_s = Math.max(row.longest_gap_s, seconds(before, ts));
    }

    document() {
      const receipts = [...this.receipts.keys()].sort().map((name) => this.receipts.get(name));
      const behind = this.facts.size - this.marks.largest;
      return { receipts: listed(receipts), keys: this.keys.listed(), vkeys: this.vkeys, checkpoints: { ...this.marks, behind } };
    }
  };
})();
