"use strict";
/* Who may use the system and read its log, who gave and reviewed that, and who did read it. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).access = (() => {
  const { NONE, Rows, Sums, add, at, by, day, full, given, listed } = Ringfence.tables;
  const DENIED = ["n_401", "n_403", "n_404"];
  const STATES = ["active", "revoked", "expired"];

  return class Access {
    constructor() {
      const list = (rows, said) => (seq, body) => rows.push({ ...at(seq, body), ...by(body), ...said(body) });
      [this.reviews, this.exports, this.changes] = [new Rows(), new Rows(), new Rows()];
      this.inside = { "access.denied": this.denied, "audit.read": this.read, "audit.verified": this.verified };
      this.until = {
        "access.granted": (seq, body) => this.change("granted", seq, body),
        "access.revoked": (seq, body) => this.change("revoked", seq, body),
        "access.reviewed": list(this.reviews, (body) => given(body, "reviewer", "keys", "active", "sha256", "ticket")),
        "audit.exported": list(this.exports, (body) => ({
          form: body.form ?? NONE, ...given(body, "from_seq", "to_seq", "rows", "sha256", "request"),
        })),
        "config.changed": list(this.changes, (body) => given(body, "settings", "sha256")),
      };
      this.keys = new Map();
      this.denials = new Sums(["day"], DENIED);
      this.reads = new Sums(["day", "actor", "what"], ["reads", "rows"]);
      this.grades = new Sums(["day", "grade"]);
    }

    /** The first grant and the first revocation of a key count. */
    change(what, seq, body) {
      const { key } = body;
      if (!this.keys.has(key.id)) this.keys.set(key.id, { ...key });
      this.keys.get(key.id)[what] ??= { ...at(seq, body), ...by(body) };
    }

    denied(seq, body) {
      const row = this.denials.row(day(body.ts));
      DENIED.forEach((name, place) => (row[place] = add(row[place], body[name])));
    }

    read(seq, body) {
      const what = body.what ?? ("record" in body ? "record" : "records");
      const row = this.reads.row(day(body.ts), body.actor.id, what);
      row[0]++;
      row[1] = add(row[1], body.rows);
    }

    verified(seq, body) {
      this.grades.count(day(body.ts), body.grade);
    }

    document(end) {
      const state = (key) =>
        key.revoked ? "revoked" : "expires" in key && full(key.expires) <= end ? "expired" : "active";
      const keys = [...this.keys.keys()].sort().map((id) => ({ ...this.keys.get(id), state: state(this.keys.get(id)) }));
      const roles = new Sums(["role"], STATES);
      for (const key of keys) roles.row(key.role)[STATES.indexOf(key.state)]++;
      return {
        keys: listed(keys), roles: roles.table(), reviews: this.reviews.listed(), denied: this.denials.table(),
        reads: this.reads.listed(), exports: this.exports.listed(), verified: this.grades.listed(), changes: this.changes.listed(),
      };
    }
  };
})();
