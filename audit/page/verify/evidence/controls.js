"use strict";
/* Whether the control worked, day by day: tests of it in operation, and what they found of each class. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).controls = (() => {
  const { NONE, Rows, Sums, add, at, day, given, seconds } = Ringfence.tables;

  return class Controls {
    constructor() {
      this.inside = { "*": this.every, "control.tested": this.tested };
      this.days = new Set();
      this.tests = new Sums(["day", "control"], ["runs", "failed"]);
      this.classes = new Sums(["control", "set_sha256", "class"], ["sent", "found"]);
      this.types = new Sums(["control", "set_sha256", "type"], ["sent", "found"]);
      this.failures = new Rows();
      this.zones = new Set();
      Object.assign(this, { leaked: 0, sent: 0, arrived: 0, newest: "", gap: 0 });
    }

    every(seq, { ts }) {
      this.days.add(day(ts));
    }

    tested(seq, body) {
      const { ts, control, passed, leaked = 0, zones = [], harmless = { sent: 0, arrived: 0 }, set_sha256 = NONE } = body;
      const row = this.tests.row(day(ts), control);
      row[0]++;
      if (!passed) {
        row[1]++;
        this.failures.push({ ...at(seq, body), ...given(body, "control", "leaked", "bundle", "set_sha256") });
      }
      this.leaked = add(this.leaked, leaked);
      zones.forEach((zone) => this.zones.add(zone));
      this.sent = add(this.sent, harmless.sent);
      this.arrived = add(this.arrived, harmless.arrived);
      if (this.newest) this.gap = Math.max(this.gap, seconds(this.newest, ts));
      this.newest = ts;
      for (const { c, sent, found } of body.classes ?? []) this.count(this.classes.row(control, set_sha256, c), sent, found);
      for (const { t, sent, found } of body.types ?? []) this.count(this.types.row(control, set_sha256, t), sent, found);
    }

    count(row, sent, found) {
      row[0] = add(row[0], sent);
      row[1] = add(row[1], found);
    }

    document() {
      const runs = this.tests.table(), tested = new Set(runs.map((row) => row.day));
      return {
        runs, recall: this.classes.listed(), types: this.types.listed(), failures: this.failures.listed(), leaked: this.leaked,
        zones: [...this.zones].sort(), harmless: { sent: this.sent, arrived: this.arrived },
        days_without_run: [...this.days].filter((one) => !tested.has(one)).sort(), longest_gap_s: this.gap,
      };
    }
  };
})();
