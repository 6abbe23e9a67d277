"use strict";
/* Where each record lies and what it can be found by, in typed arrays: some 40 bytes a record, whatever is in it. */
globalThis.Ringfence ??= {};
Ringfence.Index = (() => {
  const COLUMNS = ["kind", "decision", "zone", "app", "team"];
  const LABELS = ["class", "rule"];
  const BEYOND = 0xffff;

  /** A typed array that grows. */
  class Column {
    constructor(type, room = 1024) {
      this.values = new type(room);
      this.length = 0;
    }

    push(value) {
      if (this.length === this.values.length) {
        const grown = new this.values.constructor(2 * this.length);
        grown.set(this.values);
        this.values = grown;
      }
      this.values[this.length++] = value;
    }
  }

  /** Names by number, 1 onwards; 0 is none. From 65,535 different names on, all share one number and are looked up. */
  class Names {
    constructor() {
      this.numbers = new Map();
    }

    number(name) {
      if (name === undefined) return 0;
      let found = this.numbers.get(name);
      if (found === undefined) {
        if (this.numbers.size >= BEYOND - 1) return BEYOND;
        found = this.numbers.size + 1;
        this.numbers.set(name, found);
      }
      return found;
    }
  }

  /** The labels of a decision: [what, name], each once. */
  function labels(body) {
    if (body.kind !== "route.decision") return { class: [], rule: [] };
    return { class: [...new Set(body.classes.map(({ c }) => c))], rule: [...new Set(body.rules.map(({ id }) => id))] };
  }

  /** What a body is found by, beside its labels. */
  const columns = (body) => ({
    kind: body.kind, decision: body.decision, zone: body.zone, app: body.actor?.app, team: body.actor?.team,
  });

  /** A part of the id of the decision that a record is about, by which the others about it are found. */
  const tag = ({ kind, id, dec }) => parseInt((kind === "route.decision" ? id : (dec ?? "")).slice(-8), 16) || 0;

  class Index {
    static GONE = 1;
    static ERASED = 2;
    static WRONG = 3;

    constructor(blob) {
      this.blob = blob;
      this.seqs = new Column(Float64Array);
      this.offsets = new Column(Float64Array);
      this.lengths = new Column(Uint16Array);
      this.states = new Column(Uint8Array);
      this.times = new Column(Float64Array);
      this.tags = new Column(Uint32Array);
      this.columns = Object.fromEntries(COLUMNS.map((name) => [name, { names: new Names(), numbers: new Column(Uint16Array) }]));
      this.labels = Object.fromEntries(LABELS.map((name) => [name, new Map()]));
    }

    /** Take in the next record; `body` is null where it is absent, or not valid. */
    take(row, body) {
      const at = this.seqs.length;
      this.seqs.push(row.seq);
      this.offsets.push(row.stored.offset);
      this.lengths.push(row.stored.to - row.stored.from);
      this.states.push(body ? 0 : row.isLeftOut ? Index.GONE : row.tombstone ? Index.ERASED : Index.WRONG);
      this.times.push(body ? micros(body.ts) : NaN);
      this.tags.push(body ? tag(body) : 0);
      const found = body ? columns(body) : {};
      for (const name of COLUMNS) this.columns[name].numbers.push(this.columns[name].names.number(found[name]));
      if (body?.kind !== "route.decision") return;
      for (const [what, names] of Object.entries(labels(body))) {
        for (const name of names) {
          if (!this.labels[what].has(name)) this.labels[what].set(name, new Column(Uint32Array, 4)); // of most, there are few
          this.labels[what].get(name).push(at);
        }
      }
    }

    /** Return where a record stands in the index; -1 for none. */
    find(seq) {
      const { values, length } = this.seqs;
      if (values[seq] === seq && seq < length) return seq;
      let low = 0, high = length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (values[middle] < seq) low = middle + 1;
        else high = middle;
      }
      return low < length && values[low] === seq ? low : -1;
    }

    /** Return the bytes of a body, or of what is in its place. */
    async bytes(at) {
      const from = this.offsets.values[at];
      return new Uint8Array(await this.blob.slice(from, from + this.lengths.values[at]).arrayBuffer());
    }

    /** All names by which records can be found, sorted. */
    values() {
      const found = {};
      for (const name of COLUMNS) found[name] = [...this.columns[name].names.numbers.keys()].sort();
      for (const name of LABELS) found[name] = [...this.labels[name].keys()].sort();
      return found;
    }

    /**
     * Return a test of places in the index for conditions {kind, decision, zone, app, team, class, rule, from, to}, all of
     * which have to hold; null if none can be met. A name with which there are too many to tell is left to `isExact`.
     */
    test(where) {
      const tests = [({ states, at }) => states[at] === 0];
      for (const name of COLUMNS) {
        if (!where[name]) continue;
        const { names, numbers } = this.columns[name];
        const wanted = names.numbers.get(where[name]) ?? (names.numbers.size >= BEYOND - 1 ? BEYOND : -1);
        tests.push(({ at }) => numbers.values[at] === wanted);
      }
      for (const name of LABELS) {
        if (!where[name]) continue;
        const column = this.labels[name].get(where[name]);
        const places = new Set(column ? column.values.subarray(0, column.length) : []);
        tests.push(({ at }) => places.has(at));
      }
      if (where.from) tests.push(({ at }) => this.times.values[at] >= micros(where.from));
      if (where.to) tests.push(({ at }) => this.times.values[at] < micros(where.to));
      const states = this.states.values;
      return (at) => tests.every((one) => one({ at, states }));
    }

    /** Whether so many different names were met that a place has to be looked up. */
    get isRough() {
      return COLUMNS.some((name) => this.columns[name].names.numbers.size >= BEYOND - 1);
    }
  }

  let [minute, minutes] = ["", 0];
  /** A stamp as a number that orders as stamps do, whether or not there is such a time; exact up to the year 2200. */
  function micros(stamp) {
    if (stamp.slice(0, 16) !== minute) {
      minute = stamp.slice(0, 16);
      const [year, month, day, hours, rest] = minute.split(/[-T:]/).map(Number);
      minutes = (((year - 1970) * 416 + month * 32 + day) * 24 + hours) * 60 + rest;
    }
    return (minutes * 60 + Number(stamp.slice(17, 19))) * 1e6 + Number(stamp.slice(20, 26).replace("Z", ""));
  }

  return Object.assign(Index, { columnsOf: columns, labelsOf: labels });
})();
