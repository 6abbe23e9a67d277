"use strict";
/* Information produced by the entity: what was asked of the log, by whom, and totals by which to check the answer. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).ipe = (() => {
  const { Sums, at, by, day, full } = Ringfence.tables;

  return class Ipe {
    constructor(facts) {
      this.facts = facts;
      this.inside = { "*": this.every, "route.decision": this.decision };
      this.always = { genesis: this.genesis, "audit.read": this.read, "erasure.done": this.erasure };
      this.asked = {};
      if (facts.from) this.asked.from = full(facts.from);
      if (facts.to) this.asked.to = full(facts.to);
      Object.assign(this, { firstTs: "", lastTs: "", schema: "", requested: {}, next: facts.first, whole: true });
      this.count = { taken: 0, present: 0, outside: 0 };
      this.erased = new Set();
      this.kinds = new Sums(["kind"]);
      this.totals = new Sums(["day", "decision", "bundle", "epoch"]);
    }

    taken(seq) {
      this.count.taken++;
      this.whole &&= seq === this.next;
      this.next = seq + 1;
    }

    every(seq, body) {
      const { ts } = body, { from = "", to = "~" } = this.asked;
      this.count.present++;
      this.kinds.count(body.kind);
      if (ts < from || ts >= to) this.count.outside++;
      if (ts > this.lastTs) this.lastTs = ts;
      if (!this.firstTs || ts < this.firstTs) this.firstTs = ts;
    }

    decision(seq, body) {
      this.totals.count(day(body.ts), body.decision, body.bundle.sha256, body.w.epoch);
    }

    genesis(seq, body) {
      this.schema ||= body.schema_sha256;
    }

    read(seq, body) {
      if (body.what !== "export") return;
      const same = (name) => (name in body ? full(body[name]) : undefined) === this.asked[name];
      if (same("from") && same("to")) this.requested = { requested: { ...at(seq, body), ...by(body) } };
    }

    erasure(seq, body) {
      const { first, last } = this.facts;
      if (body.v < 2) return;
      for (const one of body.records) if (first <= one.seq && one.seq <= last) this.erased.add(one.seq);
    }

    document() {
      const { log_id, origin, size, root, first, last } = this.facts, { taken, present, outside } = this.count;
      const population = Math.max(0, last - first + 1), erased = this.erased.size;
      return {
        log_id, origin, size, root, first, last, ...this.asked,
        time_zone: "UTC",
        query: "every record from first to last, in the order of seq; no filter",
        schema_sha256: this.schema,
        ...this.requested,
        population, taken, present, erased,
        pruned: Math.max(0, taken - present - erased),
        contiguous: this.whole && taken === population,
        excluded: 0,
        first_ts: this.firstTs, last_ts: this.lastTs, outside_period: outside,
        kinds: this.kinds.table(), decisions: this.totals.total(), totals: this.totals.listed(),
      };
    }
  };
})();
