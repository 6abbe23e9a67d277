"use strict";
/* Each writer counts its records without gaps; what is missing between the first and the last is listed. */
globalThis.Ringfence ??= {};
Ringfence.Writers = (() => {
  const { NONE, listed } = Ringfence.tables;

  return class Writers {
    constructor({ first, last }) {
      this.isInside = (seq) => first <= seq && seq <= last;
      this.epochs = new Map();
      this.erased = new Map();
      this.stopped = new Set();
    }

    span(epoch, inst, seq, n) {
      let found = this.epochs.get(epoch);
      if (!found) {
        found = { inst, first_seq: seq, last_seq: seq, first: n, last: n, records: 0 };
        this.epochs.set(epoch, found);
      }
      found.first_seq = Math.min(found.first_seq, seq);
      found.last_seq = Math.max(found.last_seq, seq);
      found.first = Math.min(found.first, n);
      found.last = Math.max(found.last, n);
      return found;
    }

    take(seq, { w }) {
      this.span(w.epoch, w.inst, seq, w.n).records++;
    }

    stop({ w }) {
      this.stopped.add(w.epoch);
    }

    erase({ v, records }) {
      if (v < 2) return;
      for (const one of records) if (this.isInside(one.seq) && !this.erased.has(one.seq)) this.erased.set(one.seq, one);
    }

    listed() {
      const erased = new Map();
      for (const [seq, { epoch, n }] of this.erased) {
        this.span(epoch, NONE, seq, n);
        erased.set(epoch, (erased.get(epoch) ?? 0) + 1);
      }
      const rows = [...this.epochs].map(([epoch, found]) => {
        const gone = erased.get(epoch) ?? 0, missing = found.last - found.first + 1 - found.records - gone;
        return { epoch, ...found, erased: gone, missing, stopped: this.stopped.has(epoch) };
      });
      return listed(rows.sort((one, other) => one.first_seq - other.first_seq || (one.epoch < other.epoch ? -1 : 1)));
    }
  };
})();
