"use strict";
/*
 * Ed25519 (RFC 8032, section 5.1): by WebCrypto where it is there, else by the verification below, in plain integers.
 *
 * RFC 8032 leaves open what edge cases mean; what counts here is what OpenSSL does, which the Python verifier asks:
 * S must be below L; the key may be any encoding that leads to a point, of small order or not canonical; R is compared
 * as bytes, so only its canonical encoding can be right; no cofactor. WebCrypto implementations may refuse keys and
 * signatures of small order, so those are always judged below.
 */
globalThis.Ringfence ??= {};
Ringfence.ed25519 = (() => {
  const { concat, equal, hex } = Ringfence.bytes;
  const P = 2n ** 255n - 19n;
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;
  const mod = (value, by = P) => ((value % by) + by) % by;
  const D = mod(-121665n * power(121666n, P - 2n));
  const ROOT = power(2n, (P - 1n) / 4n);
  const BASE_Y = mod(4n * power(5n, P - 2n));
  const ZERO = [0n, 1n, 1n, 0n];
  const BASE = point(little(BASE_Y));
  /** The y of all points whose order divides 8. */
  const SMALL = smallOrders();

  function power(base, exponent) {
    let made = 1n;
    for (base = mod(base); exponent > 0n; exponent >>= 1n) {
      if (exponent & 1n) made = (made * base) % P;
      base = (base * base) % P;
    }
    return made;
  }

  function little(value) {
    const made = new Uint8Array(32);
    for (let at = 0; at < 32; at++, value >>= 8n) made[at] = Number(value & 255n);
    return made;
  }

  function number(bytes) {
    return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  /** Decode a point (5.1.3) into extended coordinates, as OpenSSL does: y is reduced, and the sign of x = 0 is ignored. */
  function point(bytes) {
    const whole = number(bytes), y = mod(whole & (2n ** 255n - 1n));
    const u = mod(y * y - 1n), v = mod(D * y * y + 1n);
    let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
    const check = mod(v * x * x);
    if (check === mod(-u)) x = mod(x * ROOT);
    else if (check !== u) return null;
    if ((x & 1n) !== whole >> 255n) x = mod(-x);
    return [x, y, 1n, mod(x * y)];
  }

  /** Add two points (5.1.4). */
  function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
    const a = mod((y1 - x1) * (y2 - x2)), b = mod((y1 + x1) * (y2 + x2));
    const c = mod(2n * D * t1 * t2), d = mod(2n * z1 * z2);
    const e = b - a, f = d - c, g = d + c, h = b + a;
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  }

  /** Return [s]B + [k]A. */
  function combine(s, k, a) {
    const both = add(BASE, a);
    let made = ZERO;
    for (let bit = 255n; bit >= 0n; bit--) {
      made = add(made, made);
      const which = (((s >> bit) & 1n) << 1n) | ((k >> bit) & 1n);
      if (which) made = add(made, which === 3n ? both : which === 2n ? BASE : a);
    }
    return made;
  }

  function encode([x, y, z]) {
    const inverse = power(z, P - 2n), made = little(mod(y * inverse));
    made[31] |= Number(mod(x * inverse) & 1n) << 7;
    return made;
  }

  function smallOrders() {
    const found = new Set();
    for (let y = 2n; found.size < 5; y++) {
      const some = point(little(y));
      if (!some) continue;
      let small = ZERO; // [L] of any point is of an order that divides 8
      for (let bit = 252n; bit >= 0n; bit--) {
        small = add(small, small);
        if ((L >> bit) & 1n) small = add(small, some);
      }
      for (let times = 0, at = small; times < 8; times++, at = add(at, small)) {
        found.add(mod(at[1] * power(at[2], P - 2n)));
      }
    }
    return found;
  }

  const isUnusual = (encoded) => {
    const y = number(encoded) & (2n ** 255n - 1n);
    return y >= P || SMALL.has(y);
  };

  /** Verify without WebCrypto (5.1.7). */
  function verifySlowly(key, message, signature) {
    const s = number(signature.subarray(32)), a = point(key);
    if (s >= L || a === null) return false;
    const r = signature.subarray(0, 32);
    const k = mod(number(Ringfence.sha512(concat(r, key, message))), L);
    const minus = [mod(-a[0]), a[1], a[2], mod(-a[3])];
    return equal(encode(combine(s, k, minus)), r);
  }

  const keys = new Map();
  /** Import a key into WebCrypto, once; null where it has no Ed25519. */
  async function imported(key) {
    const name = hex(key);
    if (!keys.has(name)) {
      if (keys.size > 1000) keys.clear();
      const subtle = globalThis.crypto?.subtle;
      keys.set(name, subtle ? await subtle.importKey("raw", key, "Ed25519", false, ["verify"]).catch(() => null) : null);
    }
    return keys.get(name);
  }

  /** Whether a signature is by this key, of this message. */
  async function verify(key, message, signature) {
    if (key.length !== 32 || signature.length !== 64) return false;
    if (isUnusual(key) || isUnusual(signature.subarray(0, 32))) return verifySlowly(key, message, signature);
    const native = await imported(key);
    if (native === null) return verifySlowly(key, message, signature);
    return globalThis.crypto.subtle.verify("Ed25519", native, signature, message);
  }

  return { verify, verifySlowly };
})();
