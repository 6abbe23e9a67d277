"use strict";
globalThis.Ringfence ??= {};

// Tests of controls, completeness, retention, the clock, anchors, and the criteria that all of it answers.
Ringfence.controls = (() => {
  const { make, number, time, duration, digest, pairs, table } = Ringfence.dom;
  const { at, column, cut, grouped, rows, sum, total, who } = Ringfence.figures;
  const { plain, say } = Ringfence.words;
  const recall = (row) => (row.sent ? `${((100 * row.found) / row.sent).toFixed(1)} %` : "–");
  const RECALL = [column.count("Planted", "sent"), column.count("Found", "found"), { title: "Recall", right: true, of: recall }];

  function controls({ controls: all }) {
    return [
      pairs([
        ["Runs", `${number(sum(all.runs, "runs"))}, of which ${number(sum(all.runs, "failed"))} failed`],
        ["Planted values that arrived at a vendor's sink", number(all.leaked)],
        ["Zones whose sinks were watched", rows(all.zones).join(", ") || "none"],
        ["Harmless requests to the sinks", `${number(all.harmless?.sent)} sent, ${number(all.harmless?.arrived)} arrived`],
        ["Longest time between two runs", duration(all.longest_gap_s)],
        ["Days without a run", rows(all.days_without_run).length ? rows(all.days_without_run).join(", ") : "none"],
      ]),
      table("Recall of each class of data", [{ title: "Class", of: (row) => row.class }, column.text("Control", "control"), ...RECALL, column.digest("Detectors", "set_sha256")], grouped(all.recall, ["class", "control", "set_sha256"], ["sent", "found"])),
      table("Recall of each type", [column.text("Type", "type"), column.text("Control", "control"), ...RECALL, column.digest("Detectors", "set_sha256")], grouped(all.types, ["type", "control", "set_sha256"], ["sent", "found"])),
      table("Runs", [column.text("Control", "control"), column.count("Runs", "runs"), column.count("Failed", "failed")], grouped(all.runs, ["control"], ["runs", "failed"])),
      table("Tests that failed", [column.seq, column.ts, column.text("Control", "control"), column.count("Leaked", "leaked"), column.digest("Policy bundle", "bundle")], rows(all.failures)),
    ];
  }

  function reconciliation({ reconciliation: all }) {
    const { ingress, attempts, decisions } = all;
    return [
      make("p", {}, "Whether everything that came in was decided, everything that was decided ended, and every record that a writer numbered is there."),
      pairs([
        ["Requests received at ingress", `${number(ingress.received)} in ${number(ingress.windows)} windows; ${number(ingress.decided)} led to a decision`],
        ["Requests in the records of decisions", number(ingress.requests)],
        ["Difference", ingress.windows ? number(ingress.unexplained) : "not known: ingress counted nothing"],
        ["Decisions", `${number(decisions.records)}: ${number(decisions.live)} live, ${number(decisions.dry_runs)} dry runs, ${number(decisions.canaries)} of canaries`],
        ["Attempts", `${number(attempts.expected)}: ${number(attempts.closed)} ended, ${number(attempts.open)} open; ${number(attempts.unmatched)} outcomes belong to none`],
      ]),
      table("Refused before a decision", [column.count("Status", "status"), column.count("Requests", "n")], ingress.refused),
      table("How attempts ended", [{ title: "End", of: (row) => plain(row.status) }, column.count("Outcomes", "n")], all.outcomes),
      table("Attempts without an end", [column.seq, column.ts, column.count("Attempt", "attempt"), column.text("Decision", "dec")], rows(all.open)),
      table("Records of each writer", [column.text("Server", "inst"), { title: "Numbers", of: (row) => `${number(row.first)} to ${number(row.last)}` }, column.count("Records", "records"), column.count("Erased", "erased"), column.count("Missing", "missing"), { title: "Stopped in order", of: (row) => (row.stopped ? "yes" : "no") }], rows(all.writers)),
      cut(all.writers),
      table("What went to each upstream", [column.text("Upstream", "upstream"), column.text("Model", "model"), column.text("Zone", "zone"), column.count("Attempts", "attempts"), column.count("Answered", "answered"), column.count("Doubtful", "doubtful"), column.count("Refused", "refused"), column.count("Not sent", "not_sent"), column.count("Tokens in", "in"), column.count("Tokens out", "out")],
        grouped(all.usage, ["upstream", "model", "zone"], ["attempts", "answered", "doubtful", "refused", "not_sent", "in", "out"])),
      cut(all.usage),
    ];
  }

  function retention({ retention: all }) {
    return [
      table("Prunes", [column.seq, column.ts, column.by, { title: "Records", of: (row) => `${number(row.from_seq)} to ${number(row.to_seq)}` }, { title: "Until", of: (row) => time(row.until) }, column.count("Bodies", "bodies"), { title: "Anchors", of: (row) => rows(row.anchors).join(", ") }], rows(all.pruned)),
      table("Erasures", [column.seq, column.ts, column.by, { title: "Reason", of: (row) => plain(row.reason) }, column.count("Records", "records")], rows(all.erasures)),
      table("What was erased", [column.seq, column.kind, column.ts, column.count("By record", "by_seq"), column.digest("Hash of the body", "bh")], rows(all.erased)),
      cut(all.erased),
      table("Legal holds", [column.text("Hold", "hold"), { title: "Placed", of: (row) => `${time(row.placed?.ts)} by ${who(row.placed?.by)}` }, { title: "Covers", of: (row) => [row.from && `from ${time(row.from)}`, row.to && `to ${time(row.to)}`, row.team && `team ${row.team}`].filter(Boolean).join(", ") || "everything" }, { title: "Lifted", of: (row) => (row.lifted ? `${time(row.lifted.ts)} by ${who(row.lifted.by)}` : "in force") }], rows(all.holds)),
    ];
  }

  function clock({ clock: all }) {
    return [
      pairs([["Records that claim to be older than one before them", number(all.backwards)]]),
      table("The servers' clocks a day", [column.day, column.count("Records", "records"), column.count("Clock disciplined", "synchronised"), column.count("Kernel says nothing", "unknown"), { title: "Largest error (ms)", right: true, of: (row) => number(Math.round((row.max_err_us ?? 0) / 1000)) }], all.days),
      table("Clocks that jumped", [column.seq, column.ts, column.text("About", "about")], rows(all.anomalies)),
    ];
  }

  function anchors({ anchors: all }) {
    const { checkpoints: points } = all;
    return [
      pairs([["Checkpoints", `${number(points.count)}, of ${number(points.smallest)} to ${number(points.largest)} records, ${number(points.widest)} apart at most`], ["Behind the newest", `${number(points.behind)} records`]]),
      table("Receipts of anchors", [column.text("Anchor", "anchor"), column.count("Receipts", "receipts"), { title: "Sizes", of: (row) => `${number(row.first_size)} to ${number(row.last_size)}` }, { title: "Last", of: (row) => time(row.last_ts) }, { title: "Longest time between two", right: true, of: (row) => duration(row.longest_gap_s) }], rows(all.receipts)),
      table("Keys of the log", [column.seq, column.ts, column.text("What", "what"), column.text("For", "usage"), column.text("Key", "key_id"), column.count("At size", "size")], rows(all.keys)),
      table("Keys that it began with", [{ title: "Key", of: (row) => make("code", {}, row) }], all.vkeys),
    ];
  }

  // What a pointer of the mapping leads to: a number, a count of rows, or yes and no.
  function figure(documents, pointer) {
    const value = at(documents[pointer.document], rows(pointer.path));
    if (value !== null && typeof value === "object") return Array.isArray(value) || "total" in value ? `${number(total(value))} entries` : "see there";
    if (typeof value === "boolean") return value ? "yes" : "no";
    return typeof value === "string" && /^[0-9a-f]{64}$/.test(value) ? digest(value) : typeof value === "string" ? say(value) : number(value);
  }

  function criteria(documents) {
    const all = documents.criteria;
    return [
      make("p", {}, "The questions are paraphrased from the AICPA's Trust Services Criteria (2017, points of focus of 2022). Whether a criterion is met is the auditor's judgement."),
      all.note && make("p", { class: "warn" }, all.note),
      rows(all.criteria).map((one) => [
        make("h3", {}, `${one.id}: ${one.question}`),
        table(`Figures for ${one.id}`, [{ title: "What it says", of: (row) => row.means }, { title: "Figure", right: true, of: (row) => figure(documents, row) }, { title: "Where", of: (row) => make("code", {}, `${row.document}.json ${rows(row.path).join(".")}`) }], rows(one.figures)),
        one.outside && make("p", { class: "small" }, `Not answered here: ${one.outside}`),
      ]),
    ];
  }

  return { anchors, clock, controls, criteria, reconciliation, retention };
})();
