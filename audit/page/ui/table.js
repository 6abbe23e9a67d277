"use strict";
globalThis.Ringfence ??= {};

// Records as rows, on the screen and as CSV; and the choices to filter them by.
Ringfence.rowsOf = (() => {
  const { make, put, number, time, table } = Ringfence.dom;
  const { kind, say, titled } = Ringfence.words;
  const CHOICES = [["kind", "Kind"], ["decision", "Decision"], ["zone", "Zone"], ["class", "Class"], ["rule", "Rule"], ["app", "Application"], ["team", "Team"]];
  const classes = (body) => (body?.classes ?? []).map((one) => one.c);
  const rules = (body) => (body?.rules ?? []).map((one) => one.id);
  const caller = (body) => [body?.actor?.app, body?.actor?.team].filter(Boolean).join(" / ");

  // A table with a button for each record, and what else `more` gives for each.
  function show(caption, records, open, more = []) {
    return table(caption, [
      { title: "Record", right: true, of: (row) => make("button", { type: "button", class: "plain", "data-seq": row.seq, "aria-label": `Open record ${row.seq}`, on: { click: () => open(row.seq) } }, number(row.seq)) },
      { title: "Time", of: (row) => time(row.body?.ts) },
      { title: "Kind", of: (row) => (row.body ? kind(row.body.kind) : row.state) },
      { title: "Decision", of: (row) => (row.body?.decision ? say(row.body.decision) : "–") },
      { title: "Zone", of: (row) => row.body?.zone },
      { title: "Application / team", of: (row) => caller(row.body) },
      { title: "Classes", of: (row) => classes(row.body).join(", ") },
      { title: "Rules", of: (row) => rules(row.body).join(", ") },
      ...more,
    ], records, "No record is like that.");
  }

  // Quoted as RFC 4180 has it. A cell that a spreadsheet would take for a formula begins with an apostrophe.
  function cell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  }

  const HEAD = ["seq", "state", "ts", "kind", "id", "decision", "zone", "actor", "app", "team", "classes", "rules", "upstream", "model", "dec", "attempt", "status", "link"];
  const head = () => `${HEAD.map(cell).join(",")}\r\n`;

  function line({ seq, state, link, body }) {
    const it = body ?? {};
    const cells = [seq, state, it.ts, it.kind, it.id, it.decision, it.zone, it.actor?.id, it.actor?.app, it.actor?.team, classes(it).join(" "), rules(it).join(" "), it.up?.id, it.up?.model, it.dec, it.attempt, it.status, link];
    return `${cells.map(cell).join(",")}\r\n`;
  }

  // Fields to filter by, of what occurs in this log. `prefix` keeps ids of two forms apart.
  function choices(into, values, prefix) {
    put(into, CHOICES.map(([name, title]) => {
      const id = `${prefix}-${name}`;
      const options = (values[name] ?? []).map((value) => make("option", { value }, name === "kind" ? titled(value) : name === "decision" ? `${say(value)} (${value})` : value));
      return make("div", {}, make("label", { for: id }, title), make("select", { id, name }, make("option", { value: "" }, "any"), options));
    }));
  }

  // What is chosen, without what is not.
  const chosen = (prefix) => Object.fromEntries(CHOICES
    .map(([name]) => [name, document.getElementById(`${prefix}-${name}`)?.value])
    .filter(([, value]) => value));

  return { choices, chosen, head, line, show };
})();
