"use strict";
/*
 * What documents of evidence consist of. All is made of integers and strings, so that any language gets the same bytes:
 * sums saturate at 2**53 - 1, keys sort as numbers or by code units, a missing name is "-", and a list that could grow
 * without end is {"rows": its first 10,000, "total": of all}.
 */
globalThis.Ringfence ??= {};
Ringfence.tables = (() => {
  const ROWS = 10_000;
  const KEPT = 100_000;
  const NONE = "-";

  const add = (before, more) => Math.min(before + more, Number.MAX_SAFE_INTEGER);
  const max = (one, other) => (one < other ? other : one);

  /** Order lists part by part; parts of one place are of one type. */
  function inOrder(one, other) {
    for (let at = 0; at < one.length; at++) {
      if (one[at] < other[at]) return -1;
      if (one[at] > other[at]) return 1;
    }
    return 0;
  }

  /** A list that keeps its first rows and counts all. */
  class Rows {
    constructor() {
      this.rows = [];
      this.total = 0;
    }

    push(row) {
      if (++this.total <= ROWS) this.rows.push(row);
    }

    listed() {
      return { rows: this.rows, total: this.total };
    }
  }

  const listed = (rows) => ({ rows: rows.slice(0, ROWS), total: rows.length });

  /** Several sums for each key, which is a list of strings or numbers. */
  class Sums {
    constructor(keys, values = ["n"]) {
      this.keys = keys;
      this.values = values;
      this.rows = new Map();
    }

    /** Return the sums of a key, to be changed in place. */
    row(...key) {
      let name = "";
      for (const part of key) name += `${part}\0`;
      let found = this.rows.get(name);
      if (!found) {
        found = { key, sums: new Array(this.values.length).fill(0) };
        this.rows.set(name, found);
      }
      return found.sums;
    }

    count(...key) {
      this.row(...key)[0] += 1;
    }

    total() {
      let made = 0;
      for (const { sums } of this.rows.values()) made += sums[0];
      return made;
    }

    /** Return a row for each key, in their order. */
    table() {
      const sorted = [...this.rows.values()].sort((one, other) => inOrder(one.key, other.key));
      return sorted.map(({ key, sums }) => {
        const made = {};
        this.keys.forEach((name, at) => (made[name] = key[at]));
        this.values.forEach((name, at) => (made[name] = sums[at]));
        return made;
      });
    }

    listed() {
      return listed(this.table());
    }
  }

  /** The newest keys, in the order in which they first came; the oldest is forgotten first. */
  class Recent {
    constructor() {
      this.values = new Map();
    }

    /** Keep a value, unless its key is known; return whether it was new. */
    add(key, value = true) {
      if (this.values.has(key)) return false;
      this.values.set(key, value);
      if (this.values.size > KEPT) this.values.delete(this.values.keys().next().value);
      return true;
    }

    get(key) {
      return this.values.get(key);
    }
  }

  /** Which record. */
  const at = (seq, { id, ts }) => ({ seq, id, ts });
  /** Those of the fields that are there. */
  const given = (body, ...names) => Object.fromEntries(names.filter((name) => name in body).map((name) => [name, body[name]]));
  const who = (actor) => given(actor, "kind", "id", "app", "team");
  /** By whom, where the record says so. */
  const by = (body) => ("actor" in body ? { by: who(body.actor) } : {});
  /** Each name that a list has, once; the sign for none where it is empty. */
  const names = (items, field) => (items.length ? new Set(items.map((item) => item[field])) : [NONE]);

  const day = (ts) => ts.slice(0, 10);
  /** A time with microseconds, as those of records, with which it compares as text. */
  const full = (ts) => (ts.length === 20 ? `${ts.slice(0, -1)}.000000Z` : ts);

  /** Seconds since 0000-03-01, also of a day that there is not (H. Hinnant, "days from civil"). */
  function second(ts) {
    const part = (from, to) => Number(ts.slice(from, to));
    const month = part(5, 7), year = part(0, 4) - (month <= 2 ? 1 : 0), { floor } = Math;
    const leaps = floor(year / 4) - floor(year / 100) + floor(year / 400);
    const days = 365 * year + leaps + floor((153 * ((month + 9) % 12) + 2) / 5) + part(8, 10) - 1;
    return days * 86_400 + part(11, 13) * 3600 + part(14, 16) * 60 + part(17, 19);
  }
  const seconds = (since, until) => second(until) - second(since);

  /** What a decision was for: a dry run, a test of the system by itself, or live. */
  const isCanary = (body) => body.actor.kind === "system";
  const partOf = (body) => (body.dry_run ? "dry_runs" : isCanary(body) ? "canaries" : "live");

  return { NONE, Rows, Sums, Recent, add, max, listed, at, given, who, by, names, day, full, seconds, isCanary, partOf };
})();
