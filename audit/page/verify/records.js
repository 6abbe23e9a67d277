"use strict";
/*
 * What is asked of every record, one after another; one that fails is still judged by all other steps.
 *
 *     BH_n   = SHA-256("ringfence.audit/v1/body\0" || body_n)
 *     H_n    = SHA-256(0x00 || ENV_n)                                  the link, and the leaf of the tree
 *     H_{-1} = SHA-256("ringfence.audit/v1/genesis\0" || log_id || JCS({origin, schema_sha256, vkeys} of the genesis))
 */
globalThis.Ringfence ??= {};
Ringfence.records = (() => {
  const { Malformed, utf8, hex, fromHex } = Ringfence.bytes;
  const { parse, canonical, isObject } = Ringfence.json;
  const { PREFIX, ENVELOPE, SEQ_AT, PREV_AT, BH_AT } = Ringfence.log;
  const { sha256, absences, merkle, keyring, approvals, schema } = Ringfence;
  const BODY = utf8("ringfence.audit/v1/body\0");
  const GENESIS = utf8("ringfence.audit/v1/genesis\0");
  const LEAF = Uint8Array.of(0);
  const DARK_S = 3900;
  const MAX_DARK = 100;
  const MAX_TEXTS = 10_000;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** The type of an entry of `erasure.done` v2, which is what stands in the place of an erased body. */
  const erasedType = (schemas) => schema.recogniser(schemas.get("erasure.done", 2).fields.required.records.array);

  /** Seconds between two stamps; without end where one is no time, as of a thirteenth month. */
  function seconds(since, until) {
    const [from, to] = [moment(since), moment(until)];
    return from === null || to === null ? Infinity : (to - from) / 1e6;
  }

  /** Microseconds since 1970; null for what no calendar has. */
  function moment(stamp) {
    const [year, month, day, hour, minute, second] = stamp.split(/[-T:.Z]/, 6).map(Number);
    const date = new Date(0);
    date.setUTCFullYear(year, month - 1, day);
    date.setUTCHours(hour, minute, second);
    const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    if (!isSame || year === 0 || hour > 23 || minute > 59 || second > 59) return null;
    return date.getTime() * 1000 + Number(stamp.slice(20, 26));
  }

  /** Whether bytes[at:at + 32] are this hash. */
  function isHash(bytes, at, hash) {
    for (let i = 0; i < 32; i++) if (bytes[at + i] !== hash[i]) return false;
    return true;
  }

  /** One record as it is stored, and what its bytes say; `link` is overwritten by the one after the next. */
  class Row {
    constructor(stored, link) {
      this.stored = stored;
      this.seq = stored.seq;
      this.whole = stored.whole;
      this.link = link;
      this.isLeftOut = stored.from === stored.to;
      this.tombstone = null;
      this.body = null;
      this.schema = undefined;
      this.isValid = false;
      /** The epoch of its writer and its number there, as far as that is known. */
      this.writer = null;
      this.keyFault = null;
    }

    /** The hash that the envelope has of the body; empty where there is no whole envelope. */
    get bh() {
      const { env, at } = this.stored;
      return this.whole ? env.subarray(at + BH_AT, at + ENVELOPE) : env.subarray(0, 0);
    }
  }

  /** Reads and judges the records of one log, in their order. */
  class Records {
    constructor(log, registry, receipts, found) {
      Object.assign(this, { log, registry, receipts, found });
      Object.assign(this, { expected: 0, checked: 0, origin: "", firstTs: "", lastTs: "", lastSeen: "" });
      Object.assign(this, { covered: -1, uncoveredTs: "", unvouched: null, dark: [], darkTotal: 0 });
      this.prev = null;
      this.known = null;
      this.epochs = new Map();
      this.tree = new merkle.Tree();
      this.ring = new keyring.Keyring();
      this.absences = new absences.Absences(log.head);
      this.approvals = new approvals.Approvals();
      /** Texts that records name, by their digests; at the end, those of them that are not there. */
      this.texts = new Set();
      this.hash = new sha256.Sha256();
      this.digest = new Uint8Array(32);
      this.links = [new Uint8Array(32), new Uint8Array(32)];
      this.endsWhole = false;
      this.front = new Uint8Array(PREV_AT);
      this.front.set(PREFIX);
      this.front.set(log.id, PREFIX.length);
      this.erasedType = erasedType(registry);
    }

    /** Read a record, judge it and go on from it; returns what was read, with a `body` that may be used if `isValid`. */
    take(stored) {
      const row = this.read(stored);
      this.before(row);
      this.judge(row);
      this.after(row);
      this.checked++;
      return row;
    }

    read(stored) {
      const { env, at, whole, bytes, from, to } = stored, row = new Row(stored, this.nextLink());
      if (whole) this.hash.reset().update(LEAF).update(env, at, at + ENVELOPE).digest(row.link);
      else row.link.fill(0);
      if (row.isLeftOut) return row;
      if (bytes[from + 2] === 0x65) row.tombstone = absences.tombstone(bytes.subarray(from, to), this.erasedType);
      if (row.tombstone) row.writer = row.tombstone;
      else this.readBody(row, bytes, from, to);
      return row;
    }

    /** Links live in two places in turn: that of a record, and that of the one before it. */
    nextLink() {
      this.links.reverse();
      return this.links[0];
    }

    /** Almost every record is done with when its schema recognises it; what is wrong with another is found slowly. */
    readBody(row, bytes, from, to) {
      try {
        const body = JSON.parse(decoder.decode(bytes.subarray(from, to)));
        if (!isObject(body)) return;
        row.schema = this.registry.get(body.kind, body.v);
        row.isValid = row.schema !== undefined && row.schema.matches(bytes, from, to);
        row.body = row.isValid ? body : parse(bytes.subarray(from, to));
        if (row.isValid) row.writer = body.w;
      } catch (error) {
        if (!(error instanceof Malformed || error instanceof SyntaxError || error instanceof TypeError)) throw error;
        row.body = null;
      }
    }

    before(row) {
      this.absences.before(row, this.tree);
      if (row.seq === 0 && row.isValid && row.body.kind === "genesis") {
        this.known = this.registry.bornWith(row.body.schema_sha256);
        this.origin = row.body.origin;
      }
      row.keyFault = row.isValid ? this.ring.take(row.seq, row.body) : null;
    }

    judge(row) {
      const add = (code, what) => this.found.add(code, row.seq, what);
      const isAbsent = row.isLeftOut || row.tombstone !== null;
      if (row.seq !== this.expected) add("GAP", `sequence number ${this.expected} was expected`);
      if (row.isLeftOut && !this.absences.mayBeLeftOut(row.seq)) {
        add("LEFT_OUT", "its body is not there, and nothing says that it may be left out");
      }
      if (row.tombstone && (row.tombstone.seq !== row.seq || row.tombstone.bh !== hex(row.bh))) {
        add("ERASED", "what is left of an erased body is of another record");
      } else if (row.tombstone && !absences.isOfRequest(row.tombstone)) {
        add("ERASED", "it is about no request, and only what is can be erased");
      }
      if (!isAbsent && !this.hasHash(row)) add("BODY_HASH", "the stored bytes do not have the stored hash");
      this.judgeLink(row, add);
      if (!row.body && !isAbsent) add("NONCANONICAL", "the bytes are not in canonical form");
      if (row.body) this.judgeBody(row, add);
      this.judgePlace(row, add);
      if (row.keyFault) add("KEY_RANGE", row.keyFault);
    }

    hasHash({ stored, whole }) {
      const made = this.hash.reset().update(BODY).update(stored.bytes, stored.from, stored.to).digest(this.digest);
      return whole && isHash(stored.env, stored.at + BH_AT, made);
    }

    judgeLink(row, add) {
      const { env, at } = row.stored, { front } = this;
      if (!row.whole || row.seq > Number.MAX_SAFE_INTEGER) {
        add("LINK", "a part of the link has the wrong size");
      } else {
        let rest = row.seq;
        for (let i = PREV_AT - 1; i >= SEQ_AT; i--, rest = Math.floor(rest / 256)) front[i] = rest % 256;
        let same = true;
        for (let i = 0; i < PREV_AT; i++) same &&= env[at + i] === front[i];
        if (!same) add("LINK", "the link is not the hash of its parts");
      }
      const follows = !this.prev || (row.whole && isHash(env, at + PREV_AT, this.prev));
      if (!follows) add("LINK", "it does not follow the record before it");
    }

    judgeBody(row, add) {
      const { body, schema: its } = row;
      if (!its) {
        add("UNKNOWN_KIND", "this verifier does not know the kind or its version");
      } else if (this.known && !this.known.has(`${its.kind} ${its.v}`)) {
        add("UNKNOWN_KIND", "this log did not introduce the kind or its version");
      } else if (its.kind === "schema.introduced" && row.isValid) {
        const introduced = this.registry.get(body.schema_kind, body.schema_v);
        if (introduced?.sha256 !== body.sha256) add("UNKNOWN_KIND", "it introduces a schema that this verifier does not know");
      }
      if (its && !row.isValid) add("SCHEMA", "the body does not fit its schema");
    }

    /** Genesis, log, writer and receipt. */
    judgePlace(row, add) {
      const { body, writer } = row, kind = row.isValid ? body.kind : "";
      if (row.seq > 0 && kind === "genesis") add("GENESIS", "a second genesis");
      if (row.seq === 0) this.judgeFirst(row, add);
      const begins = kind === "genesis" || kind === "writer.start";
      if (writer) {
        const { epoch, n } = writer, counted = this.epochs.get(epoch);
        if (counted === undefined && !begins) add("LOG_ID", "its writer was not introduced in this log");
        const expected = (counted ?? (begins ? 0 : n)) + this.skipped(writer);
        if (n !== expected) add("WRITER_GAP", `its writer's count is ${n}, ${expected} was expected`);
      }
      const kept = this.receipts.get(row.seq);
      if (kept !== undefined && (!row.whole || kept !== hex(row.link))) {
        add("RECEIPT", "the link is not the one that a receipt names");
      }
    }

    judgeFirst({ body, isValid, whole, stored }, add) {
      if (!isValid || body.kind !== "genesis") {
        add("GENESIS", "the first record is not a genesis record");
      } else {
        const { origin, schema_sha256, vkeys } = body, params = utf8(canonical({ origin, schema_sha256, vkeys }));
        const begin = sha256(GENESIS, fromHex(body.log_id), params);
        if (!whole || !isHash(stored.env, stored.at + PREV_AT, begin)) add("GENESIS", "the chain does not begin at its genesis parameters");
        else if (!this.known) add("GENESIS", "begun with record schemas that this verifier does not know");
      }
      if (body && body.log_id !== this.log.head.log_id) add("LOG_ID", "the genesis record belongs to another log");
    }

    /** How many of a writer's records before this one are among those that are left out. */
    skipped({ epoch, n }) {
      const gap = n - (this.epochs.get(epoch) ?? n);
      return gap > 0 && gap <= this.absences.slack ? gap : 0;
    }

    /** Go on from a record as it claims to be, so that one fault is reported once. */
    after(row) {
      this.expected = row.seq + 1;
      this.prev = row.link;
      this.endsWhole = row.whole;
      this.tree.append(row.link);
      if (row.writer) {
        this.absences.slack -= this.skipped(row.writer);
        this.epochs.set(row.writer.epoch, row.writer.n + 1);
      }
      if (row.tombstone) this.pass(row.seq, row.tombstone.ts);
      else if (row.isLeftOut) this.lastSeen = "";
      if (!row.isValid) return;
      const { body, seq } = row;
      this.pass(seq, body.ts);
      this.absences.after(seq, body);
      if (body.kind === "writer.stop") this.epochs.delete(body.w.epoch);
      if (body.kind === "schema.introduced") (this.known ??= new Set()).add(`${body.schema_kind} ${body.schema_v}`);
      if (body.kind === "policy.activated") this.activate(seq, body);
      if (body.kind === "anchor.receipt") this.name(body.receipt_sha256);
    }

    activate(seq, body) {
      this.approvals.take(seq, body);
      this.name(body.files_sha256);
      this.name(body.bundle.upstreams_sha256);
    }

    /** Note which text the log says that it archived. */
    name(digest) {
      if (this.texts.size < MAX_TEXTS) this.texts.add(digest);
    }

    /** Go on in time: more than an hour without a record is a dark time. */
    pass(seq, ts) {
      const { lastSeen } = this;
      if (lastSeen && ts.slice(0, 13) !== lastSeen.slice(0, 13) && seconds(lastSeen, ts) > DARK_S) {
        this.darkTotal++;
        if (this.dark.length < MAX_DARK) this.dark.push({ seq, since: lastSeen, until: ts });
      }
      this.lastSeen = this.lastTs = ts;
      this.firstTs ||= ts;
      this.uncoveredTs ||= ts;
    }

    /** Note that so many records lie under a checkpoint. */
    cover(size) {
      this.covered = size;
      this.uncoveredTs = "";
    }
  }

  return { Records, seconds, erasedType };
})();
