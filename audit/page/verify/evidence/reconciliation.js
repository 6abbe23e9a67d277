"use strict";
/* Whether all is there: writers' counters, decisions and how they ended, what arrived, and what servers were asked. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).reconciliation = (() => {
  const { Sums, Rows, Recent, add, at, day, isCanary, partOf } = Ringfence.tables;
  const USAGE = [
    "attempts", "answered", "doubtful", "refused", "not_sent", "open", "reported", "in", "out", "cached", "bytes_sent", "bytes_recv",
  ];
  const AT = Object.fromEntries(USAGE.map((name, place) => [name, place]));
  const HOW = {
    ok: "answered", answer_blocked: "answered", refused_by_upstream: "refused", upstream_error: "refused", not_sent: "not_sent",
  };

  /** What servers counted as it arrived, and the requests that the log knows. */
  class Ingress {
    constructor() {
      Object.assign(this, { windows: 0, received: 0, decided: 0, requests: 0 });
      this.refused = new Sums(["status"]);
      this.days = new Sums(["day"], ["received", "decided", "refused"]);
      this.seen = new Recent();
    }

    request(name) {
      if (this.seen.add(name)) this.requests++;
    }

    window({ ts, received, decided, refused }) {
      let refusals = 0;
      this.windows++;
      this.received = add(this.received, received);
      this.decided = add(this.decided, decided);
      for (const { status, n } of refused) {
        const sums = this.refused.row(status);
        sums[0] = add(sums[0], n);
        refusals = add(refusals, n);
      }
      const today = this.days.row(day(ts));
      [received, decided, refusals].forEach((more, place) => (today[place] = add(today[place], more)));
    }

    document() {
      const { windows, received, decided, requests } = this, unexplained = requests - decided;
      return { windows, received, decided, refused: this.refused.table(), requests, unexplained, days: this.days.table() };
    }
  }

  return class Reconciliation {
    constructor(facts) {
      this.writers = new Ringfence.Writers(facts);
      this.ingress = new Ingress();
      this.inside = {
        "*": (seq, body) => this.writers.take(seq, body),
        "route.decision": this.decision,
        "route.attempt": this.attempt,
        "route.outcome": this.outcome,
        "ingress.counted": (seq, body) => this.ingress.window(body),
      };
      this.until = { "writer.stop": (seq, body) => this.writers.stop(body) };
      this.always = { "erasure.done": (seq, body) => this.writers.erase(body) };
      this.parts = { live: 0, dry_runs: 0, canaries: 0 };
      this.pending = new Map();
      this.canaries = new Recent();
      this.attempts = { expected: 0, closed: 0, unmatched: 0 };
      this.outcomes = new Sums(["status"]);
      this.usage = new Sums(["day", "zone", "upstream", "model"], USAGE);
    }

    decision(seq, body) {
      const canary = isCanary(body);
      this.parts[partOf(body)]++;
      if (canary) this.canaries.add(body.id);
      this.ingress.request(body.req.id);
      if (!body.dry_run) this.expect(seq, body, body.id, 1, !canary);
    }

    attempt(seq, body) {
      this.expect(seq, body, body.dec, body.attempt, !this.canaries.get(body.dec));
    }

    /** Note that an attempt waits for its outcome. */
    expect(seq, body, dec, attempt, counts) {
      const { up } = body;
      this.attempts.expected++;
      const usage = up && counts ? this.usage.row(day(body.ts), up.zone, up.id, up.model) : null;
      if (usage) usage[AT.attempts]++;
      this.pending.set(`${dec} ${attempt}`, { ...at(seq, body), dec, attempt, usage });
    }

    outcome(seq, body) {
      const name = `${body.dec} ${body.attempt}`, waited = this.pending.get(name);
      this.outcomes.count(body.status);
      if (!waited) {
        this.attempts.unmatched++;
        return;
      }
      this.pending.delete(name);
      this.attempts.closed++;
      if (waited.usage) this.use(waited.usage, body);
    }

    /** Add to a row of usage how an attempt ended. */
    use(row, { status, usage, ...body }) {
      const sum = (name, more = 0) => (row[AT[name]] = add(row[AT[name]], more));
      row[AT[HOW[status] ?? "doubtful"]]++;
      if (usage && Object.keys(usage).length) {
        row[AT.reported]++;
        for (const name of ["in", "out", "cached"]) sum(name, usage[name]);
      }
      for (const name of ["bytes_sent", "bytes_recv"]) sum(name, body[name]);
    }

    document() {
      const open = new Rows();
      const left = [...this.pending.values()].sort((one, other) => one.seq - other.seq);
      for (const { usage, ...place } of left) {
        open.push(place);
        if (usage) usage[AT.open]++;
      }
      const { expected, closed, unmatched } = this.attempts;
      const records = this.parts.live + this.parts.dry_runs + this.parts.canaries;
      return {
        writers: this.writers.listed(),
        decisions: { records, ...this.parts },
        attempts: { expected, closed, open: left.length, unmatched },
        outcomes: this.outcomes.table(),
        open: open.listed(),
        ingress: this.ingress.document(),
        usage: this.usage.listed(),
      };
    }
  };
})();
