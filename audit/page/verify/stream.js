"use strict";
/* Reads a part of a Blob from front to back, in pieces of a few megabytes; the next piece is fetched while one is read. */
globalThis.Ringfence ??= {};
Ringfence.Stream = class Stream {
  static PIECE = 2 ** 22;

  /** Read blob[from:to]. */
  constructor(blob, from, to) {
    this.blob = blob;
    this.next = from;
    this.to = to;
    this.bytes = new Uint8Array(0);
    this.at = 0;
    this.ahead = null;
  }

  /** Where in the blob the next byte lies. */
  get offset() {
    return this.next - (this.bytes.length - this.at);
  }

  /** How many bytes can be read without waiting. */
  get left() {
    return this.bytes.length - this.at;
  }

  /** Whether so many bytes, or all that there are, can be read without waiting. */
  has(count) {
    return this.left >= count || this.next === this.to;
  }

  /** Wait until `has` so many. Throws Error where the blob cannot be read, or is shorter than it was. */
  async fill(count) {
    while (!this.has(count)) {
      const piece = await (this.ahead ?? this.fetch());
      const kept = this.bytes.subarray(this.at);
      const joined = new Uint8Array(kept.length + piece.length);
      joined.set(kept);
      joined.set(piece, kept.length);
      this.bytes = joined;
      this.at = 0;
      this.next += piece.length;
      this.ahead = this.next < this.to ? this.fetch() : null;
      this.ahead?.catch(() => {}); // said when it is asked for
    }
  }

  async fetch() {
    const from = this.next, to = Math.min(from + Stream.PIECE, this.to);
    const piece = new Uint8Array(await this.blob.slice(from, to).arrayBuffer());
    if (piece.length !== to - from) throw new Error("the file changed while it was read");
    return piece;
  }

  /** Return what comes next without its newline, up to `most` bytes, and go on behind it; `has(most)` has to hold. */
  line(most) {
    const { bytes, at } = this, limit = Math.min(at + most, bytes.length);
    const found = bytes.indexOf(10, at);
    const ended = found >= 0 && found < limit;
    const end = ended ? found : limit;
    this.at = ended ? end + 1 : end;
    return { from: at, to: end, ended };
  }
};
