"use strict";
/* Which policies were in force, who approved them, and whether every decision was made under one of them. */
globalThis.Ringfence ??= {};
(Ringfence.folds ??= {}).policies = (() => {
  const { Rows, Sums, at, by, given, listed, names, partOf, seconds } = Ringfence.tables;
  const APPROVAL = ["standing", "author", "approver", "serial", "ticket", "commit"];

  return class Policies {
    constructor(facts) {
      this.facts = facts;
      this.until = { "policy.activated": this.activated };
      this.inside = { "route.decision": this.decision };
      this.rows = [];
      this.newest = new Map();
      this.known = new Set();
      this.bundles = new Sums(["bundle"], ["activations", "decisions"]);
      this.exceptions = new Sums(["id"], ["n", "allowed"]);
      this.decisions = 0;
      this.unregistered = new Rows();
    }

    activated(seq, body) {
      const { bundle, approval, files_sha256, source } = body;
      const row = {
        ...at(seq, body), bundle: bundle.sha256, files_sha256, upstreams_sha256: bundle.upstreams_sha256,
        policies: bundle.policies, source, ...given(body, "previous"), ...by(body), reach: "reach" in body,
      };
      if (approval) {
        const distinct = approval.author.toLowerCase() !== approval.approver.toLowerCase();
        row.approval = { ...given(approval, ...APPROVAL), distinct };
      }
      const before = this.newest.get(body.w.inst);
      if (before) before.until = row.ts;
      this.newest.set(body.w.inst, row);
      this.rows.push(row);
      this.known.add(`${bundle.sha256} ${bundle.upstreams_sha256}`);
      this.bundles.row(bundle.sha256)[0]++;
    }

    decision(seq, body) {
      const { sha256, upstreams_sha256 } = body.bundle;
      this.decisions++;
      this.bundles.row(sha256)[1]++;
      if (body.exceptions.length && partOf(body) === "live") this.except(body);
      if (!this.known.has(`${sha256} ${upstreams_sha256}`)) {
        this.unregistered.push({ ...at(seq, body), bundle: sha256, upstreams: upstreams_sha256 });
      }
    }

    /** Count a decision that would have been another without an exception. */
    except({ exceptions, decision }) {
      for (const name of names(exceptions, "id")) {
        const row = this.exceptions.row(name);
        row[0]++;
        if (decision === "allow") row[1]++;
      }
    }

    document(end) {
      for (const row of this.rows) {
        const last = row.until ?? end;
        if (last) row.in_force_s = seconds(row.ts, last);
      }
      const { first, last } = this.facts, count = (test) => this.rows.filter(test).length;
      const standing = (name) => count((row) => (row.approval?.standing ?? "none") === name);
      return {
        activations: listed(this.rows),
        bundles: this.bundles.listed(),
        exceptions: this.exceptions.listed(),
        unregistered: this.unregistered.listed(),
        summary: {
          activations: this.rows.length,
          in_range: count((row) => first <= row.seq && row.seq <= last),
          verified: standing("verified"), claimed: standing("claimed"), none: standing("none"),
          not_distinct: count((row) => row.approval && !row.approval.distinct),
          decisions: this.decisions,
          unregistered: this.unregistered.total,
        },
      };
    }
  };
})();
