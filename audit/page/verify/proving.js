"use strict";
/*
 * Proofs that a record is in the log, as files of https://c2sp.org/tlog-proof, made from what a verification kept:
 *
 *     c2sp.org/tlog-proof@v1
 *     index <n>
 *     <base64 of a hash of the inclusion proof> ...
 *     <blank line>
 *     <the signed note of a checkpoint>
 */
globalThis.Ringfence ??= {};
Ringfence.proving = (() => {
  const { base64, text } = Ringfence.bytes;
  const { ENVELOPE } = Ringfence.log;
  const { Note, checkpoint } = Ringfence.note;
  const { sha256, merkle } = Ringfence;
  const LEAF = Uint8Array.of(0);
  const TILE = 2 ** merkle.Tree.TILE_LEVEL;
  const TILES = 64;

  /** Hashes of complete subtrees: the large ones were kept, the small ones are made from the envelopes of one tile. */
  class Subtrees {
    constructor(log, tree) {
      Object.assign(this, { log, tree, tiles: new Map() });
    }

    /** Return the links of the records of a tile, one after another. */
    async links(tile) {
      if (!this.tiles.has(tile)) {
        const { at, size } = this.log.members.get("log/env.bin"), from = at + tile * TILE * ENVELOPE;
        const to = Math.min(from + TILE * ENVELOPE, at + size);
        const bytes = new Uint8Array(await this.log.blob.slice(from, to).arrayBuffer()), made = [];
        for (let start = 0; start + ENVELOPE <= bytes.length; start += ENVELOPE) {
          made.push(sha256(LEAF, bytes.subarray(start, start + ENVELOPE)));
        }
        if (this.tiles.size >= TILES) this.tiles.delete(this.tiles.keys().next().value);
        this.tiles.set(tile, made);
      }
      return this.tiles.get(tile);
    }

    link(seq) {
      return this.links(Math.floor(seq / TILE)).then((links) => links[seq % TILE]);
    }

    async hash(level, index) {
      if (level >= merkle.Tree.TILE_LEVEL) return this.tree.kept[level].at(index).slice();
      const first = index * 2 ** level, links = await this.links(Math.floor(first / TILE));
      let row = links.slice(first % TILE, (first % TILE) + 2 ** level);
      while (row.length > 1) row = row.filter((_, at) => at % 2 === 0).map((left, at) => merkle.node(left, row[2 * at + 1]));
      return row[0];
    }
  }

  /** Return the proof of a record below the newest checkpoint, as text; throws Error where there can be none. */
  async function proof(log, subtrees, seq) {
    const newest = log.marks.sizes.length - 1;
    if (newest < 0) throw new Error("the log has no checkpoint");
    const bytes = await log.mark(newest), { size, root } = checkpoint(Note.decode(bytes));
    if (!(seq < size)) throw new Error("no checkpoint covers this record");
    const path = await merkle.inclusion(seq, size, (level, index) => subtrees.hash(level, index));
    if (!merkle.isIncluded(await subtrees.link(seq), seq, size, path, root)) throw new Error("the record is not under the newest checkpoint");
    return `c2sp.org/tlog-proof@v1\nindex ${seq}\n${path.map((hash) => `${base64(hash)}\n`).join("")}\n${text(bytes)}`;
  }

  return { Subtrees, proof };
})();
