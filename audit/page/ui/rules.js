"use strict";
globalThis.Ringfence ??= {};

// The text of the policy that a decision was made under: from the archive in the pack, which the register leads to.
Ringfence.rules = (() => {
  const { make, number } = Ringfence.dom;
  const ID = /\bid:\s*["']?([^\s"',}#]+)/g;
  const OWN = /^\s*(?:-\s+)?id:\s*["']?[^\s"',}#]+["']?\s*(?:#.*)?$/;
  const BRACES = /^\s*-\s+\{/;
  const KEY = /^\s+["']?([A-Za-z0-9_.-]+)["']?\s*:/;
  const indent = (line) => /^ */.exec(line)[0].length;

  // The line with the dash of the item whose id this is: in its first line, in a later one, or in braces.
  function item(lines, name) {
    const named = lines.findIndex((line) => (OWN.test(line) || BRACES.test(line)) && [...line.matchAll(ID)].some(([, id]) => id === name));
    if (named < 0 || /^\s*-\s/.test(lines[named])) return named;
    for (let at = named - 1; at >= 0; at -= 1) {
      if (lines[at].trim() && indent(lines[at]) < indent(lines[named])) return /^\s*-\s/.test(lines[at]) ? at : -1;
    }
    return -1;
  }

  const key = (lines, name) => lines.findIndex((line) => KEY.exec(line)?.[1] === name);

  // {file, line, text} of a rule or exception (an item of a list, by its id) or of a class (a key); null if none is there.
  function find(files, name) {
    for (const begin of [item, key]) {
      for (const file of files) {
        const lines = file.text.split("\n");
        const begins = begin(lines, name);
        if (begins < 0) continue;
        let ends = begins + 1;
        while (ends < lines.length && (!lines[ends].trim() || indent(lines[ends]) > indent(lines[begins]))) ends += 1;
        return { file: file.name, line: begins + 1, text: lines.slice(begins, ends).join("\n").trimEnd() };
      }
    }
    return null;
  }

  function written(files, name) {
    const at = find(files, name);
    if (!at) return make("p", { class: "small" }, `${name}: not found by its name in the files below.`);
    return [make("p", { class: "small" }, `${name}, from ${at.file}, line ${number(at.line)}`), make("pre", { tabindex: "0" }, at.text)];
  }

  // The files of the bundle in force: the newest activation of it before the decision says under which digest they lie.
  async function archived(engine, seq, bundle) {
    let after = -1;
    let digest = null;
    do {
      const page = await engine.call("find", { kind: "policy.activated", after, limit: 500 });
      const before = page.seqs.filter((one) => one < seq);
      for (const record of await engine.call("records", { seqs: before })) {
        if (record.body?.bundle?.sha256 === bundle) digest = record.body.files_sha256;
      }
      after = before.length === page.seqs.length ? page.next : null;
    } while (after !== null && after !== undefined);
    const text = digest && (await engine.call("text", { sha256: digest }));
    try {
      const found = text ? JSON.parse(text).files : null;
      return Array.isArray(found) ? found.filter((one) => typeof one?.name === "string" && typeof one?.text === "string") : null;
    } catch {
      return null;
    }
  }

  // Elements for a decision: each rule, ceiling and exception that applied, as it was written then.
  async function explain(engine, record, brief) {
    const { body } = record;
    const names = [...new Set([...body.rules.map((rule) => rule.id), ...body.exceptions.map((one) => one.id), ...body.ceilings])];
    const found = await archived(engine, record.seq, body.bundle.sha256);
    if (!found) return make("p", { class: "none" }, "The text of this policy is not in the pack.");
    const applied = names.length ? names.map((name) => written(found, name)) : make("p", { class: "none" }, "No rule and no ceiling applied.");
    if (brief) return applied;
    const files = found.map((file) => make("details", {}, make("summary", {}, file.name), make("pre", { tabindex: "0" }, file.text)));
    return [applied, make("h4", {}, "All files of this policy"), files];
  }

  return { explain, find };
})();
