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
  const { utf8, hex, text } = Ringfence.bytes;
  const { sha256 } = Ringfence;
  const SUMMARY = "summary.html";

  /**
   * Say what is wrong with these files, by a manifest that was compared with them: however large one is, none is read.
   * `documents` are the names of those that follow from the log, as they do; `read` gives the bytes of one.
   */
  async function faults({ version, files, summary }, manifest, documents, read) {
    const listed = new Map(manifest.files.map((file) => [file.name, file.sha256])), found = [];
    for (const name of manifest.version === version ? [...Object.keys(files), SUMMARY].sort() : []) {
      if (!listed.has(name)) {
        found.push(`${name}: no pack of this version is without it`);
      } else if (files[name] !== "") {
        const ours = name === SUMMARY ? hex(sha256(utf8(await summarised(summary, documents, read)))) : files[name];
        if (ours !== listed.get(name)) found.push(`${name}: it is not what this version puts into such a pack`);
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
