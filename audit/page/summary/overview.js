"use strict";
globalThis.Ringfence ??= {};

// The first pages of a summary: what it is about, the figures that matter, what to look at, and the traffic.
Ringfence.overview = (() => {
  const { make, number, time, digest, pairs, table, list } = Ringfence.dom;
  const { stacked, lying } = Ringfence.charts;
  const { column, cut, grouped, rows, sum, total, who } = Ringfence.figures;
  const { say, titled } = Ringfence.words;
  const DECISIONS = [{ key: "pin", name: say("pin") }, { key: "allow", name: say("allow") }, { key: "block", name: say("block") }];

  function subject({ ipe }) {
    const asked = ipe.requested;
    return [
      pairs([
        ["Log", make("code", {}, `${ipe.origin} ${ipe.log_id}`)],
        ["Period", ipe.from || ipe.to ? `${ipe.from ? `from ${time(ipe.from)}` : "from the beginning"} ${ipe.to ? `to before ${time(ipe.to)}` : "to the end"}` : "everything in the log"],
        ["Times in it", `${time(ipe.first_ts)} to ${time(ipe.last_ts)}; all times are ${ipe.time_zone}`],
        ["Population", `${number(ipe.population)} records, number ${number(ipe.first)} to ${number(ipe.last)}, of a log of ${number(ipe.size)}`],
        ["Query", ipe.query],
        ["Of these", `${number(ipe.present)} present, ${number(ipe.erased)} erased, ${number(ipe.pruned)} pruned, ${number(ipe.excluded)} excluded`],
        ["Contiguous", ipe.contiguous ? "yes: no number is left out" : "NO"],
        ["Root", digest(ipe.root)],
        ["Asked for", asked ? `by ${who(asked.by)} at ${time(asked.ts)} (record ${number(asked.seq)})` : "no record of the request lies in the log"],
      ]),
      table("Records of each kind", [{ title: "Kind", of: (row) => titled(row.kind) }, column.count("Records", "n")], ipe.kinds),
    ];
  }

  function totals({ ipe }) {
    const days = grouped(ipe.totals, ["day", "decision", "bundle"], ["n"]);
    return [
      make("p", {}, "To compare with counts of your own: every decision in the period, dry runs and canaries included."),
      table("Decisions a day, by decision and policy", [column.day, { title: "Decision", of: (row) => say(row.decision) }, column.digest("Policy bundle", "bundle"), column.count("Decisions", "n")],
        days.sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : 0))),
      cut(ipe.totals),
    ];
  }

  // [what, figure, of which document]: few, and each with what it counts.
  function key({ traffic, disclosures, policies, incidents, controls, reconciliation }) {
    const days = traffic.live.days;
    const open = rows(incidents.by).reduce((all, row) => all + row.open, 0);
    const [sent, found] = [sum(controls.recall, "sent"), sum(controls.recall, "found")];
    const figures = [
      [traffic.live.decisions, "decisions on live traffic"],
      [sum(days, "pin"), say("pin")],
      [sum(days, "allow"), say("allow")],
      [sum(days, "block"), say("block")],
      [disclosures.total, "decisions for a vendor's zone"],
      [disclosures.restricted.n, `to a zone that its data may not go to, of ${number(disclosures.restricted.judged)} judged`],
      [policies.summary.unregistered, "decisions under a policy that is not in the register"],
      [total(incidents.incidents), `incidents, ${number(open)} open`],
      [sent ? `${((100 * found) / sent).toFixed(1)} %` : "–", "of the canaries' planted values were found"],
      [reconciliation.ingress.windows ? reconciliation.ingress.unexplained : "not counted", "difference between requests that came in and requests that were decided"],
      [reconciliation.attempts.open, "attempts without a recorded end"],
    ];
    return make("ul", { class: "figures" }, figures.map(([value, what]) => make("li", {}, make("b", {}, number(value)), make("span", {}, what))));
  }

  // What somebody should ask about: each with the figure that says so. An empty list is not an opinion of the system.
  function questions(all) {
    const { disclosures, policies, incidents, controls, reconciliation, access, clock, anchors, ipe, retention } = all;
    const open = rows(incidents.by).reduce((sums, row) => sums + row.open, 0);
    const missing = sum(reconciliation.writers, "missing");
    const found = [
      ["Records are not contiguous", !ipe.contiguous],
      ["Records of the period whose bodies were erased or pruned", ipe.erased + ipe.pruned],
      ["Legal holds that were lifted", rows(retention.holds).filter((one) => one.lifted).length],
      ["Decisions for a zone that the ceiling of a class they carry does not allow", disclosures.restricted.n],
      ["Decisions of which it is not recorded where their classes could go", disclosures.restricted.unjudged],
      ["Decisions or attempts in a zone that the policy had not left", total(disclosures.outside_left)],
      ["Attempts whose decision is not known", disclosures.unmatched],
      ["Decisions under a policy that the register does not have", policies.summary.unregistered],
      ["Activations of a policy without an approval", policies.summary.none],
      ["Approvals that are only claimed: nobody's signature says so", policies.summary.claimed],
      ["Approvals by the author himself", policies.summary.not_distinct],
      ["Incidents that are open", open],
      ["Messages that did not reach their channel", sum(incidents.unnotified, "n")],
      ["Grants of emergency operation without a log", total(incidents.break_glass)],
      ["Times that the log was silent for more than an hour", total(incidents.dark)],
      ["Tests of a control that failed", total(controls.failures)],
      ["Planted values that arrived at a vendor's sink", controls.leaked],
      ["Days on which no control was tested", rows(controls.days_without_run).length],
      ["Records that writers numbered and that are not there", missing],
      ["Outcomes that belong to no attempt of the period", reconciliation.attempts.unmatched],
      ["Attempts without a recorded end", reconciliation.attempts.open],
      ["Nobody counted the requests that came in", !reconciliation.ingress.windows],
      ["Difference between requests that came in and requests that were decided", reconciliation.ingress.windows && reconciliation.ingress.unexplained],
      ["No review of access is recorded", !total(access.reviews)],
      ["Records that claim to be older than one before them", clock.backwards],
      ["No receipt of an anchor outside the log is recorded", !total(anchors.receipts)],
      ["Records behind the newest checkpoint", anchors.checkpoints.behind],
    ];
    const said = found.filter(([, value]) => value).map(([text, value]) => (value === true ? `${text}.` : [`${text}: `, make("strong", {}, number(value))]));
    return list(said, "None of the figures that are looked at here asks for an explanation.");
  }

  function traffic({ traffic: all }) {
    const { live } = all;
    const by = (name, title) => {
      const groups = grouped(live.by[name], ["name"], ["n"]);
      return [
        table(title, [{ title: "Name", of: (row) => say(row.name) }, column.count("Decisions", "n")], groups),
        cut(live.by[name]),
      ];
    };
    return [
      stacked("Decisions a day, live traffic", rows(live.days), DECISIONS, "decisions"),
      table("Decisions a day, live traffic", [column.day, ...DECISIONS.map((one) => column.count(one.name, one.key)), column.count("all", "n")], live.days),
      lying("Live decisions by class of data found", grouped(live.by.class, ["name"], ["n"]).map((row) => ({ name: say(row.name), n: row.n })), "decisions; one with several classes counts under each"),
      by("class", "By class"), by("zone", "By zone"), by("rule", "By rule"), by("app", "By application"), by("team", "By team"),
      by("endpoint", "By endpoint"), by("model", "By model asked for"),
      pairs([["Beside these", `${number(all.dry_runs.decisions)} dry runs (nothing was sent), ${number(all.canaries.decisions)} decisions of canaries`]]),
    ];
  }

  return { key, questions, subject, totals, traffic };
})();
