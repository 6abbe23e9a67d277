"use strict";
/*
 * The log in a pack, which is an export: what its head says, its records and its checkpoints, from front to back.
 *
 *     log/head.json      {"format", "hash", "log_id", "size"}, and where bodies are left out {"pruned", "first", "last"}
 *     log/records.jsonl  the exact bytes of each body, one a line; empty where one was left out
 *     log/env.bin        "ringfence.audit/v1/env\0" || log_id[16] || u64be(n) || H_{n-1}[32] || BH_n[32], for each n
 *     log/checkpoints    signed notes, the smallest first, one behind another
 *     log/texts/         archived texts, each under its SHA-256
 */
globalThis.Ringfence ??= {};
Ringfence.log = (() => {
  const { Malformed, utf8, u64, fromHex } = Ringfence.bytes;
  const { parse, canonical } = Ringfence.json;
  const { Note, checkpoint } = Ringfence.note;
  const { Stream } = Ringfence;
  const { recogniser } = Ringfence.schema;
  const PREFIX = utf8("ringfence.audit/v1/env\0");
  const ENVELOPE = PREFIX.length + 16 + 8 + 64;
  const SEQ_AT = PREFIX.length + 16, PREV_AT = SEQ_AT + 8, BH_AT = PREV_AT + 32;
  const MAX_BODY = 16 * 1024;
  const MAX_TEXT = 8 * 1024 * 1024;
  const MAX_NOTE = 1_000_000;
  const LONG = 64 * 1024;
  const MAX_INT = Number.MAX_SAFE_INTEGER;
  const MAX_FAULTS = 1000;
  const COUNT = { int: [0, MAX_INT] };
  const HEAD = recogniser({
    required: {
      format: { enum: ["ringfence.export/v1"] },
      hash: { text: "[0-9a-f]{64}", longest: 64 },
      log_id: { text: "[0-9a-f]{32}", longest: 32 },
      size: COUNT,
    },
    optional: { pruned: COUNT, first: COUNT, last: COUNT },
  });

  /** One log: the members of a pack by name, in a Blob. */
  class Log {
    constructor(blob, members) {
      this.blob = blob;
      this.members = members;
      this.faults = new Map();
    }

    /** Read the head; throws Malformed. */
    async open() {
      const bytes = await this.read("log/head.json", LONG);
      const text = bytes.subarray(0, bytes.at(-1) === 10 ? -1 : undefined);
      const head = parse(text);
      if (HEAD(text, 0) !== text.length || canonical(head).length !== text.length) throw new Malformed("not a head");
      this.id = fromHex(head.log_id);
      this.head = { pruned: 0, first: 0, last: MAX_INT, ...head };
      await this.readCheckpoints();
      await this.readEnd();
    }

    async read(name, most = Infinity) {
      const { at, size } = this.members.get(name);
      return new Uint8Array(await this.blob.slice(at, at + Math.min(size, most)).arrayBuffer());
    }

    stream(name) {
      const { at, size } = this.members.get(name);
      return new Stream(this.blob, at, at + size);
    }

    /** Note something that is wrong with the files, and not with the log. */
    fault(seq, what) {
      if (this.faults.size < MAX_FAULTS) this.faults.set(`${seq} ${what}`, [seq, what]);
    }

    /** Find where each checkpoint lies and under which size it is filed: its own, or the next one if that cannot be. */
    async readCheckpoints() {
      this.marks = { sizes: [], from: [], to: [] };
      let size = -1;
      for await (const { bytes, from } of this.notes()) {
        const found = stated(bytes);
        size = found > size ? found : size + 1;
        this.marks.sizes.push(size);
        this.marks.from.push(from);
        this.marks.to.push(from + bytes.length);
      }
      this.newest = size;
    }

    /** Yield what stands between two checkpoints, each as {bytes, from}. */
    async *notes() {
      const stream = this.stream("log/checkpoints"), note = new Uint8Array(MAX_NOTE + LONG);
      let length = 0, signed = false, from = stream.offset;
      for (;;) {
        if (!stream.has(LONG)) await stream.fill(LONG);
        if (!stream.left) break;
        const start = stream.offset, line = stream.line(LONG);
        const bytes = stream.bytes.subarray(line.from, line.to + (line.ended ? 1 : 0));
        const signs = bytes[0] === 0xe2 && bytes[1] === 0x80 && bytes[2] === 0x94 && bytes[3] === 0x20;
        if (length > MAX_NOTE || (signed && !signs)) {
          yield { bytes: note.slice(0, length), from };
          [length, from] = [0, start];
        }
        note.set(bytes, length);
        length += bytes.length;
        signed = signs;
      }
      if (length) yield { bytes: note.slice(0, length), from };
    }

    /** Return the bytes of a stored checkpoint. */
    async mark(index) {
      return new Uint8Array(await this.blob.slice(this.marks.from[index], this.marks.to[index]).arrayBuffer());
    }

    /** Work out under which number the last envelope stands. */
    async readEnd() {
      const { at, size } = this.members.get("log/env.bin"), last = Math.ceil(size / ENVELOPE) - 1;
      const from = at + Math.max(last, 0) * ENVELOPE;
      const bytes = new Uint8Array(await this.blob.slice(from, Math.min(from + ENVELOPE, at + size)).arrayBuffer());
      this.last = Math.max(last, number(bytes, 0, last));
    }

    /**
     * Call `ready(due)` (a promise) before a record at or behind `due`, and `take(row)` for each record. `ready` gives the
     * next `due`. A row is {seq, env, at, bytes, from, to, offset}: the envelope is env[at:], the body bytes[from:to], and
     * it lies at `offset` in the blob; none of it may be kept.
     */
    async records(take, ready) {
      const envelopes = this.stream("log/env.bin"), lines = this.stream("log/records.jsonl");
      let expected = 0, due = await ready(0);
      for (;;) {
        if (!envelopes.has(2 * ENVELOPE)) await envelopes.fill(2 * ENVELOPE);
        if (!lines.has(MAX_BODY + 1)) await lines.fill(MAX_BODY + 1);
        if (!envelopes.left) break;
        const env = envelopes.bytes, at = envelopes.at;
        const seq = place(env, at, expected);
        const row = { seq, env, at, whole: env.length - at >= ENVELOPE, offset: lines.offset, bytes: lines.bytes, from: 0, to: 0 };
        envelopes.at += Math.min(ENVELOPE, envelopes.left);
        await this.body(lines, row);
        expected = seq + 1;
        if (seq > this.last) continue; // a number that the end does not have: only the files are still judged
        if (seq >= due) due = await ready(seq);
        take(row);
      }
      if (lines.left) this.fault(expected, "records.jsonl goes on behind the last envelope");
    }

    /** Read the line of a body; what is no line of a record is empty. A promise only where it has to be waited for. */
    body(lines, row) {
      if (!lines.left) return this.fault(null, "records.jsonl has fewer lines than there are envelopes");
      const { from, to, ended } = lines.line(MAX_BODY + 1);
      [row.bytes, row.from, row.to] = [lines.bytes, from, to];
      if (ended) return;
      if (to - from <= MAX_BODY) return this.fault(row.seq, "records.jsonl ends without the end of a line");
      this.fault(row.seq, "its line is longer than any record");
      row.to = from + MAX_BODY;
      return this.skip(lines);
    }

    async skip(lines) {
      do await lines.fill(LONG);
      while (lines.left && !lines.line(LONG).ended);
    }

    /** Return the digests of the archived texts. */
    texts() {
      const found = [];
      for (const name of this.members.keys()) {
        if (!name.startsWith("log/texts/")) continue;
        const digest = name.slice("log/texts/".length);
        if (/^[0-9a-f]{64}$/.test(digest)) found.push(digest);
        else this.fault(null, "a file in texts has a name that is no digest");
      }
      return found;
    }

    /** Return an archived text; of one that is too long, a byte more than may be. */
    text(digest) {
      return this.read(`log/texts/${digest}`, MAX_TEXT + 1);
    }
  }

  function stated(bytes) {
    try {
      return checkpoint(Note.decode(bytes)).size;
    } catch (error) {
      if (error instanceof Malformed) return -1;
      throw error;
    }
  }

  /** The number in an envelope; `otherwise` where there is no whole one. */
  const number = (bytes, at, otherwise) => (bytes.length - at >= ENVELOPE ? u64(bytes, at + SEQ_AT) : otherwise);

  /** Under which number a record is judged: its own behind a gap from which the log goes on, else the next one. */
  function place(env, at, expected) {
    const claimed = number(env, at, expected);
    const behindGap = expected < claimed && claimed < MAX_INT && number(env, at + ENVELOPE, expected) === claimed + 1;
    return behindGap ? claimed : expected;
  }

  return { Log, PREFIX, ENVELOPE, SEQ_AT, PREV_AT, BH_AT, MAX_BODY };
})();
