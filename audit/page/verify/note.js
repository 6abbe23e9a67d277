"use strict";
/*
 * Signed notes (https://c2sp.org/signed-note), the keys that verify them, and checkpoints (https://c2sp.org/tlog-checkpoint).
 *
 *     <origin>                                       a key:  <name>+<hash, 8 hex digits>+<base64(type byte || key)>
 *     <size>                                         hash:   the first 4 bytes of SHA-256(name || "\n" || type byte || key)
 *     <base64 of the root>                           types:  0x01 Ed25519; 0x04 Ed25519 that cosigns with the time
 *     <blank line>                                           (https://c2sp.org/tlog-cosignature)
 *     — <key name> <base64(hash || signature)> ...
 *
 * A line by a key that the reader does not know says nothing; one that claims a known key and is not by it spoils the
 * whole note. All forms are strict: what is read is what would have been written.
 */
globalThis.Ringfence ??= {};
Ringfence.note = (() => {
  const { Malformed, utf8, text, hex, base64, fromBase64, concat } = Ringfence.bytes;
  const { sha256, ed25519 } = Ringfence;
  const MAX_BYTES = 1_000_000;
  const MAX_SIGNATURES = 100;
  const DASH = "\u2014 ";
  const ED25519 = 1, COSIGNATURE = 4;
  const NO_NAME = /[+\0-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
  const CONTROL = /[\0-\x09\x0b-\x1f]/;

  /** A signature claims a known key and is not by it. */
  class WrongSignature extends Error {}

  /** Whether a key may have this name: no plus, no space of any script, no control character. */
  const isKeyName = (name) => name !== "" && !NO_NAME.test(name);

  class VerifierKey {
    constructor(name, type, key) {
      this.name = name;
      this.type = type;
      this.key = key;
      this.hash = hex(sha256(utf8(`${name}\n`), Uint8Array.of(type), key).subarray(0, 4));
      this.text = `${name}+${this.hash}+${base64(concat(Uint8Array.of(type), key))}`;
    }

    /** Read the text form; throws Malformed. */
    static decode(source) {
      const [name, , ...encoded] = source.split("+");
      const blob = fromBase64(encoded.join("+"));
      if (!isKeyName(name) || !blob.length) throw new Malformed("not a verifier key");
      const made = new VerifierKey(name, blob[0], blob.slice(1));
      if (made.text !== source) throw new Malformed("not a verifier key");
      return made;
    }

    /** Whether a signature is this key's, of this message; no key of another type verifies anything. */
    async verifies(message, signature) {
      if (this.type === ED25519) return ed25519.verify(this.key, message, signature);
      if (this.type !== COSIGNATURE || signature.length < 8) return false;
      const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
      return ed25519.verify(this.key, concat(utf8(`cosignature/v1\ntime ${time}\n`), message), signature.slice(8));
    }
  }

  function readSignature(line) {
    const space = line.indexOf(" ", DASH.length);
    if (!line.startsWith(DASH) || space < 0) throw new Malformed("not a signature");
    const name = line.slice(DASH.length, space), blob = fromBase64(line.slice(space + 1));
    if (!isKeyName(name) || blob.length <= 4) throw new Malformed("not a signature");
    return { name, hash: hex(blob.subarray(0, 4)), value: blob.slice(4) };
  }

  class Note {
    constructor(body, signatures) {
      this.text = body;
      this.signatures = signatures;
    }

    /** Read a note; throws Malformed. That signatures are there says nothing before `verified`. */
    static decode(bytes) {
      if (bytes.length > MAX_BYTES) throw new Malformed("a note that is too long");
      const whole = text(bytes);
      if (CONTROL.test(whole) || !whole.endsWith("\n")) throw new Malformed("a control character, or no end of the last line");
      const blank = whole.lastIndexOf("\n\n");
      const lines = whole.slice(blank + 2, -1);
      if (blank < 0 || blank + 2 === whole.length) throw new Malformed("no signature stands below a blank line");
      const below = lines.split("\n"), signatures = below.slice(0, MAX_SIGNATURES).map(readSignature);
      if (below.length > MAX_SIGNATURES) throw new Malformed(`more than ${MAX_SIGNATURES} signatures`);
      return new Note(whole.slice(0, blank + 1), signatures);
    }

    /** Return the text form. */
    encode() {
      const line = ({ name, hash, value }) => `${DASH}${name} ${base64(concat(Ringfence.bytes.fromHex(hash), value))}\n`;
      return `${this.text}\n${this.signatures.map(line).join("")}`;
    }

    /** Return those of the known keys that signed, each once; throws WrongSignature. */
    async verified(known) {
      const message = utf8(this.text), keys = [...known], found = new Set();
      for (const { name, hash, value } of this.signatures) {
        const claimed = keys.filter((key) => key.name === name && key.hash === hash);
        if (!claimed.length) continue;
        let by = null;
        for (const key of claimed) if (!by && (await key.verifies(message, value))) by = key;
        if (!by) throw new WrongSignature("a signature is not by the key that it names, of this text");
        found.add(by);
      }
      return [...found];
    }
  }

  /** Read what a note states of a log, {origin, size, root}; throws Malformed. Sizes from 2**53 on are rounded. */
  function checkpoint(note) {
    const found = /^([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n$/.exec(note.text);
    if (!found || !isKeyName(found[1]) || BigInt(found[2]) >= 2n ** 63n) throw new Malformed("not a checkpoint");
    return { origin: found[1], size: Number(found[2]), root: fromBase64(found[3]) };
  }

  /** Split checkpoints that stand one behind another: after a signature, a line that is none begins the next. */
  function* split(bytes) {
    const signs = (at) => bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && bytes[at + 2] === 0x94 && bytes[at + 3] === 0x20;
    let start = 0, signed = false;
    for (let at = 0; at < bytes.length; ) {
      const signature = signs(at);
      if (at > start && ((signed && !signature) || at - start > MAX_BYTES)) {
        yield bytes.subarray(start, at);
        start = at;
      }
      signed = signature;
      const end = bytes.indexOf(10, at);
      at = end < 0 ? bytes.length : end + 1;
    }
    if (start < bytes.length) yield bytes.subarray(start);
  }

  return { Note, VerifierKey, WrongSignature, checkpoint, split, isKeyName, ED25519, COSIGNATURE };
})();
