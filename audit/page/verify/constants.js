"use strict";
/*
 * The files for people, which are the same in every pack of a version, but for the documents in the middle of the summary.
 *
 *     {version, files: {name: SHA-256}, summary: [before, after]}
 *
 * An empty digest: this page cannot know that file, which knows this page or is it. Of another version nothing is known.
 */
globalThis.Ringfence ??= {};
Ringfence.constants = (() => {
  const { utf8, hex, equal, text } = Ringfence.bytes;
  const { sha256 } = Ringfence;
  const SUMMARY = "summary.html";

  /** Say what is wrong with these files; `documents` are the names of those that follow from the log, as they do. */
  async function faults({ version, files, summary }, made, members, documents, read) {
    const found = [];
    for (const name of made === version ? [...Object.keys(files), SUMMARY].sort() : []) {
      if (!members.has(name)) {
        found.push(`${name}: no pack of this version is without it`);
      } else if (files[name] !== "") {
        const content = await read(name);
        const isOurs = name === SUMMARY
          ? equal(content, utf8(await summarised(summary, documents, read)))
          : hex(sha256(content)) === files[name];
        if (!isOurs) found.push(`${name}: it is not what this version puts into such a pack`);
      }
    }
    return found;
  }

  async function summarised([before, after], documents, read) {
    const parts = [];
    for (const name of [...documents].sort()) {
      parts.push(`${JSON.stringify(name.slice("evidence/".length))}:${text(await read(name)).trimEnd()}`);
    }
    const escape = (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return before + `{${parts.join(",")}}`.replace(/[<>&\u2028\u2029]/g, escape) + after;
  }

  return { faults };
})();
