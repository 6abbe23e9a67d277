"use strict";
/* SHA-256 (FIPS 180-4), synchronous: a log asks for millions of digests of little, which WebCrypto is too slow for. */
globalThis.Ringfence ??= {};
Ringfence.sha256 = (() => {
  const BLOCK = 64;
  const DIGEST = 32;
  const [K, START] = constants();
  const W = new Int32Array(64);

  /** Fractional parts of cube roots of the first 64 primes, and of square roots of the first 8 (FIPS 180-4, 4.2.2, 5.3.3). */
  function constants() {
    const primes = [];
    for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
    const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
    return [Int32Array.from(primes, (n) => fraction(Math.cbrt(n))), Int32Array.from(primes.slice(0, 8), (n) => fraction(Math.sqrt(n)))];
  }

  /** Take in whole blocks from a place on. */
  function compress(state, bytes, at, blocks) {
    const w = W, k = K;
    for (; blocks > 0; blocks--) {
      for (let i = 0; i < 16; i++, at += 4) {
        w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
      }
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        w[i] = (w[i - 16] + small0 + w[i - 7] + small1) | 0;
      }
      let a = state[0], b = state[1], c = state[2], d = state[3];
      let e = state[4], f = state[5], g = state[6], h = state[7];
      for (let i = 0; i < 64; i++) {
        const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
        const one = (h + big1 + (g ^ (e & (f ^ g))) + k[i] + w[i]) | 0;
        const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
        const two = (big0 + ((a & b) | (c & (a | b)))) | 0;
        h = g; g = f; f = e; e = (d + one) | 0;
        d = c; c = b; b = a; a = (one + two) | 0;
      }
      state[0] += a; state[1] += b; state[2] += c; state[3] += d;
      state[4] += e; state[5] += f; state[6] += g; state[7] += h;
    }
  }

  /** A digest on its way. One object makes any number of them, one after another. */
  class Sha256 {
    constructor() {
      this.state = Int32Array.from(START);
      this.rest = new Uint8Array(BLOCK);
      this.length = 0;
    }

    /** Begin anew. */
    reset() {
      this.state.set(START);
      this.length = 0;
      return this;
    }

    /** Take in bytes[from:to]. */
    update(bytes, from = 0, to = bytes.length) {
      const filled = this.length % BLOCK;
      this.length += to - from;
      if (filled) {
        const taken = Math.min(BLOCK - filled, to - from);
        for (let at = 0; at < taken; at++) this.rest[filled + at] = bytes[from + at];
        if (filled + taken < BLOCK) return this;
        compress(this.state, this.rest, 0, 1);
        from += taken;
      }
      const blocks = Math.floor((to - from) / BLOCK);
      compress(this.state, bytes, from, blocks);
      from += blocks * BLOCK;
      for (let at = 0; from < to; at++, from++) this.rest[at] = bytes[from];
      return this;
    }

    /** Write the digest to out[at:at + 32] and return `out`; then `reset` is due. */
    digest(out = new Uint8Array(DIGEST), at = 0) {
      const filled = this.length % BLOCK, { state, rest } = this;
      rest[filled] = 0x80;
      rest.fill(0, filled + 1);
      if (filled + 9 > BLOCK) {
        compress(state, rest, 0, 1);
        rest.fill(0);
      }
      const high = Math.floor(this.length / 2 ** 29), low = (this.length << 3) >>> 0;
      for (let i = 0; i < 4; i++) {
        rest[56 + i] = high >>> (24 - 8 * i);
        rest[60 + i] = low >>> (24 - 8 * i);
      }
      compress(state, rest, 0, 1);
      for (let i = 0; i < 8; i++) {
        const word = state[i];
        out[at++] = word >>> 24; out[at++] = word >>> 16; out[at++] = word >>> 8; out[at++] = word;
      }
      return out;
    }
  }

  const shared = new Sha256();
  /** Return the digest of these bytes, one part after another. */
  function sha256(...parts) {
    shared.reset();
    for (const part of parts) shared.update(part);
    return shared.digest();
  }

  return Object.assign(sha256, { Sha256, DIGEST });
})();
