"use strict";
globalThis.Ringfence ??= {};

// Disclosures, policies, access and incidents.
Ringfence.sections = (() => {
  const { make, number, time, duration, pairs, table, yes } = Ringfence.dom;
  const { stacked } = Ringfence.charts;
  const { column, cut, grouped, rows, who } = Ringfence.figures;
  const { say, plain } = Ringfence.words;

  function daily(list) {
    const days = grouped(list, ["day"], ["left", "not_left", "doubtful", "open"]);
    return stacked("Attempts at vendors a day", days, [
      { key: "left", name: "bytes were sent" }, { key: "not_left", name: "nothing was sent" }, { key: "doubtful", name: "not known whether bytes were sent" }, { key: "open", name: "no end recorded" },
    ], "attempts");
  }

  function disclosures({ disclosures: all }) {
    const bad = all.restricted;
    return [
      make("p", {}, "Every live decision for a zone that is not an own one. This is the record of disclosures to third parties: what was found in each is in the records themselves; no content is kept. One decision can lead to several attempts."),
      pairs([["Decisions", number(all.total)], ["Beside these, by canaries, to sinks of the test", number(all.canaries)], ["Attempts whose decision is not remembered", number(all.unmatched)]]),
      daily(all.days),
      table("By zone", [column.text("Zone", "zone"), { title: "Whose", of: (row) => say(row.trust) }, column.count("Decisions", "n")], rows(all.zones)),
      table("By upstream, region and application", [column.text("Upstream", "upstream"), column.text("Region", "region"), column.text("Zone", "zone"), column.text("Application", "app"), column.text("Team", "team"),
        column.count("Attempts", "attempts"), column.count("Bytes were sent", "left"), column.count("None sent", "not_left"), column.count("Not known", "doubtful"), column.count("No end", "open"), column.count("Bytes", "bytes_sent")],
      grouped(all.days, ["upstream", "region", "zone", "app", "team"], ["attempts", "left", "not_left", "doubtful", "open", "bytes_sent"])),
      cut(all.days),
      table("Classes of data in them", [{ title: "Class", of: (row) => say(row.name) }, column.text("Zone", "zone"), column.count("Decisions", "n")], grouped(all.classes, ["name", "zone"], ["n"])),
      table("Rules that applied", [{ title: "Rule", of: (row) => say(row.name) }, column.text("Zone", "zone"), column.count("Decisions", "n")], grouped(all.rules, ["name", "zone"], ["n"])),
      table("By account", [column.text("Key", "key"), column.text("Application", "app"), column.text("Team", "team"), column.text("Zone", "zone"), column.count("Decisions", "n")], rows(all.accounts)),
      cut(all.accounts),
      make("h3", {}, "Data in a zone that its class may not go to"),
      make("p", { class: bad.n ? "bad" : "good" }, `${number(bad.n)} of ${number(bad.judged)} decisions that can be judged; ${number(bad.unjudged)} cannot, because the policy's record does not say which zones were allowed.`),
      table("Decisions whose zone a carried class does not allow", [column.seq, column.ts, column.text("Zone", "zone"), { title: "Classes", of: (row) => rows(row.classes).join(", ") }], rows(bad.found)),
      table("Decisions and attempts outside the zones that the policy left", [column.seq, column.ts, column.text("Zone", "zone")], rows(all.outside_left)),
    ];
  }

  function approved(row) {
    const it = row.approval;
    if (!it) return "none";
    const persons = `${it.author} wrote, ${it.approver} approved`;
    return `${it.standing}: ${persons}${it.distinct === false ? " (THE SAME PERSON)" : ""}${it.ticket ? `, ${it.ticket}` : ""}`;
  }

  function policies({ policies: all }) {
    const { summary } = all;
    return [
      pairs([
        ["Activations", `${number(summary.activations)}, of which ${number(summary.in_range)} in the period`],
        ["Approvals", `${number(summary.verified)} verified by a signature, ${number(summary.claimed)} claimed, ${number(summary.none)} without; ${number(summary.not_distinct)} by the author himself`],
        ["Decisions whose policy is in this register", `${number(summary.decisions - summary.unregistered)} of ${number(summary.decisions)}`],
      ]),
      table("Register of policies", [column.seq, column.ts, column.digest("Policy bundle", "bundle"), { title: "By way of", of: (row) => plain(row.source) }, column.by, { title: "Approval", of: approved },
        { title: "In force for", of: (row) => duration(row.in_force_s) }, { title: "Until", of: (row) => (row.until ? time(row.until) : "the end") }], rows(all.activations)),
      cut(all.activations),
      table("Decisions under each", [column.digest("Policy bundle", "bundle"), column.count("Activations", "activations"), column.count("Decisions in the period", "decisions")], rows(all.bundles)),
      table("Exceptions that were used, on live traffic", [column.text("Exception", "id"), column.count("Decisions", "n"), column.count("Of these allowed", "allowed")], rows(all.exceptions)),
      cut(all.exceptions),
      table("Decisions under a policy that is not in the register", [column.seq, column.ts, column.digest("Policy bundle", "bundle"), column.digest("Upstreams", "upstreams")], rows(all.unregistered)),
    ];
  }

  const event = (it) => (it ? `${time(it.ts)} by ${who(it.by)}` : "–");

  function access({ access: all }) {
    return [
      table("Roles", [column.text("Role", "role"), column.count("Active", "active"), column.count("Revoked", "revoked"), column.count("Expired", "expired")], all.roles),
      table("Keys", [column.text("Key", "id"), column.text("Application", "app"), column.text("Team", "team"), column.text("Role", "role"), column.text("State", "state"),
        { title: "Granted", of: (row) => event(row.granted) }, { title: "Expires", of: (row) => time(row.expires) }, { title: "Revoked", of: (row) => event(row.revoked) }], rows(all.keys)),
      cut(all.keys),
      table("Reviews of access", [column.seq, column.ts, column.text("Reviewer", "reviewer"), column.count("Keys", "keys"), column.count("Active", "active"), column.text("Ticket", "ticket"), column.digest("What was reviewed", "sha256")], rows(all.reviews), "No review is recorded."),
      table("Who read the log", [column.text("Reader", "actor"), { title: "What", of: (row) => plain(row.what) }, column.count("Times", "reads"), column.count("Rows", "rows")], grouped(all.reads, ["actor", "what"], ["reads", "rows"])),
      cut(all.reads),
      table("Who exported it", [column.seq, column.ts, column.by, { title: "Form", of: (row) => say(row.form) }, { title: "Records", of: (row) => `${number(row.from_seq)} to ${number(row.to_seq)}` }, column.digest("SHA-256", "sha256")], rows(all.exports)),
      table("Verifications", [column.text("Grade", "grade"), column.count("Times", "n")], grouped(all.verified, ["grade"], ["n"])),
      table("Refused callers a day", [column.day, column.count("401: no valid key", "n_401"), column.count("403: not allowed", "n_403"), column.count("404: no such path", "n_404")], all.denied),
      table("Changes of settings", [column.seq, column.ts, column.by, { title: "Settings", of: (row) => rows(row.settings).map(plain).join(", ") }, column.digest("SHA-256", "sha256")], rows(all.changes)),
    ];
  }

  function incidents({ incidents: all }) {
    return [
      table("By what", [{ title: "What", of: (row) => plain(row.what) }, column.count("Opened", "opened"), column.count("Closed", "closed"), column.count("Open", "open"), { title: "Longest", right: true, of: (row) => (row.closed ? duration(row.longest_s) : "–") }], all.by),
      table("Incidents", [{ title: "Record", right: true, of: (row) => number(row.opened?.seq) }, { title: "What", of: (row) => plain(row.what) + (row.about ? `: ${row.about}` : "") }, { title: "Opened", of: (row) => time(row.opened?.ts) },
        { title: "Closed", of: (row) => (row.closed ? `${time(row.closed.ts)}, ${plain(row.closed.how)}${row.closed.by ? `, by ${who(row.closed.by)}` : ""}` : "OPEN") }, { title: "Time to close", right: true, of: (row) => (row.closed ? duration(row.s) : "–") }], rows(all.incidents)),
      cut(all.incidents),
      table("Emergency operation", [column.seq, column.ts, { title: "Proposed by", of: (row) => who(row.proposer) }, { title: "Confirmed by", of: (row) => who(row.confirmer) }, { title: "Why", of: (row) => plain(row.reason) }, { title: "Until", of: (row) => time(row.until) },
        { title: "Ended", of: (row) => (row.ended ? `${time(row.ended.ts)}, ${plain(row.ended.how)}` : "–") }], rows(all.break_glass)),
      table("Records that were kept aside while the log was away", [column.seq, column.ts, column.count("Records", "count"), { title: "Since", of: (row) => time(row.since) }, { title: "Whole", of: (row) => yes(row.whole) }], rows(all.imports)),
      table("Silence of more than an hour", [column.seq, { title: "Since", of: (row) => time(row.since) }, { title: "Until", of: (row) => time(row.until) }, { title: "For", right: true, of: (row) => duration(row.s) }], rows(all.dark)),
      table("Starts and stops of servers", [column.seq, column.ts, column.text("What", "what"), column.text("Server", "inst"), column.text("Version", "version")], rows(all.writers)),
      table("Notices that could not be given", [column.day, column.text("Channel", "channel"), column.count("Notices", "n")], rows(all.unnotified)),
    ];
  }

  return { access, disclosures, incidents, policies };
})();
