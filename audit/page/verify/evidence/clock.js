"use strict";
/* How far the times in the log can be believed, by what each record says of its clock. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).clock = (() => {
  const { Rows, Sums, at, day, given } = Ringfence.tables;

  return class Clock {
    constructor() {
      this.inside = { "*": this.every, "incident.opened": this.opened };
      this.days = new Sums(["day"], ["records", "synchronised", "unknown", "max_err_us"]);
      this.latest = "";
      this.backwards = 0;
      this.anomalies = new Rows();
    }

    every(seq, { ts, clock }) {
      const today = this.days.row(day(ts));
      today[0]++;
      if (clock.sync) today[1]++;
      if (clock.src === "unknown") today[2]++;
      today[3] = Math.max(today[3], clock.err_us ?? 0);
      if (ts < this.latest) this.backwards++;
      else this.latest = ts;
    }

    opened(seq, body) {
      if (body.what === "time_anomaly") this.anomalies.push({ ...at(seq, body), ...given(body, "about") });
    }

    document() {
      return { days: this.days.table(), backwards: this.backwards, anomalies: this.anomalies.listed() };
    }
  };
})();
