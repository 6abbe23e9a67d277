"use strict";
/* What went wrong and how long it lasted: incidents, break-glass, spools, times without a record, restarts. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).incidents = (() => {
  const { Rows, Sums, add, at, by, day, given, listed, seconds, who } = Ringfence.tables;
  const DARK_S = 3900;

  return class Incidents {
    constructor({ last, from = "" }) {
      Object.assign(this, { last, from });
      this.inside = { "*": this.every, "notify.failed": this.unnotified };
      this.until = {
        "incident.opened": this.opened,
        "breakglass.granted": this.granted,
        "spool.imported": (seq, body) => this.imports.push({ ...at(seq, body), ...given(body, "count", "since", "whole") }),
        "writer.start": (seq, body) => this.writer("start", seq, body),
        "writer.stop": (seq, body) => this.writer("stop", seq, body),
      };
      this.always = {
        "incident.closed": (seq, body) => this.end(this.incidents.get(body.incident), "closed", seq, body),
        "breakglass.ended": (seq, body) => this.end(this.grants.get(body.grant), "ended", seq, body),
      };
      [this.incidents, this.grants] = [new Map(), new Map()];
      [this.imports, this.dark, this.writers] = [new Rows(), new Rows(), new Rows()];
      this.unheard = new Sums(["day", "channel"]);
      this.latest = "";
    }

    /** Of a time around a record that is absent, nothing is said. */
    absent() {
      this.latest = "";
    }

    /** A time without a record may begin before the period, or end behind it. */
    beside(seq, body) {
      if (seq > this.last || body.ts < this.from) this.every(seq, body);
    }

    every(seq, { ts }) {
      const { latest } = this;
      if (ts <= latest) return;
      if (latest && ts.slice(0, 13) !== latest.slice(0, 13)) {
        const s = seconds(latest, ts);
        if (s > DARK_S) this.dark.push({ seq, since: latest, until: ts, s });
      }
      this.latest = ts;
    }

    opened(seq, body) {
      if (this.incidents.has(body.incident)) return;
      this.incidents.set(body.incident, { ...given(body, "incident", "what", "about"), opened: at(seq, body) });
    }

    granted(seq, body) {
      const { proposer, confirmer } = body;
      this.grants.set(body.id, {
        ...at(seq, body), proposer: who(proposer), confirmer: who(confirmer), ...given(body, "until", "reason", "store"),
      });
    }

    /** The first ending counts. */
    end(row, what, seq, body) {
      if (!row || what in row) return;
      row[what] = { ...at(seq, body), how: body.how, ...by(body) };
      if (what === "closed") row.s = seconds(row.opened.ts, body.ts);
    }

    writer(what, seq, body) {
      const said = what === "start" ? given(body, "version", "previous_epoch") : {};
      this.writers.push({ ...at(seq, body), what, inst: body.w.inst, ...said });
    }

    unnotified(seq, body) {
      const row = this.unheard.row(day(body.ts), body.channel);
      row[0] = add(row[0], body.n);
    }

    document() {
      const rows = [...this.incidents.values()], sums = new Sums(["what"], ["opened", "closed", "open", "longest_s"]);
      for (const row of rows) {
        const one = sums.row(row.what);
        one[0]++;
        one[row.closed ? 1 : 2]++;
        one[3] = Math.max(one[3], row.s ?? 0);
      }
      return {
        incidents: listed(rows), by: sums.table(), break_glass: listed([...this.grants.values()]), imports: this.imports.listed(),
        dark: this.dark.listed(), writers: this.writers.listed(), unnotified: this.unheard.table(),
      };
    }
  };
})();
