"use strict";
/*
 * Verifies a pack: its form, its files, the log in it, the signature below it, and what was folded from the log.
 *
 *     Ringfence.verify(blob, {schemas, known, trust, receipts, onProgress, signal}) -> Promise of a report
 *
 * The answer is a grade, never a bare "valid": failed, self-consistent, signed, anchored, witnessed. Nothing in a pack
 * makes this throw, hang or inject anything: what is wrong is a finding, and every text in a report is data.
 *
 * It was written from the formats, beside the verifier in Python, and gives the same findings (code and record) and the
 * same grade. Where they differ, by intent:
 *   - stamps of time-stamp authorities (RFC 3161) are not judged here, so no grade or finding (TIME) comes of one;
 *   - what is said of a SCHEMA does not name the field: records are recognised as a whole;
 *   - sizes of checkpoints from 2**53 on, which no log has, are rounded where a finding names them.
 */
globalThis.Ringfence ??= {};
Ringfence.verify = (() => {
  const { Malformed, hex, equal, utf8 } = Ringfence.bytes;
  const { sha256, tar, manifest, marks, records, trust, Findings, Period } = Ringfence;
  const FRESH_RECORDS = 10_000;
  const FRESH_S = 24 * 3600;
  const MAX_NOTE = 64 * 1024;
  const MAX_LISTED = 1000;
  const UNSIGNED =
    "that the log's signer knew of this pack: its manifest is not signed, so anybody may have put it together";
  const NOT_STAMPS = "time stamps by authorities (RFC 3161): the Python verifier checks them, with their certificates";
  const NOT_FILES = "that verify.py and verify.html are those of this version: compare their SHA-256";
  const otherVersion = (one, other) =>
    "that summary.html shows what the documents say, and what README.md, verify.py and verify.html are: " +
    `version ${one} made them, and this verifier is of ${other}`;

  const NOTHING = {
    grade: "failed", log_id: "", origin: "", size: 0, head: "", checked: 0, first_ts: "", last_ts: "", receipts: 0,
    checkpoints: 0, signed: 0, anchored: 0, witnessed: 0, pruned: 0, left_out: 0, erased: [], erased_total: 0, unerased: 0,
    dark: [], dark_total: 0, missing_texts: [], forks: [], findings: [], findings_total: 0, unproven: [], not_checked: [], pack: null, documents: {},
  };

  /** One pack on its way. */
  class Verifying {
    constructor(blob, options) {
      this.blob = blob;
      this.options = options;
      this.registry = new Ringfence.schema.Registry(options.schemas);
      this.trust = trust.Trust.read(options.trust ?? []);
      this.found = new Findings();
      this.receipts = new Map();
      this.readReceipts(options.receipts ?? []);
      this.index = new Ringfence.Index(blob);
      this.log = null;
      this.rows = 0;
      this.documents = {};
      this.signedBy = null;
    }

    readReceipts(texts) {
      for (const { seq, link } of texts.map(trust.receipt)) {
        if (!this.receipts.has(seq)) this.receipts.set(seq, link);
        else if (this.receipts.get(seq) !== link) this.found.add("RECEIPT", seq, "two receipts contradict each other");
      }
    }

    progress(phase, done, total) {
      this.options.signal?.throwIfAborted();
      this.options.onProgress?.({ phase, done, total });
    }

    /** Do all of it, in the order in which findings are reported. */
    async judge() {
      const contradicting = this.found;
      this.found = new Findings();
      try {
        this.members = await tar.members(this.blob);
      } catch (error) {
        return this.stopped("PACK", error, "");
      }
      try {
        this.manifest = manifest.read(await this.member("manifest.json"));
      } catch (error) {
        return this.stopped("MANIFEST", error, "manifest.json: ");
      }
      const [files, faults] = await manifest.compareFiles(this.blob, this.members, this.manifest, (...at) => this.progress(...at));
      this.files = files;
      faults.forEach((what) => this.found.add("MANIFEST", null, what));
      if (!(await this.open())) return this.report();
      const before = this.found.total;
      contradicting.kept.forEach(({ code, seq, what }) => this.found.add(code, seq, what));
      await this.judgeLog();
      if (this.found.total === before) this.compareManifest();
      await this.judgeNote();
      if (this.found.total === 0) await this.compareDocuments();
      if (this.found.total === 0) await this.compareConstants();
      return this.report();
    }

    stopped(code, error, where) {
      if (!(error instanceof Malformed)) throw error;
      this.found.add(code, null, where + error.message);
      return this.report();
    }

    async member(name, most = 64 * 1024 * 1024 + 1) {
      const { at, size } = this.members.get(name);
      return new Uint8Array(await this.blob.slice(at, at + Math.min(size, most)).arrayBuffer());
    }

    async open() {
      if (!manifest.REQUIRED.every((name) => this.members.has(name))) return false;
      const log = new Ringfence.log.Log(this.blob, this.members);
      try {
        await log.open();
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.found.add("MANIFEST", null, "log/head.json: not the head of an export that this version reads");
        return false;
      }
      this.log = log;
      return true;
    }

    async judgeLog() {
      const { log, found } = this;
      const cosigned = await marks.cosigned(log, this.trust);
      if (cosigned) this.trust.heads.push(cosigned);
      this.records = new records.Records(log, this.registry, this.receipts, found);
      this.marks = new marks.Marks(log, this.records, this.trust, found);
      this.period = new Period(this.manifest, log.head.pruned);
      this.folding = new Ringfence.evidence.Folding(this.manifest);
      let told = 0;
      await log.records(
        (stored) => this.take(stored),
        async (seq) => {
          if (seq >= told) {
            this.progress("records", seq, log.head.size);
            told = seq + 5000;
          }
          return Math.min(await this.marks.upto(seq), told);
        },
      );
      this.progress("checkpoints", this.records.checked, log.head.size);
      await this.marks.end();
      await this.judgeWhole();
    }

    take(stored) {
      const row = this.records.take(stored), { first, last } = this.manifest, { seq } = row;
      const ts = row.isValid ? row.body.ts : (row.tombstone?.ts ?? "");
      if (!row.isLeftOut && !row.tombstone && first <= seq && seq <= last) this.rows++;
      this.period.take(seq, ts, row.isLeftOut);
      const body = row.isValid ? row.body : null;
      this.index.take(row, body);
      this.fold((folding) => folding.take(seq, body));
    }

    /** Ask of the log as a whole, after its last record. */
    async judgeWhole() {
      const { log, found, records: made } = this, { size, hash } = log.head;
      if (log.last >= size) found.add("HEAD", size, "records lie beyond the head");
      else if (made.expected === size && !(made.endsWhole && hex(made.prev) === hash)) {
        found.add("HEAD", log.last, "the head is not the link of the last record");
      }
      if (made.expected < size) {
        found.add("TRUNCATED", made.expected, `the head names ${size} records, the last ones are not there`);
      }
      for (const seq of [...this.receipts.keys()].sort((one, other) => one - other)) {
        if (seq >= size) found.add("TRUNCATED", seq, `a receipt names this record, the log claims ${size} records`);
      }
      made.absences.judge(found);
      await this.judgeTexts();
      for (const [seq, what] of log.faults.values()) found.add("EXPORT", seq, what);
      const left = made.expected - made.covered;
      if (made.covered >= 0 && left && made.expected >= size) {
        const waited = records.seconds(made.uncoveredTs || made.lastTs, made.lastTs);
        if (left > FRESH_RECORDS || waited > FRESH_S) {
          found.add("STALE", made.covered, `${left} records since the newest checkpoint, which is older than a signer leaves it`);
        }
      }
      if (made.unvouched !== null) {
        const what = "from here on, no key has signed that counts, or that one that counts has vouched for";
        found.add("CHECKPOINT_SIG", made.unvouched, what);
      }
    }

    async judgeTexts() {
      const digests = this.log.texts();
      for (const digest of digests) {
        this.records.texts.delete(digest);
        if (hex(sha256(await this.log.text(digest))) !== digest) {
          this.found.add("BUNDLE_TEXT", null, "an archived policy text does not have its digest");
        }
      }
      await this.records.approvals.judge(new Set(digests), (digest) => this.log.text(digest), this.found);
    }

    /** Compare what the manifest says of the log with the log. */
    compareManifest() {
      const { manifest: made, log, records: read } = this;
      const compared = [
        ["the id of the log", made.log_id, log.head.log_id],
        ["the name of the log", made.origin, read.origin],
        ["the number of records", made.size, log.head.size],
        ["the root", made.root, hex(read.tree.root())],
        ["the first record of the period", made.first, log.head.first],
        ["the last record of the period", made.last, log.head.last],
        ["the size of the newest checkpoint", made.size, log.newest],
        ["the number of bodies", made.rows, this.rows],
      ];
      for (const [what, one, other] of compared) {
        if (one !== other) this.found.add("MANIFEST", null, `manifest.json: ${what} is another in the log`);
      }
      for (const what of this.period.ends(made.size)) this.found.add("MANIFEST", null, what);
      for (const [seq, what] of this.period.faults) this.found.add("MANIFEST", seq, what);
    }

    /** Find out who signed the manifest. */
    async judgeNote() {
      if (!this.members.has("manifest.note")) return;
      const add = (what) => this.found.add("PACK", null, `manifest.note: ${what}`);
      const { ring } = this.records;
      let note;
      try {
        const bytes = await this.member("manifest.note", MAX_NOTE + 1);
        note = Ringfence.note.Note.decode(bytes.length > MAX_NOTE ? new Uint8Array(0) : bytes);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        return add("not a signed note");
      }
      const known = new Map([...ring.keys(), ...this.trust.logs].map((key) => [key.text, key]));
      const signers = await marks.signersOf(note, known.values());
      if (!signers) return add("a signature is not by the key that it names, of this text");
      if (note.text !== manifest.statement(this.manifest)) return add("it was signed of another manifest");
      const counting = signers.filter((key) => ring.find(key)?.counts(this.manifest.size));
      if (!counting.length) return add("no key has signed it that this log names for this size");
      this.signedBy = counting[0].text;
    }

    /** Fold on for as long as that goes well: records that are made to confuse it must not end a verification. */
    fold(step) {
      try {
        if (this.folding) return step(this.folding);
      } catch {
        this.folding = null; // a finding at the end
      }
    }

    /** Compare the documents with what was folded from the records; of constant ones, the digest is known. */
    async compareDocuments() {
      this.progress("evidence", 0, 1);
      for (const size of this.log.marks.sizes) this.fold((folding) => folding.mark(size));
      const made = this.fold((folding) => folding.documents());
      if (!made) return this.found.add("EVIDENCE", null, "what follows from these records cannot be told");
      const { constants } = this.options.schemas;
      const named = [...this.members.keys()].filter((name) => name.startsWith("evidence/"));
      for (const name of [...new Set([...named, ...made.keys(), ...Object.keys(constants)])].sort()) {
        const what = await this.compareDocument(name, made.get(name), constants[name]);
        this.documents[name] = !what;
        if (what) this.found.add("EVIDENCE", null, `${name}: ${what}`);
      }
    }

    async compareDocument(name, folded, constant) {
      if (!this.members.has(name)) return "it follows from the records, and is not there";
      if (!folded && !constant) return "no such document follows from the records";
      const { size } = this.members.get(name);
      const content = folded && size !== folded.length ? null : await this.member(name);
      const isSame = content && (folded ? equal(content, folded) : hex(sha256(content)) === constant);
      return isSame ? null : "it is not what follows from the records";
    }

    /** Compare what people are to read with what this version puts into a pack of these documents. */
    async compareConstants() {
      const names = Object.keys(this.documents), read = (name) => this.member(name, Infinity);
      const faults = await Ringfence.constants.faults(this.options.known, this.manifest, names, read);
      for (const what of faults) this.found.add("EVIDENCE", null, what);
    }

    report() {
      const { found, manifest: made } = this;
      const pack = made && {
        version: made.version, from: made.from ?? "", to: made.to ?? "", first: made.first, last: made.last, rows: made.rows,
        size: made.size, root: made.root, signed_by: this.signedBy, sha256_manifest: made.sha256, files: this.files ?? [],
      };
      const findings = { findings: found.kept, findings_total: found.total };
      if (!this.records) return { ...NOTHING, ...findings, pack: pack ?? null };
      const { log, records: read, marks: passed } = this, { absences } = read;
      const signed = passed.signed(), { anchored, witnessed } = passed;
      const grade = found.total ? "failed"
        : witnessed ? "witnessed" : anchored ? "anchored" : signed ? "signed" : "self-consistent";
      return {
        ...NOTHING, ...findings, pack, grade, documents: this.documents,
        log_id: log.head.log_id, origin: read.origin, size: log.head.size, head: log.head.hash, checked: read.checked,
        first_ts: read.firstTs, last_ts: read.lastTs, receipts: this.receipts.size, checkpoints: passed.count,
        signed, anchored, witnessed, pruned: log.head.pruned, left_out: absences.leftOut,
        erased: [...absences.erased.keys()].slice(0, MAX_LISTED), erased_total: absences.erasedTotal,
        unerased: absences.stillThere, missing_texts: [...read.texts].slice(0, MAX_LISTED), dark: read.dark, dark_total: read.darkTotal, forks: passed.forks,
        unproven: this.unproven(signed), not_checked: this.notChecked(),
      };
    }

    notChecked() {
      return [...(this.trust.certificates ? [NOT_STAMPS] : []), NOT_FILES];
    }

    /** What nobody outside the log vouches for, then what the log's own signatures leave open. */
    unproven(signed) {
      const { size } = this.log.head, { absences } = this.records, said = [];
      const kept = Math.max(this.marks.anchored, Math.max(-1, ...this.receipts.keys()) + 1);
      said.push(`that no record was cut off the end${kept ? `, behind record ${kept - 1}` : ""}`);
      const where = kept ? `behind record ${kept - 1}, the newest one that is known outside` : "from some record on";
      if (!signed) {
        said.push(`that it was not rewritten ${where} by whoever could write the database`);
      } else {
        said.push(`that it was not rewritten ${where} by whoever holds the signing key`);
        if (signed < size) {
          said.push(`that whoever could write the database left records ${signed} to ${size - 1} alone: not signed`);
        }
        if (!this.trust.logs.length) {
          said.push("that the key is the right one: it was taken from the log itself; bring it with --trust");
        }
      }
      const gone = absences.leftOut + absences.erasedTotal;
      if (gone) said.push(`what was in the ${gone.toLocaleString("en-US")} bodies that are not here: only that they were in these places`);
      const missing = this.records.texts.size;
      if (missing) {
        const count = missing.toLocaleString("en-US");
        said.push(`what ${count} archived texts said that records name, such as policies: they are not here`);
      }
      said.push("that all traffic went through the proxy, or that the proxy recorded what it did");
      said.push(...this.period.unseen(this.manifest.size));
      if (!this.signedBy) said.push(UNSIGNED);
      const { version } = this.options.known;
      if (this.manifest.version !== version) said.push(otherVersion(this.manifest.version, version));
      return said;
    }
  }

  /** Verify a pack in a Blob; throws only for what the caller handed over beside it: trust, receipts, schemas. */
  const verify = async (blob, options) => new Verifying(blob, options).judge();
  return Object.assign(verify, { Verifying });
})();
