"use strict";
globalThis.Ringfence ??= {};

// Reading the evidence documents: lists that may have been cut, sums over them, and columns that many tables share.
Ringfence.figures = (() => {
  const { make, number, time, digest } = Ringfence.dom;
  const { kind } = Ringfence.words;

  const rows = (list) => (Array.isArray(list) ? list : Array.isArray(list?.rows) ? list.rows : []);
  const total = (list) => (Array.isArray(list) ? list.length : Number(list?.total) || 0);
  const sum = (list, name) => rows(list).reduce((all, row) => all + (Number(row[name]) || 0), 0);

  // What follows a path of names and numbers into a document; undefined where there is nothing.
  const at = (document, path) => path.reduce((value, name) => (value !== null && typeof value === "object" && Object.hasOwn(value, name) ? value[name] : undefined), document);

  // Sums of the numbers of rows that agree in some columns, the most first.
  function grouped(list, by, numbers) {
    const found = new Map();
    for (const row of rows(list)) {
      const key = JSON.stringify(by.map((name) => row[name] ?? "–"));
      const into = found.get(key) ?? Object.fromEntries([...by.map((name) => [name, row[name] ?? "–"]), ...numbers.map((name) => [name, 0])]);
      for (const name of numbers) into[name] += Number(row[name]) || 0;
      found.set(key, into);
    }
    return [...found.values()].sort((a, b) => b[numbers[0]] - a[numbers[0]]);
  }

  // A sentence where a document holds only the first of its rows, so that sums here are of those.
  const cut = (list) => (total(list) > rows(list).length
    ? make("p", { class: "small" }, `The document lists the first ${number(rows(list).length)} of ${number(total(list))}; sums here are of those.`)
    : null);

  const who = (actor) => (!actor ? "–" : actor.kind === "system" ? actor.id : [actor.id, actor.app, actor.team].filter(Boolean).join(" / "));
  const column = {
    seq: { title: "Record", right: true, of: (row) => number(row.seq) },
    ts: { title: "Time", of: (row) => time(row.ts) },
    by: { title: "By", of: (row) => who(row.by) },
    day: { title: "Day", of: (row) => row.day },
    kind: { title: "Kind", of: (row) => kind(row.kind) },
    text: (title, name) => ({ title, of: (row) => row[name] }),
    count: (title, name) => ({ title, right: true, of: (row) => number(row[name]) }),
    digest: (title, name) => ({ title, of: (row) => digest(row[name]) }),
  };

  return { at, column, cut, grouped, rows, sum, total, who };
})();
