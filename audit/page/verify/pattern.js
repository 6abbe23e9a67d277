"use strict";
/*
 * The patterns of schemas, as recognisers of bytes: a small part of regular expressions in which one byte decides.
 *
 *     pattern := (item count?)*      item := literal | \literal | [set] | (pattern)      count := ? | {n} | {m,n}
 *
 * `Ringfence.pattern(text)` gives a function (bytes, at) -> where the text ends, or -1; it takes as much as it can and
 * never goes back. That is the same as any other reading only if what may follow an item never begins like the item:
 * this is checked when the pattern is read, and another pattern is refused.
 */
globalThis.Ringfence ??= {};
Ringfence.pattern = (() => {
  const { Malformed } = Ringfence.bytes;
  const LITERAL = /[A-Za-z0-9_:/@+=,-]/;

  /** Bytes as a table of 256 flags. */
  const set = (marks) => {
    const table = new Uint8Array(256);
    for (const mark of marks) table[mark.charCodeAt(0)] = 1;
    return table;
  };
  const overlap = (one, other) => one.some((flag, byte) => flag && other[byte]);
  const union = (one, other) => one.map((flag, byte) => flag | other[byte]);

  class Reader {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    refuse() {
      throw new Malformed(`a pattern of a schema cannot be read: ${this.text}`);
    }

    take(mark) {
      if (this.text[this.at] !== mark) return false;
      this.at++;
      return true;
    }

    sequence(end) {
      const items = [];
      while (this.text[this.at] !== end) {
        if (this.at >= this.text.length) this.refuse();
        const item = this.item();
        items.push({ ...item, ...this.count() });
      }
      this.at++;
      return this.decided(items);
    }

    item() {
      if (this.take("(")) return { group: this.sequence(")") };
      if (this.take("[")) return { set: this.members() };
      if (this.take("\\")) return { set: set(this.text[this.at++]) };
      if (!LITERAL.test(this.text[this.at])) this.refuse();
      return { set: set(this.text[this.at++]) };
    }

    members() {
      let marks = "";
      if (this.text[this.at] === "^") this.refuse();
      while (!this.take("]")) {
        if (this.take("\\")) {
          marks += this.text[this.at++];
          continue;
        }
        const [low, high] = [this.text.charCodeAt(this.at), this.text.charCodeAt(this.at + 2)];
        if (this.text[this.at + 1] === "-" && this.text[this.at + 2] !== "]" && high >= low) {
          for (let code = low; code <= high; code++) marks += String.fromCharCode(code);
          this.at += 3;
        } else {
          marks += this.text[this.at++] ?? this.refuse();
        }
      }
      if (/["\\\0-\x1f\x7f-\uffff]/.test(marks)) this.refuse();
      return set(marks);
    }

    count() {
      if (this.take("?")) return { least: 0, most: 1 };
      const found = /^\{([0-9]+)(?:,([0-9]+))?\}/.exec(this.text.slice(this.at));
      if (!found) return { least: 1, most: 1 };
      this.at += found[0].length;
      return { least: Number(found[1]), most: Number(found[2] ?? found[1]) };
    }

    /** Work out how items can begin, and refuse where that leaves two ways to go on. */
    decided(items) {
      let after = new Uint8Array(256), empty = true;
      for (const item of items.slice().reverse()) {
        const first = item.set ?? item.group.first;
        if (item.group?.empty || (item.group && item.most > 1)) this.refuse();
        if (item.least !== item.most && overlap(first, after)) this.refuse();
        after = item.least ? first : union(first, after);
        empty &&= item.least === 0;
      }
      return { items, first: after, empty };
    }
  }

  function compile({ items }) {
    const parts = items.map((item) => (item.set ? repeated(item.set, item.least, item.most) : once(item)));
    if (parts.length === 1) return parts[0];
    return (bytes, at) => {
      for (let i = 0; i < parts.length; i++) {
        at = parts[i](bytes, at);
        if (at < 0) return -1;
      }
      return at;
    };
  }

  function repeated(table, least, most) {
    return (bytes, at) => {
      const last = at + most, enough = at + least;
      while (at < last && table[bytes[at]] === 1) at++;
      return at < enough ? -1 : at;
    };
  }

  function once({ group, least }) {
    const inside = compile(group);
    return (bytes, at) => (least === 0 && !group.first[bytes[at]] ? at : inside(bytes, at));
  }

  return (text) => {
    const reader = new Reader(text + "\0");
    return compile(reader.sequence("\0"));
  };
})();
