"use strict";
/*
 * Bodies that are not there: pruned with all before them, erased one by one, or outside the period of a pack.
 *
 * The chain keeps the hash of each. What a missing body said nobody can know; that it may be missing has to follow from
 * records that are there: an `erasure.done` names the very object that stands in a body's place, a `retention.pruned`
 * the root over all that was pruned. In a pack, the line of a body that was left out is empty.
 */
globalThis.Ringfence ??= {};
Ringfence.absences = (() => {
  const { Malformed, utf8, hex } = Ringfence.bytes;
  const { parse, canonical, isObject } = Ringfence.json;
  const START = utf8('{"erased":{');
  const MAX_ERASED = 100_000;
  /** Kinds of which a record can be erased. */
  const OF_REQUESTS = new Set(["route.decision", "route.attempt", "route.outcome"]);
  /** Kinds that a prune takes away; all others stay. */
  const PASSING = new Set([
    "route.decision", "route.attempt", "route.outcome", "ingress.counted", "access.denied", "notify.failed",
    "audit.read", "audit.verified", "writer.heartbeat", "control.tested",
  ]);

  const isOfRequest = (stone) => OF_REQUESTS.has(stone.kind);

  /** Read what is left of an erased body, an object like {seq, id, kind, v, ts, bh, epoch, n}; null for what is none. */
  function tombstone(bytes, erasedType) {
    if (!START.every((byte, at) => bytes[at] === byte)) return null;
    try {
      const value = parse(bytes);
      if (Object.keys(value).length !== 1 || !isObject(value.erased)) return null;
      const text = utf8(canonical(value.erased));
      return erasedType(text, 0) === text.length ? value.erased : null;
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }

  class Absences {
    /** Of the head: bodies below `pruned` and outside first..last may be left out. */
    constructor({ pruned, first, last }) {
      Object.assign(this, { pruned, first, last, leftOut: 0, slack: 0, erasedTotal: 0, stillThere: 0 });
      this.erased = new Map();
      this.unaccounted = new Set();
      this.root = null;
      this.isPruned = false;
      Object.assign(this, { passing: 0, announced: 0, most: 0 });
    }

    /** Whether a record is one of those that a prune may have taken, and that the pack would have otherwise. */
    counts(seq) {
      return seq < this.pruned && this.first <= seq && seq <= this.last;
    }

    mayBeLeftOut(seq) {
      return seq < this.pruned || seq < this.first || seq > this.last;
    }

    /** Take in a record that is about to be judged; `tree` is over all before it. */
    before(row, tree) {
      if (this.pruned && row.seq === this.pruned) this.root = hex(tree.root());
      if (row.isLeftOut) {
        this.leftOut++;
        this.slack++;
      }
      if ((row.isLeftOut || row.tombstone) && this.counts(row.seq)) this.passing++;
      if (row.tombstone) {
        this.erasedTotal++;
        if (this.erased.size < MAX_ERASED) {
          this.erased.set(row.seq, row.tombstone);
          this.unaccounted.add(row.seq);
        }
      }
    }

    /** Take in a valid record: it may say what is gone. */
    after(seq, body) {
      if (PASSING.has(body.kind) && this.counts(seq)) this.passing++;
      if (body.kind === "erasure.done" && body.v === 2) {
        for (const named of body.records) this.account(seq, named);
      } else if (body.kind === "retention.pruned" && body.v === 2) {
        this.isPruned ||= body.from_seq === 0 && body.to_seq + 1 === this.pruned && body.root === this.root;
        this.announce(body.to_seq + 1, body.bodies);
      }
    }

    /** Bound how many records of a prefix pass at all: a prune tells how many it finds, others went before it. */
    announce(size, bodies) {
      if (size <= this.announced || size > this.pruned) return;
      this.most += Math.min(bodies, size - this.announced);
      this.announced = size;
    }

    account(seq, named) {
      const stone = this.erased.get(named.seq);
      if (!stone) this.stillThere += named.seq < seq && !this.mayBeLeftOut(named.seq) ? 1 : 0;
      else if (stone.seq < seq && canonical(stone) === canonical(named)) this.unaccounted.delete(stone.seq);
    }

    /** At the end of the log: what no record accounts for. */
    judge(found) {
      for (const seq of [...this.unaccounted].sort((one, other) => one - other)) {
        found.add("ERASED", seq, "its body is gone, and no record behind it says that it was erased");
      }
      if (this.erasedTotal > this.erased.size) {
        const last = Math.max(...[...this.erased.keys()].slice(-1));
        found.add("ERASED", last, `there are more than ${MAX_ERASED} erased bodies; those behind are not checked`);
      }
      if (this.pruned && !this.isPruned) {
        found.add("PRUNED", this.pruned, "bodies before it are said to be pruned, and no record says so of these records");
      } else if (this.passing > this.most) {
        found.add("PRUNED", this.pruned, "more bodies before it are gone than the records of prunes say: some that always stay");
      }
    }
  }

  return { Absences, tombstone, isOfRequest };
})();
