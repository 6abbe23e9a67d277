"use strict";
/* What of the log is gone, by whose word, and what must not go. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).retention = (() => {
  const { Rows, at, by, given, listed } = Ringfence.tables;
  const PRUNED = ["from_seq", "to_seq", "root", "until", "bodies", "anchors", "kinds"];

  return class Retention {
    constructor() {
      [this.prunes, this.erasures] = [new Rows(), new Rows()];
      this.always = {
        "retention.pruned": (seq, body) => this.prunes.push({ ...at(seq, body), ...by(body), ...given(body, ...PRUNED) }),
        "erasure.done": this.erased,
        "hold.placed": this.placed,
        "hold.lifted": this.lifted,
      };
      this.gone = new Map();
      this.holds = [];
      this.inForce = new Map();
    }

    erased(seq, body) {
      this.erasures.push({ ...at(seq, body), ...by(body), reason: body.reason, records: body.records.length });
      if (body.v < 2) return;
      for (const one of body.records) {
        if (!this.gone.has(one.seq)) this.gone.set(one.seq, { ...given(one, "seq", "id", "kind", "ts", "bh"), by_seq: seq });
      }
    }

    placed(seq, body) {
      const row = { placed: { ...at(seq, body), ...by(body) }, ...given(body, "hold", "from", "to", "team") };
      this.holds.push(row);
      if (!this.inForce.has(body.hold)) this.inForce.set(body.hold, []);
      this.inForce.get(body.hold).push(row);
    }

    lifted(seq, body) {
      const newest = this.inForce.get(body.hold)?.pop();
      if (newest) newest.lifted = { ...at(seq, body), ...by(body) };
    }

    document() {
      const gone = [...this.gone.values()].sort((one, other) => one.seq - other.seq);
      const inForce = [...this.inForce].filter(([, holds]) => holds.length).map(([name]) => name).sort();
      return {
        pruned: this.prunes.listed(), erasures: this.erasures.listed(), erased: listed(gone), holds: listed(this.holds),
        in_force: inForce,
      };
    }
  };
})();
