"use strict";
globalThis.Ringfence ??= {};

// What a report says, in plain words: the verdict, what was found, what was checked, and what none of it proves.
Ringfence.verdict = (() => {
  const { make, put, number, time, table, list, pairs, digest } = Ringfence.dom;
  const { grade, finding } = Ringfence.words;
  const body = (id) => document.querySelector(`#${id} > div`);

  function verdict(report, name) {
    const failed = report.grade === "failed";
    const [title, meaning] = grade(report.grade);
    const { pack } = report;
    put(body("verdict"),
      make("div", { class: `verdict ${failed ? "bad" : "good"}`, "data-grade": report.grade },
        make("strong", {}, `${failed ? "✗" : "✓"} ${title}`),
        make("p", {}, meaning),
        make("p", {}, "Grade: ", make("code", {}, report.grade))),
      pairs([
        ["File", name],
        ["Log", make("code", {}, `${report.origin || "–"} ${report.log_id || ""}`)],
        ["Records", `${number(report.checked)} checked; the log says that it has ${number(report.size)}`],
        ["Time", report.first_ts ? `${time(report.first_ts)} to ${time(report.last_ts)}` : "–"],
        ["Period of the pack", pack ? (pack.from || pack.to ? `${pack.from ? time(pack.from) : "the beginning"} to before ${pack.to ? time(pack.to) : "the end"}; records ${number(pack.first)} to ${number(pack.last)}` : "everything") : "–"],
        ["Manifest signed by", pack ? (pack.signed_by ? make("code", {}, pack.signed_by) : "nobody") : "–"],
        ["SHA-256 of the manifest", pack ? make("code", {}, pack.sha256_manifest ?? "–") : "–"],
      ]));
  }

  function findings(report) {
    const section = document.getElementById("findings");
    section.hidden = !report.findings_total;
    const more = report.findings_total - report.findings.length;
    put(body("findings"),
      table("What does not hold", [
        { title: "Code", of: (row) => make("code", {}, row.code) },
        { title: "Where", right: true, of: (row) => (row.seq === null || row.seq === undefined ? "the whole" : `record ${number(row.seq)}`) },
        { title: "What", of: (row) => row.what },
        { title: "In short", of: (row) => finding(row.code) },
      ], report.findings),
      more > 0 && make("p", {}, `and ${number(more)} more.`),
      forks(report));
  }

  // Two heads of one size or order that cannot both be of one log: proof of it, to keep.
  function forks(report) {
    return (report.forks ?? []).map((fork) => [
      make("h3", {}, "Proof that there are two logs"),
      make("p", {}, "Keep both: the head that you brought, and the log's own."),
      make("pre", { tabindex: "0" }, fork.outside), make("pre", { tabindex: "0" }, fork.own ?? "(the log has none of its own)"),
    ]);
  }

  function checked(report) {
    const files = report.pack?.files ?? [];
    const documents = Object.entries(report.documents ?? {});
    const folded = documents.filter(([, ok]) => ok === true).length;
    const lines = [
      [files.length, `files of the pack: listed in its manifest, with this size and SHA-256 (${number(files.filter((one) => one.ok).length)} hold)`],
      [report.checked, "records: number, form, hash, link to the one before, schema, counters of writers"],
      [report.checkpoints, `signed checkpoints: signature, key, root; ${number(report.signed)} records lie under them`],
      [report.anchored, "records under a head or time stamp from outside"],
      [report.witnessed, "records under signatures of your witnesses"],
      [report.receipts, "receipts that you brought"],
      [documents.length, `documents of evidence: ${number(folded)} are exactly what follows from the records`],
      [report.left_out, `bodies are left out (${number(report.pruned)} records were pruned); their hashes are in the chain`],
      [report.erased_total, "bodies were erased; the log accounts for each"],
    ];
    put(body("checked"),
      table("Counts", [{ title: "How many", right: true, of: ([count]) => number(count ?? 0) }, { title: "Of what, and what was looked at", of: ([, what]) => what }], lines),
      table("Files", [{ title: "Name", of: (row) => make("code", {}, row.name) }, { title: "Bytes", right: true, of: (row) => number(row.size) }, { title: "SHA-256", of: (row) => digest(row.sha256) }, { title: "Holds", of: (row) => (row.ok ? "yes" : "NO") }], files),
      report.erased_total > 0 && make("p", { class: "small" }, `Erased: ${report.erased.slice(0, 100).map(number).join(", ")}${report.erased_total > 100 ? " …" : ""}`),
      table("Times without records", [{ title: "Before record", right: true, of: (row) => number(row.seq) }, { title: "Since", of: (row) => time(row.since) }, { title: "Until", of: (row) => time(row.until) }], report.dark ?? []));
  }

  function unproven(report) {
    put(body("unproven"),
      list(report.unproven, "Something was found: nothing is proven."),
      report.not_checked?.length > 0 && [make("h3", {}, "Not checked on this page"), list(report.not_checked)]);
  }

  function show(report, name) {
    verdict(report, name);
    findings(report);
    checked(report);
    unproven(report);
  }

  return { show };
})();
