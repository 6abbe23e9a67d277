"use strict";
/* One pack, verified and then read at will: what a page asks of the verifier. All that goes in and comes out is data. */
globalThis.Ringfence ??= {};
Ringfence.session = (() => {
  const { text, hex } = Ringfence.bytes;
  const { Index } = Ringfence;
  const MOST = 10_000;
  const CONDITIONS = ["kind", "decision", "zone", "app", "team", "class", "rule", "from", "to"];
  const FOLLOWS = ["route.attempt", "route.outcome"];

  class Session {
    constructor() {
      this.onProgress = () => {};
      this.stopping = new AbortController();
      this.made = null;
    }

    /** Verify a pack; what was verified before is forgotten. */
    async verify({ blob, trust, receipts, schemas, known }) {
      this.cancel();
      this.stopping = new AbortController();
      this.made = null;
      const { signal } = this.stopping, onProgress = (progress) => this.onProgress(progress);
      const made = new Ringfence.verify.Verifying(blob, { trust, receipts, schemas, known, onProgress, signal });
      const report = await made.judge();
      this.made = made;
      this.subtrees = made.records && new Ringfence.proving.Subtrees(made.log, made.records.tree);
      return report;
    }

    /** Stop a verification that is under way: it is refused. */
    cancel() {
      this.stopping.abort(new Error("cancelled"));
    }

    /** What was verified; throws Error where no log could be read. */
    read() {
      if (!this.made?.records) throw new Error("no log was read");
      return this.made;
    }

    async record({ seq }) {
      const { index, records } = this.read(), at = index.find(seq);
      if (at < 0 || at >= records.tree.size) throw new Error("no such record");
      const state = ["there", "left out", "erased", "wrong"][index.states.values[at]];
      const bytes = await index.bytes(at), link = await this.subtrees.link(at);
      let said = "", body = null;
      try {
        said = text(bytes);
        if (state === "there") body = JSON.parse(said);
      } catch {
        said = ""; // not UTF-8: a finding says so
      }
      return { seq, state, link: link ? hex(link) : "", text: said, body };
    }

    async records({ seqs }) {
      const found = [];
      for (const seq of seqs.slice(0, MOST)) found.push(await this.record({ seq }));
      return found;
    }

    /** Find up to `limit` records behind `after`; `next` is what to give as `after` for more, null at the end. */
    async find({ after = -1, limit = 100, ...where }) {
      const { index } = this.read(), seqs = [], most = Math.min(Math.max(1, limit), MOST);
      for await (const at of this.places(where)) {
        const seq = index.seqs.values[at];
        if (seq <= (after ?? -1)) continue;
        if (seqs.length === most) return { seqs, next: seqs.at(-1) };
        seqs.push(seq);
      }
      return { seqs, next: null };
    }

    /** Yield the places of the records that meet all conditions. */
    async *places(where) {
      const { index } = this.read();
      const asked = Object.fromEntries(CONDITIONS.filter((name) => where[name]).map((name) => [name, where[name]]));
      const test = index.test(asked);
      for (let at = 0; at < index.seqs.length; at++) {
        if (test(at) && (!index.isRough || (await this.isExact(at, asked)))) yield at;
      }
    }

    async isExact(at, asked) {
      const body = JSON.parse(text(await this.read().index.bytes(at))), columns = Index.columnsOf(body);
      return Object.entries(columns).every(([name, value]) => !asked[name] || asked[name] === value);
    }

    /** The attempts and outcomes of a decision, in their order. */
    async related({ seq }) {
      const { index } = this.read(), at = index.find(seq), decision = (await this.record({ seq })).body, seqs = [];
      if (decision?.kind !== "route.decision") return { seqs };
      for (let other = 0; other < index.seqs.length; other++) {
        if (other === at || index.tags.values[other] !== index.tags.values[at] || index.states.values[other] !== 0) continue;
        const { body } = await this.record({ seq: index.seqs.values[other] });
        if (FOLLOWS.includes(body?.kind) && body.dec === decision.id) seqs.push(index.seqs.values[other]);
      }
      return { seqs };
    }

    values() {
      return this.read().index.values();
    }

    async proof({ seq }) {
      const { log, index } = this.read();
      if (index.find(seq) !== seq) throw new Error("no such record, or the log has a gap");
      return { name: `record-${seq}.tlog-proof`, text: await Ringfence.proving.proof(log, this.subtrees, seq) };
    }

    async sample({ nonce, count, where = {} }) {
      const { index, manifest, records } = this.read();
      const choosing = new Ringfence.sample.Choosing(nonce, count, records.tree.root());
      for await (const at of this.places({ ...where, from: "", to: "" })) {
        const seq = index.seqs.values[at];
        if (manifest.first <= seq && seq <= manifest.last) choosing.take(seq);
      }
      return choosing.sample();
    }

    /** A document of evidence, by its name as in the report. */
    async document({ name }) {
      return JSON.parse(text(await this.file(name)));
    }

    /** A file of the pack, as a Blob. */
    member({ name }) {
      if (!this.made?.members?.has(name)) throw new Error("no such file");
      const { at, size } = this.made.members.get(name);
      return this.made.blob.slice(at, at + size);
    }

    async file(name) {
      return new Uint8Array(await this.member({ name }).arrayBuffer());
    }

    /** An archived text, by its digest; null where it is not there, or has another one. */
    async text({ sha256 }) {
      if (!this.made?.members?.has(`log/texts/${sha256}`)) return null;
      const bytes = await this.file(`log/texts/${sha256}`);
      return hex(Ringfence.sha256(bytes)) === sha256 ? text(bytes) : null;
    }
  }

  return () => new Session();
})();
