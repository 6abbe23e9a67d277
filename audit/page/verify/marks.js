"use strict";
/*
 * What is asked of every checkpoint that the log stores, and of every head from outside, at the moment when the records
 * up to it have been read.
 *
 * A log is signed by the keys that the verifying person brought, or else by those that its own genesis names; another key
 * counts once a checkpoint carries its signature beside one of a key that already counts. Checkpoints by keys that the
 * log names and that do not count are covered by the next one that does, for its root is over the same records.
 */
globalThis.Ringfence ??= {};
Ringfence.marks = (() => {
  const { Malformed, equal } = Ringfence.bytes;
  const { Note, WrongSignature, checkpoint } = Ringfence.note;
  const NEWEST = 64;

  /** Wait for who signed; null where a signature is not by the key that it names. */
  async function signersOf(note, known) {
    try {
      return await note.verified(known);
    } catch (error) {
      if (error instanceof WrongSignature) return null;
      throw error;
    }
  }

  /** The checkpoints and heads that are still to come, and what was made of those that were passed. */
  class Marks {
    constructor(log, records, trust, found) {
      Object.assign(this, { log, records, trust, found });
      this.heads = trust.heads
        .map((note) => ({ note, stated: checkpoint(note) }))
        .sort((one, other) => other.stated.size - one.stated.size);
      this.next = 0;
      this.vouched = new Set(trust.logs.map((key) => key.text));
      this.last = new Map();
      this.count = this.anchored = this.witnessed = this.kept = 0;
      this.broken = false;
      this.forks = [];
    }

    /** The size of the next one. */
    get due() {
      return Math.min(this.log.marks.sizes[this.next] ?? Infinity, this.heads.at(-1)?.stated.size ?? Infinity);
    }

    /** Judge what lies below a record that is about to be read; return what is due then. */
    async upto(size) {
      const root = this.due <= size ? this.records.tree.root() : null;
      while (this.due <= size) await this.judgeNext(root);
      return this.due;
    }

    /** Judge what is left: what is of exactly as many records as there are, and what is of more. */
    async end() {
      await this.upto(this.records.expected);
      while (this.due < Infinity) await this.judgeNext(null);
    }

    judgeNext(root) {
      return this.log.marks.sizes[this.next] === this.due ? this.judgeMark(root) : this.judgeHead(root);
    }

    async judgeMark(root) {
      const index = this.next++, size = this.log.marks.sizes[index], before = this.found.total;
      const add = (code, what) => this.found.add(code, size, what);
      this.begin();
      let note = null, stated = null;
      try {
        note = Note.decode(await this.log.mark(index));
        stated = checkpoint(note);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
      const signers = stated ? await this.signers(note) : [];
      this.askForm(stated, size, add);
      if (stated && !signers) add("CHECKPOINT_SIG", "a signature is not by the key that it names, of this text");
      else if (stated && !signers.length) add("CHECKPOINT_SIG", "no key of this log has signed it");
      if (!(signers ?? []).every((key) => this.records.ring.find(key)?.covers(size))) {
        add("KEY_RANGE", "a key has signed it that was not in use for this size");
      }
      const differs = stated !== null && !(root && equal(root, stated.root));
      if (differs && root && !this.broken) add("ROOT", "it was signed over other records; later ones are not compared");
      if (!root) add("TRUNCATED", "a checkpoint covers records that are not there");
      this.count++;
      this.broken ||= differs;
      if (this.found.total === before && signers?.length) this.goOn(size, signers);
    }

    askForm(stated, size, add) {
      if (!stated) add("CHECKPOINT", "what is stored is not a checkpoint");
      else if (stated.size !== size || stated.origin !== this.records.origin) {
        add("CHECKPOINT", "a checkpoint of another size, or of another log, is stored in its place");
      }
    }

    /** What is below a checkpoint with which nothing is wrong is signed, and its other keys count. */
    goOn(size, signers) {
      if (!signers.some((key) => this.vouched.has(key.text))) {
        this.records.unvouched ??= size;
        return;
      }
      this.records.unvouched = null;
      this.records.cover(size);
      for (const key of signers) {
        if (!this.records.ring.find(key)?.covers(size)) continue;
        this.vouched.add(key.text);
        this.last.set(key.hash, { key, size });
      }
    }

    async judgeHead(root) {
      const { note, stated } = this.heads.pop(), { origin } = this.records, before = this.found.total;
      const { size } = stated, add = (code, what) => this.found.add(code, size, what);
      const cosigners = await signersOf(note, this.trust.witnesses.values());
      const signed = await this.isSigned(note, size);
      const isOurs = stated.origin === origin;
      if (!isOurs) add("TRUST", "a head from outside is of another log");
      if (!signed || !cosigners) add("TRUST", "a head from outside is not signed by a key that counts for this log");
      if (root && isOurs && !equal(root, stated.root)) {
        add("FORK", `a head of ${size} records from outside is over other records: there are two logs`);
        this.forks.push({ outside: note.encode(), own: await this.own(size) });
      }
      if (!root && isOurs) add("TRUNCATED", `a head from outside has ${size} records, they are not there`);
      if (root && isOurs && size > this.log.newest) {
        add("STALE", `a head of ${size} records was signed, the newest that is stored has ${Math.max(this.log.newest, 0)}`);
      }
      if (this.found.total > before) return;
      this.anchored = Math.max(this.anchored, size);
      if (this.trust.met(cosigners)) this.witnessed = Math.max(this.witnessed, size);
    }

    /** Return the log's own checkpoint of as many records or more, as proof of a fork; null where there is none. */
    async own(size) {
      const index = this.log.marks.sizes.findIndex((one) => one >= size);
      if (index < 0) return null;
      try {
        const note = Note.decode(await this.log.mark(index));
        checkpoint(note);
        return note.encode();
      } catch (error) {
        if (error instanceof Malformed) return null;
        throw error;
      }
    }

    /** How many records lie under a checkpoint by a key that still counts for it. */
    signed() {
      const sizes = [...this.last.values()].filter(({ key, size }) => this.records.ring.find(key)?.counts(size));
      return Math.max(0, ...sizes.map(({ size }) => size));
    }

    /** Whether a head is signed by a key that was in use; a head that was kept outlives a theft. */
    async isSigned(note, size) {
      this.begin();
      const signers = (await this.signers(note)) ?? [];
      return signers.some((key) => this.vouched.has(key.text) && this.records.ring.find(key)?.covers(size));
    }

    /** Believe the keys of the genesis, once it was read, where none were brought. */
    begin() {
      if (this.trust.logs.length || this.vouched.size) return;
      for (const span of this.records.ring.spans.values()) if (span.since === 1) this.vouched.add(span.key.text);
    }

    signers(note) {
      const known = new Map([...this.records.ring.keys(), ...this.trust.logs].map((key) => [key.text, key]));
      return signersOf(note, known.values());
    }
  }

  /**
   * Find the largest checkpoint among the archived texts that a quorum of the trusted witnesses cosigned; null for none.
   * It is the operator's copy, but a cosignature is its witness's own.
   */
  async function cosigned(log, trust) {
    if (trust.quorum === "none") return null;
    const heads = new Map();
    for (const digest of log.texts()) {
      try {
        const note = Note.decode(await log.text(digest)), { size } = checkpoint(note);
        const head = heads.get(note.text) ?? { text: note.text, size, signatures: new Map() };
        for (const one of note.signatures) head.signatures.set(`${one.name} ${one.hash} ${one.value.join()}`, one);
        heads.set(note.text, head);
        if (heads.size > NEWEST) heads.delete([...heads.values()].sort(largest).at(-1).text);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
    }
    for (const head of [...heads.values()].sort(largest)) {
      const believed = await believedHead(head, trust);
      if (believed) return believed;
    }
    return null;
  }

  const largest = (one, other) => other.size - one.size || Ringfence.bytes.compare(other.text, one.text);

  /** Return a head without the signatures that are wrong, if a quorum is left. */
  async function believedHead({ text, signatures }, trust) {
    const by = new Set(), kept = [];
    for (const signature of signatures.values()) {
      const known = await signersOf(new Note(text, [signature]), [...trust.witnesses.values(), ...trust.logs]);
      if (!known) continue;
      known.forEach((key) => by.add(key));
      kept.push(signature);
    }
    return trust.met([...by]) ? new Note(text, kept) : null;
  }

  return { Marks, cosigned, signersOf };
})();
