"use strict";
/*
 * A sample of records that the operator cannot steer: he fixed the root before he knew the nonce.
 *
 *     seed    = SHA-256("ringfence.sample/v1\0" || u64be(bytes of the nonce) || nonce in UTF-8 || root)
 *     rank(n) = SHA-256(seed || u64be(n))
 *
 * The sample are the records with the smallest ranks, in the order of these.
 */
globalThis.Ringfence ??= {};
Ringfence.sample = (() => {
  const { utf8, hex } = Ringfence.bytes;
  const { sha256 } = Ringfence;
  const DOMAIN = utf8("ringfence.sample/v1\0");
  const MOST = 10_000;

  function u64be(value) {
    const made = new DataView(new ArrayBuffer(8));
    made.setBigUint64(0, BigInt(value));
    return new Uint8Array(made.buffer);
  }

  /** Return the seed; throws Error for an empty nonce. */
  function seed(nonce, root) {
    if (!nonce) throw new Error("a nonce is words that you choose now, and nobody could know before");
    return sha256(DOMAIN, u64be(utf8(nonce).length), utf8(nonce), root);
  }

  /** Keeps the smallest ranks of what it is shown; memory is twice that of the sample. */
  class Choosing {
    constructor(nonce, count, root) {
      if (!(Number.isInteger(count) && 1 <= count && count <= MOST)) throw new Error(`a sample has 1 to ${MOST} records`);
      Object.assign(this, { count, population: 0, kept: [], worst: null });
      this.seed = seed(nonce, root);
    }

    take(seq) {
      const rank = hex(sha256(this.seed, u64be(seq)));
      this.population++;
      if (this.worst !== null && rank > this.worst) return;
      this.kept.push({ seq, rank });
      if (this.kept.length >= 2 * this.count) this.cut();
    }

    cut() {
      this.kept.sort((one, other) => (one.rank < other.rank ? -1 : 1));
      this.kept.length = Math.min(this.kept.length, this.count);
      if (this.kept.length === this.count) this.worst = this.kept.at(-1).rank;
    }

    sample() {
      this.cut();
      return { seqs: this.kept.map(({ seq }) => seq), seed: hex(this.seed), population: this.population };
    }
  }

  return { Choosing };
})();
