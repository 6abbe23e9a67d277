"use strict";
/* What was decided: by day, and by day and class, zone, rule, app, team, endpoint and model; live, dry runs, canaries. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).traffic = (() => {
  const { NONE, Sums, names, day, partOf } = Ringfence.tables;
  const NAMED = ["app", "class", "endpoint", "model", "rule", "team", "zone"];

  class Part {
    constructor() {
      this.days = new Sums(["day"], ["allow", "block", "pin", "n"]);
      this.by = Object.fromEntries(NAMED.map((name) => [name, new Sums(["day", "name"])]));
      this.decisions = 0;
    }

    take({ ts, decision, actor, req, zone = NONE, classes, rules }) {
      const today = day(ts), { by } = this, sums = this.days.row(today);
      sums[["allow", "block", "pin"].indexOf(decision)]++;
      sums[3]++;
      this.decisions++;
      by.app.count(today, actor.app);
      by.team.count(today, actor.team);
      by.endpoint.count(today, req.endpoint);
      by.model.count(today, req.model_req);
      by.zone.count(today, zone);
      for (const name of names(classes, "c")) by.class.count(today, name);
      for (const name of names(rules, "id")) by.rule.count(today, name);
    }

    document() {
      const by = Object.fromEntries(NAMED.map((name) => [name, this.by[name].listed()]));
      return { decisions: this.decisions, days: this.days.table(), by };
    }
  }

  return class Traffic {
    constructor() {
      this.inside = { "route.decision": (seq, body) => this.parts[partOf(body)].take(body) };
      this.parts = { live: new Part(), dry_runs: new Part(), canaries: new Part() };
    }

    document() {
      return Object.fromEntries(Object.entries(this.parts).map(([name, part]) => [name, part.document()]));
    }
  };
})();
