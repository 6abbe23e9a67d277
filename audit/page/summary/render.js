"use strict";
globalThis.Ringfence ??= {};

// The whole summary, from evidence documents as they lie in a pack: {"ipe.json": {...}, ...}.
Ringfence.summary = (() => {
  const { make, put } = Ringfence.dom;
  const { overview, sections, controls } = Ringfence;
  const PARTS = [
    ["What this is about", overview.subject, ["ipe"]],
    ["Key figures", overview.key, ["traffic", "disclosures", "policies", "incidents", "controls", "reconciliation"]],
    ["What to ask about", overview.questions, ["ipe", "disclosures", "policies", "incidents", "controls", "reconciliation", "access", "retention", "clock", "anchors"]],
    ["Decisions", overview.traffic, ["traffic"]],
    ["Disclosures to vendors", sections.disclosures, ["disclosures"]],
    ["Policies and who approved them", sections.policies, ["policies"]],
    ["Who had access, and who read the log", sections.access, ["access"]],
    ["Incidents and operation", sections.incidents, ["incidents"]],
    ["Tests of controls", controls.controls, ["controls"]],
    ["Completeness", controls.reconciliation, ["reconciliation"]],
    ["Retention, erasure and holds", controls.retention, ["retention"]],
    ["Clocks", controls.clock, ["clock"]],
    ["Checkpoints and anchors", controls.anchors, ["anchors"]],
    ["Control totals", overview.totals, ["ipe"]],
    ["Trust Services Criteria", controls.criteria, ["criteria"]],
  ];

  // A document of another shape than is known here costs its own part and no other.
  function part([title, show, needs], documents, level) {
    const id = `part-${title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
    const lacking = needs.filter((name) => !documents[name]);
    let content;
    try {
      content = lacking.length ? make("p", { class: "none" }, `Not in this pack: ${lacking.map((name) => `${name}.json`).join(", ")}.`) : show(documents);
    } catch {
      content = make("p", { class: "warn" }, `${needs.map((name) => `${name}.json`).join(", ")}: not of a shape that can be shown here. The file itself can be read.`);
    }
    const section = make("section", { "aria-labelledby": id }, make(level, { id }, title), content);
    if (level === "h3") section.querySelectorAll("h3 ~ h3").forEach((it) => it.replaceWith(make("h4", {}, it.textContent)));
    return section;
  }

  // render(into, documents): `documents` are parsed, under their file names.
  function render(into, documents, level = "h2") {
    const named = Object.fromEntries(Object.entries(documents).map(([name, document]) => [name.replace(/\.json$/, ""), document]));
    put(into, PARTS.map((one) => part(one, named, level)));
  }

  // In a summary of its own, the documents stand in the file.
  function start() {
    const data = document.getElementById("documents");
    if (!data) return;
    const into = document.getElementById("summary");
    try {
      render(into, JSON.parse(data.textContent));
    } catch {
      put(into, make("p", { class: "bad" }, "The figures in this file cannot be read: it was changed."));
    }
  }

  if (globalThis.document) start();
  return { render };
})();
