"use strict";
/*
 * Whether a pack of a period has all of it. A record belongs to the period if `from` <= ts < `to`; first and last are the
 * smallest and the largest number of one that does, and all between them are in the pack. So are the two beside them:
 * their times lie outside, which shows that the period ends there.
 */
globalThis.Ringfence ??= {};
Ringfence.Period = class Period {
  static MOST = 1000;

  constructor({ first, last, from = "", to = "" }, pruned) {
    Object.assign(this, { first, last, from, to, pruned, faults: [] });
    /** Which of the two beside it are not there. */
    this.missing = new Set();
  }

  has(ts) {
    return ts !== "" && this.from <= ts && (this.to === "" || ts < this.to);
  }

  /** Judge a record by its number and its time, which is empty where it is not known. */
  take(seq, ts, isLeftOut) {
    if (isLeftOut && (seq === this.first - 1 || seq === this.last + 1)) this.missing.add(seq);
    const what = this.fault(seq, ts, isLeftOut);
    if (what && this.faults.length < Period.MOST) this.faults.push([seq, what]);
  }

  fault(seq, ts, isLeftOut) {
    const { first, last, from, to } = this;
    if (first <= seq && seq <= last) {
      const isEnd = (from !== "" && seq === first) || (to !== "" && seq === last);
      return isEnd && !this.has(ts) ? "the period begins or ends with it, and its time lies outside" : null;
    }
    if (this.has(ts)) return "its time lies in the period, and the pack has it outside";
    const isBeside = seq === first - 1 || seq === last + 1;
    if (isLeftOut && seq >= this.pruned && isBeside) {
      return "the record beside the period is left out, so that nobody can see that it ends there";
    }
    return null;
  }

  /** What is wrong with its ends in a log of this size. */
  ends(size) {
    const found = [];
    const { first, last, from, to } = this;
    if (!(first <= last && last < size)) found.push("manifest.json: its period ends before it begins, or behind the log");
    if (from === "" && first !== 0) found.push("manifest.json: it has no beginning, and the first record is not in it");
    if (to === "" && last !== size - 1) found.push("manifest.json: it has no end, and the last record is not in it");
    return found;
  }

  /** Which ends no record shows, in a log of this size. */
  unseen(size) {
    const { first, last, to, missing } = this, found = [];
    const ends = `that the period ends with record ${last}: `;
    if (missing.has(first - 1)) found.push(`that the period begins with record ${first}: what was before it is gone`);
    if (missing.has(last + 1)) found.push(`${ends}what was behind it is gone`);
    else if (to !== "" && last === size - 1) found.push(`${ends}it is the last one that there is`);
    return found;
  }
};
