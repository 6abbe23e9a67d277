"use strict";
/*
 * The one form of a pack: POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format") of which nothing is left to choose.
 *
 * For each member a reader makes the header that it expects, from nothing but name and size, and compares all 512 bytes;
 * content is padded with zeros, and two zero blocks end the file. So a pack has no second reading: no links, no owners,
 * no times, no names that lead elsewhere, nothing between members or behind the end.
 */
globalThis.Ringfence ??= {};
Ringfence.tar = (() => {
  const { Malformed, utf8, equal } = Ringfence.bytes;
  const BLOCK = 512;
  const WINDOW = 64 * 1024;
  const MAX_MEMBERS = 100_000;
  const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
  const FIRST = "manifest.json";
  const SECOND = "manifest.note";

  /** Return the header of a member. */
  function header(name, size) {
    const made = new Uint8Array(BLOCK);
    const octal = (value, digits) => value.toString(8).padStart(digits, "0") + "\0";
    const put = (at, field) => made.set(utf8(field), at);
    put(0, name);
    put(100, octal(0o644, 7));
    put(108, octal(0, 7));
    put(116, octal(0, 7));
    put(124, octal(size, 11));
    put(136, octal(0, 11));
    put(148, " ".repeat(8));
    put(156, "0");
    put(257, "ustar\x0000");
    const sum = made.reduce((total, byte) => total + byte, 0);
    put(148, octal(sum, 6) + " ");
    return made;
  }

  /** Whether a pack may have a member of this name: no part of it is empty, or begins with a dot. */
  const isName = (name) => name.length <= 100 && NAME.test(name);

  /** Reads little pieces of a Blob through a window, for headers that stand close together. */
  class Window {
    constructor(blob) {
      this.blob = blob;
      this.from = 0;
      this.bytes = new Uint8Array(0);
    }

    async read(at, length) {
      if (at < this.from || at + length > this.from + this.bytes.length) {
        this.from = at;
        this.bytes = new Uint8Array(await this.blob.slice(at, at + Math.max(length, WINDOW)).arrayBuffer());
      }
      return this.bytes.subarray(at - this.from, at - this.from + length);
    }
  }

  const isZero = (bytes) => bytes.every((byte) => byte === 0);

  /** Read the name and the size that a header states; throws Malformed where they cannot be those of a member. */
  function stated(block) {
    const end = block.indexOf(0);
    const name = String.fromCharCode(...block.subarray(0, end < 0 || end > 100 ? 100 : end));
    const size = String.fromCharCode(...block.subarray(124, 135));
    if (!isName(name)) throw new Malformed("a member has a name that no pack has");
    if (!/^[0-7]{11}$/.test(size)) throw new Malformed("a member has no size");
    return { name, size: parseInt(size, 8) };
  }

  /** Whether `name` may stand behind `before`: the manifest, its note if there is one, then all others by name. */
  function follows(before, name) {
    if (before === null) return name === FIRST;
    if (name === FIRST || (name === SECOND && before !== FIRST)) return false;
    return before === FIRST || before === SECOND || before < name;
  }

  /** Return the members, name -> {name, at, size}; throws Malformed. Of the content, only the padding is read. */
  async function members(blob) {
    const window = new Window(blob), found = new Map(), folded = new Set();
    let at = 0, before = null;
    for (;;) {
      const block = await window.read(at, BLOCK);
      if (block.length < BLOCK) throw new Malformed("the pack ends before its end");
      if (isZero(block)) break;
      const { name, size } = stated(block);
      if (!equal(block, header(name, size))) throw new Malformed("a header is not the one that its member has in a pack");
      if (!follows(before, name)) throw new Malformed("a member is not in its place, or is there twice");
      if (folded.has(name.toLowerCase())) throw new Malformed("two names differ in case only");
      folded.add(name.toLowerCase());
      if (found.size >= MAX_MEMBERS) throw new Malformed(`more than ${MAX_MEMBERS} members`);
      found.set(name, { name, at: at + BLOCK, size });
      const end = at + BLOCK + size, next = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
      const padding = await window.read(end, next - end);
      if (padding.length < next - end || !isZero(padding)) throw new Malformed("a member is not padded with zeros, or cut off");
      [at, before] = [next, name];
    }
    if (before === null) throw new Malformed("the pack has no manifest");
    const last = await window.read(at, 2 * BLOCK + 1);
    if (last.length !== 2 * BLOCK || !isZero(last)) throw new Malformed("a pack ends with two zero blocks and nothing behind");
    return found;
  }

  return { members };
})();
