"use strict";
/* SHA-512 (FIPS 180-4), for Ed25519 without WebCrypto; short, not fast. */
globalThis.Ringfence ??= {};
Ringfence.sha512 = (() => {
  const MASK = 2n ** 64n - 1n;
  const rotated = (x, by) => ((x >> by) | (x << (64n - by))) & MASK;
  const PRIMES = [];
  for (let n = 2n; PRIMES.length < 80; n++) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);
  /** The first 64 bits of the fraction of a number's square (2n) or cube (3n) root. */
  const fraction = (n, degree) => {
    const wanted = n << (64n * degree);
    let low = 0n, high = 2n ** 72n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** degree <= wanted) low = middle;
      else high = middle;
    }
    return low & MASK;
  };
  const K = PRIMES.map((prime) => fraction(prime, 3n));
  const START = PRIMES.slice(0, 8).map((prime) => fraction(prime, 2n));

  function compress(state, block) {
    const w = Array.from({ length: 16 }, (_, i) => block.getBigUint64(8 * i));
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15], y = w[i - 2];
      const small0 = rotated(x, 1n) ^ rotated(x, 8n) ^ (x >> 7n), small1 = rotated(y, 19n) ^ rotated(y, 61n) ^ (y >> 6n);
      w.push((w[i - 16] + small0 + w[i - 7] + small1) & MASK);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const big1 = rotated(e, 14n) ^ rotated(e, 18n) ^ rotated(e, 41n);
      const one = h + big1 + ((e & f) ^ (~e & MASK & g)) + K[i] + w[i];
      const big0 = rotated(a, 28n) ^ rotated(a, 34n) ^ rotated(a, 39n);
      const two = big0 + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [(one + two) & MASK, a, b, c, (d + one) & MASK, e, f, g];
    }
    return [a, b, c, d, e, f, g, h].map((word, i) => (word + state[i]) & MASK);
  }

  /** Return the 64 bytes of the digest. */
  return function sha512(message) {
    const padded = new Uint8Array(Math.ceil((message.length + 17) / 128) * 128);
    padded.set(message);
    padded[message.length] = 0x80;
    new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
    let state = START;
    for (let at = 0; at < padded.length; at += 128) state = compress(state, new DataView(padded.buffer, at, 128));
    const made = new DataView(new ArrayBuffer(64));
    state.forEach((word, i) => made.setBigUint64(8 * i, word));
    return new Uint8Array(made.buffer);
  };
})();
