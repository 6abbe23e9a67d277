"use strict";
/*
 * The Merkle tree over the log (RFC 6962, section 2.1; RFC 9162, 2.1.3-2.1.4).
 *
 * The leaf hash of record n is its link SHA-256(0x00 || ENV_n); a node is SHA-256(0x01 || left || right); the empty tree
 * has the root SHA-256(""). Proofs are made from hashes of complete subtrees, named by level and index.
 */
globalThis.Ringfence ??= {};
Ringfence.merkle = (() => {
  const { equal } = Ringfence.bytes;
  const { sha256 } = Ringfence;
  const HASH = 32;
  const NODE = Uint8Array.of(1);
  const EMPTY = sha256();

  const node = (left, right) => sha256(NODE, left, right);

  /** Hashes side by side, in one array that grows. */
  class Hashes {
    constructor() {
      this.bytes = new Uint8Array(64 * HASH);
      this.length = 0;
    }

    push(hash) {
      if ((this.length + 1) * HASH > this.bytes.length) {
        const grown = new Uint8Array(2 * this.bytes.length);
        grown.set(this.bytes);
        this.bytes = grown;
      }
      this.bytes.set(hash, HASH * this.length++);
    }

    at(index) {
      return this.bytes.subarray(HASH * index, HASH * (index + 1));
    }
  }

  /**
   * A tree that grows by one leaf hash at a time. Of its complete subtrees it keeps those of TILE leaves and more, so
   * that proofs can be made later from these and from the links of one tile: 0.25 bytes of memory a record.
   */
  class Tree {
    static TILE_LEVEL = 8;

    constructor() {
      this.size = 0;
      this.peaks = new Uint8Array(54 * HASH);
      this.depth = 0;
      this.hash = new sha256.Sha256();
      this.kept = [];
    }

    /** Add a leaf by its hash. */
    append(leaf) {
      const { peaks, hash } = this;
      let level = 0;
      peaks.set(leaf, HASH * this.depth++);
      for (let size = this.size; size % 2 === 1; size = (size - 1) / 2) {
        const left = HASH * (this.depth - 2);
        hash.reset().update(NODE).update(peaks, left, left + 2 * HASH).digest(peaks, left);
        this.depth--;
        level++;
        if (level >= Tree.TILE_LEVEL) {
          (this.kept[level] ??= new Hashes()).push(peaks.subarray(left, left + HASH));
        }
      }
      this.size++;
    }

    root() {
      if (!this.depth) return EMPTY;
      const peak = (index) => this.peaks.slice(HASH * index, HASH * (index + 1));
      let made = peak(this.depth - 1);
      for (let index = this.depth - 2; index >= 0; index--) made = node(peak(index), made);
      return made;
    }
  }

  /** The largest power of two smaller than a width. */
  function split(width) {
    let made = 1;
    while (made * 2 < width) made *= 2;
    return made;
  }

  /** MTH(D[low:high]); `subtree(level, index)` gives the hash of a complete subtree, or a promise of it. */
  async function range(low, high, subtree) {
    const level = Math.log2(high - low);
    if (Number.isInteger(level)) return subtree(level, low / 2 ** level);
    const middle = low + split(high - low);
    return node(await range(low, middle, subtree), await range(middle, high, subtree));
  }

  /** Prove that a leaf is in the tree of a size: PATH(m, D[n]) of RFC 6962, the lowest sibling first. */
  async function inclusion(index, size, subtree) {
    const path = [];
    let low = 0, high = size;
    while (high - low > 1) {
      const middle = low + split(high - low);
      if (index < middle) {
        path.unshift(await range(middle, high, subtree));
        high = middle;
      } else {
        path.unshift(await range(low, middle, subtree));
        low = middle;
      }
    }
    return path;
  }

  /** Whether a proof leads from a leaf to a root (RFC 9162, 2.1.3.2). */
  function isIncluded(leaf, index, size, proof, root) {
    if (!(0 <= index && index < size)) return false;
    let at = index, last = size - 1, made = leaf;
    for (const sibling of proof) {
      if (last === 0) return false;
      if (at % 2 === 1 || at === last) {
        made = node(sibling, made);
        while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
      } else {
        made = node(made, sibling);
      }
      [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    }
    return last === 0 && equal(made, root);
  }

  /** Whether a proof leads from one root to both (RFC 9162, 2.1.4.2). Every tree extends the empty one. */
  function isConsistent(old, size, proof, oldRoot, root) {
    if (!(0 <= old && old <= size)) return false;
    if (old === 0) return !proof.length && equal(oldRoot, EMPTY) && (size > 0 || equal(root, EMPTY));
    if (old === size) return !proof.length && equal(oldRoot, root);
    const path = Number.isInteger(Math.log2(old)) ? [oldRoot, ...proof] : proof;
    if (!path.length) return false;
    let at = old - 1, last = size - 1;
    while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    let madeOld = path[0], made = path[0];
    for (const sibling of path.slice(1)) {
      if (last === 0) return false;
      if (at % 2 === 1 || at === last) {
        [madeOld, made] = [node(sibling, madeOld), node(sibling, made)];
        while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
      } else {
        made = node(made, sibling);
      }
      [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    }
    return last === 0 && equal(madeOld, oldRoot) && equal(made, root);
  }

  return { Tree, node, inclusion, isIncluded, isConsistent, EMPTY, HASH };
})();
