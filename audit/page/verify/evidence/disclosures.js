"use strict";
/* What was disclosed to vendors: how much, of which class, by which rule and for whom; and what must be nothing. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).disclosures = (() => {
  const { NONE, Rows, Sums, Recent, add, at, day, isCanary, listed, names } = Ringfence.tables;
  const [ATTEMPTS, LEFT, NOT_LEFT, DOUBTFUL, OPEN, SENT] = [0, 1, 2, 3, 4, 5];

  return class Disclosures {
    constructor() {
      this.until = { "policy.activated": this.activated };
      this.inside = { "route.decision": this.decision, "route.attempt": this.attempt, "route.outcome": this.outcome };
      this.reaches = new Map();
      [this.recent, this.ofCanaries] = [new Recent(), new Recent()];
      this.pending = new Map();
      const values = ["attempts", "left", "not_left", "doubtful", "open", "bytes_sent"];
      this.days = new Sums(["day", "zone", "upstream", "region", "app", "team", "trust"], values);
      this.classes = new Sums(["day", "zone", "name"]);
      this.rules = new Sums(["day", "zone", "name"]);
      this.zones = new Sums(["zone", "trust"]);
      this.accounts = new Sums(["key", "zone"]);
      this.owners = new Map();
      Object.assign(this, { canaries: 0, total: 0, judged: 0, unjudged: 0, unmatched: 0 });
      [this.restricted, this.astray] = [new Rows(), new Rows()];
    }

    /** Who runs each zone, and where data of a class may go at most, as an activation says it. */
    activated(seq, { bundle, reach }) {
      if (!reach) return;
      const trust = new Map(reach.zones.map((one) => [one.zone, one.trust]));
      const ceilings = new Map(reach.classes.map((one) => [one.c, new Set(one.zones)]));
      this.reaches.set(bundle.sha256, { trust, ceilings });
    }

    decision(seq, body) {
      const { up, actor } = body;
      if (!up || body.dry_run) return;
      if (isCanary(body)) {
        this.canaries++;
        this.ofCanaries.add(body.id);
        return;
      }
      const { zone } = up;
      if (!body.zones_left.includes(zone) || (body.zone ?? zone) !== zone) this.astray.push({ ...at(seq, body), zone });
      const trust = this.judge(seq, body, zone), decided = { zone, trust, app: actor.app, team: actor.team };
      this.recent.add(body.id, decided);
      if (trust === "own") return;
      this.count(body, zone, trust);
      this.expect(body.id, 1, body, decided);
    }

    /** Say who runs the zone; note the decision if a class that it found may not go there. */
    judge(seq, body, zone) {
      const reach = this.reaches.get(body.bundle.sha256);
      if (!reach) {
        this.unjudged++;
        return "unknown";
      }
      this.judged++;
      const over = body.classes.map(({ c }) => c).filter((c) => reach.ceilings.has(c) && !reach.ceilings.get(c).has(zone));
      if (over.length) this.restricted.push({ ...at(seq, body), zone, classes: [...new Set(over)].sort() });
      return reach.trust.get(zone) ?? "unknown";
    }

    count({ ts, actor, classes, rules }, zone, trust) {
      const today = day(ts);
      this.total++;
      this.zones.count(zone, trust);
      for (const name of names(classes, "c")) this.classes.count(today, zone, name);
      for (const name of names(rules, "id")) this.rules.count(today, zone, name);
      this.accounts.count(actor.id, zone);
      if (!this.owners.has(actor.id)) this.owners.set(actor.id, { app: actor.app, team: actor.team });
    }

    attempt(seq, body) {
      const decided = this.recent.get(body.dec);
      if (!decided) {
        if (!this.ofCanaries.get(body.dec)) this.unmatched++;
        return;
      }
      const { zone, up } = body;
      if (zone !== decided.zone || up.zone !== decided.zone) this.astray.push({ ...at(seq, body), zone: up.zone });
      if (decided.trust !== "own") this.expect(body.dec, body.attempt, body, decided);
    }

    expect(dec, attempt, { ts, up }, { app, team, trust }) {
      const row = this.days.row(day(ts), up.zone, up.id, up.region ?? NONE, app, team, trust);
      row[ATTEMPTS]++;
      this.pending.set(`${dec} ${attempt}`, row);
    }

    outcome(seq, { dec, attempt, status, bytes_sent = 0 }) {
      const row = this.pending.get(`${dec} ${attempt}`);
      if (!row) return;
      this.pending.delete(`${dec} ${attempt}`);
      row[bytes_sent ? LEFT : status === "not_sent" ? NOT_LEFT : DOUBTFUL]++;
      row[SENT] = add(row[SENT], bytes_sent);
    }

    document() {
      for (const row of this.pending.values()) row[OPEN]++;
      const accounts = this.accounts.table().map((row) => ({ ...row, ...this.owners.get(row.key) }));
      const { total, canaries, unmatched, judged, unjudged } = this;
      return {
        total, canaries, unmatched,
        zones: this.zones.table(), days: this.days.listed(), classes: this.classes.listed(), rules: this.rules.listed(),
        accounts: listed(accounts),
        restricted: { judged, unjudged, n: this.restricted.total, found: this.restricted.listed() },
        outside_left: this.astray.listed(),
      };
    }
  };
})();
