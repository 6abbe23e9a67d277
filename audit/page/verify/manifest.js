"use strict";
/*
 * What a pack consists of. `manifest.json` is canonical JSON and a newline; `manifest.note`, if it is there, a signed note
 * by the log's key over
 *
 *     ringfence.pack/v1
 *     <log id, 32 hexadecimal digits>
 *     <size>
 *     <SHA-256 of manifest.json, hexadecimal>
 */
globalThis.Ringfence ??= {};
Ringfence.manifest = (() => {
  const { Malformed, compare, hex } = Ringfence.bytes;
  const { parse } = Ringfence.json;
  const { recogniser } = Ringfence.schema;
  const { sha256, Stream } = Ringfence;
  const FORMAT = "ringfence.pack/v1";
  const MAX_BYTES = 24 * 1024 * 1024;
  const REQUIRED = ["log/head.json", "log/records.jsonl", "log/env.bin", "log/checkpoints"];
  const FIXED = [...REQUIRED, "README.md", "verify.py", "verify.html", "summary.html"];
  const OTHERS = /^(?:log\/texts\/[0-9a-f]{64}|evidence\/[a-z0-9_-]{1,64}\.json)$/;
  const COUNT = { int: [0, Number.MAX_SAFE_INTEGER] };
  const SHA256 = { text: "[0-9a-f]{64}", longest: 64 };
  const STAMP = { text: "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z", longest: 27 };
  const FILE = { required: { name: { text: "[A-Za-z0-9._/-]{1,100}", longest: 100 }, sha256: SHA256, size: COUNT }, optional: {} };
  const FIELDS = recogniser({
    required: {
      files: { array: FILE, longest: 100_000 },
      first: COUNT,
      format: { enum: [FORMAT] },
      last: COUNT,
      log_id: { text: "[0-9a-f]{32}", longest: 32 },
      origin: { text: "[a-z0-9][a-z0-9./_-]{0,127}", longest: 128 },
      root: SHA256,
      rows: COUNT,
      size: { int: [1, Number.MAX_SAFE_INTEGER] },
      version: { text: "[A-Za-z0-9][A-Za-z0-9._:/*@-]{0,127}", longest: 128 },
    },
    optional: { from: STAMP, to: STAMP },
  });

  /** Read manifest.json; throws Malformed for any other bytes than the one form of one. */
  function read(bytes) {
    const end = bytes.length - 1;
    if (end > MAX_BYTES || bytes[end] !== 10) throw new Malformed("not in canonical form");
    if (FIELDS(bytes, 0) !== end) throw new Malformed("not a manifest that this version reads");
    const made = parse(bytes.subarray(0, end));
    const names = made.files.map((file) => file.name);
    const isOrdered = names.every((name, at) => at === 0 || names[at - 1] < name);
    if (!isOrdered || names.some((name) => name === "manifest.json" || name === "manifest.note")) {
      throw new Malformed("its files are not in order, each once");
    }
    return { ...made, sha256: hex(sha256(bytes)) };
  }

  /** What the log's signer signs of it. */
  const statement = ({ log_id, size, sha256: digest }) => `${FORMAT}\n${log_id}\n${size}\n${digest}\n`;

  const isFile = (name) => FIXED.includes(name) || OTHERS.test(name);

  /** Hash a member piece by piece. */
  async function digest(blob, { at, size }, progress) {
    const hash = new sha256.Sha256(), stream = new Stream(blob, at, at + size);
    for (;;) {
      await stream.fill(1);
      if (!stream.left) return hex(hash.digest());
      hash.update(stream.bytes, stream.at);
      progress(stream.left);
      stream.at = stream.bytes.length;
    }
  }

  /** Compare what lies in a pack with what is listed, by name; returns [files, faults]. */
  async function compareFiles(blob, members, manifest, onProgress) {
    const listed = new Map(manifest.files.map((file) => [file.name, file]));
    const names = [...new Set([...listed.keys(), ...members.keys()])].sort(compare);
    const total = [...members.values()].reduce((sum, { size }) => sum + size, 0);
    const files = [], faults = [];
    let done = 0;
    for (const name of names) {
      if (name === "manifest.json" || name === "manifest.note") continue;
      const member = members.get(name), entry = listed.get(name);
      const digested = member && (await digest(blob, member, (bytes) => onProgress("files", (done += bytes), total)));
      const what = difference(name, member, entry, digested);
      if (what) faults.push(`${name}: ${what}`);
      files.push({ name, size: member?.size ?? entry.size, sha256: digested ?? entry.sha256, ok: !what });
    }
    for (const name of REQUIRED) {
      if (!members.has(name) && !listed.has(name)) faults.push(`${name}: no pack is without it`);
    }
    return [files, faults];
  }

  function difference(name, member, entry, digested) {
    if (!isFile(name)) return "no file of a pack has this name";
    if (!member) return "it is listed, and not there";
    if (!entry) return "it is there, and not listed";
    return entry.size === member.size && entry.sha256 === digested ? null : "it is not the file that the manifest names";
  }

  return { read, statement, compareFiles, REQUIRED };
})();
