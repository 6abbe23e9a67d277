"use strict";
/* Bytes and their texts: hex, base64 (RFC 4648, section 4, the one canonical form), UTF-8 without repair. */
globalThis.Ringfence ??= {};
Ringfence.bytes = (() => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const encoder = new TextEncoder();
  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const VALUES = new Map([...ALPHABET].map((mark, value) => [mark, value]));
  const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

  /** What was read is not what it ought to be. Never shown with what it was. */
  class Malformed extends Error {}

  const utf8 = (text) => encoder.encode(text);

  /** Decode UTF-8; throws Malformed for any byte that is none. */
  function text(bytes) {
    try {
      return decoder.decode(bytes);
    } catch {
      throw new Malformed("not UTF-8");
    }
  }

  function hex(bytes) {
    let made = "";
    for (const byte of bytes) made += HEX[byte];
    return made;
  }

  /** Decode an even number of lower case digits; throws Malformed. */
  function fromHex(digits) {
    if (!/^(?:[0-9a-f]{2})*$/.test(digits)) throw new Malformed("not hex");
    return Uint8Array.from({ length: digits.length / 2 }, (_, at) => parseInt(digits.slice(2 * at, 2 * at + 2), 16));
  }

  function base64(bytes) {
    const marks = [];
    for (let at = 0; at < bytes.length; at += 3) {
      const three = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      marks.push(ALPHABET[three >> 18], ALPHABET[(three >> 12) & 63]);
      marks.push(at + 1 < bytes.length ? ALPHABET[(three >> 6) & 63] : "=");
      marks.push(at + 2 < bytes.length ? ALPHABET[three & 63] : "=");
    }
    return marks.join("");
  }

  /** Decode what `base64` would have written; throws Malformed for every other text, as one with bits left over. */
  function fromBase64(encoded) {
    const made = new Uint8Array(Math.floor((encoded.replace(/={1,2}$/, "").length * 3) / 4));
    let bits = 0, kept = 0, at = 0;
    for (const mark of encoded.replace(/={1,2}$/, "")) {
      const value = VALUES.get(mark);
      if (value === undefined) throw new Malformed("not base64");
      kept = ((kept << 6) | value) & 0xffff;
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        made[at++] = (kept >> bits) & 0xff;
      }
    }
    if (base64(made) !== encoded) throw new Malformed("not base64");
    return made;
  }

  function concat(...parts) {
    const made = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      made.set(part, at);
      at += part.length;
    }
    return made;
  }

  /** Whether two arrays hold the same. Nothing here is secret, so it may stop at the first difference. */
  function equal(one, other) {
    if (one.length !== other.length) return false;
    for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
    return true;
  }

  /** Order texts as their UTF-8 bytes are; for ASCII and all other well-formed text, by code points. */
  function compare(one, other) {
    const left = utf8(one), right = utf8(other);
    for (let at = 0; at < left.length && at < right.length; at++) {
      if (left[at] !== right[at]) return left[at] - right[at];
    }
    return left.length - right.length;
  }

  /** Read an unsigned number of eight bytes, the greatest byte first; from 2**53 on it is rounded. */
  const u64 = (bytes, at) => u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
  const u32 = (bytes, at) =>
    ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;

  return { Malformed, utf8, text, hex, fromHex, base64, fromBase64, concat, equal, compare, u64 };
})();
