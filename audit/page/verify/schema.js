"use strict";
/*
 * Which bytes are a record: a recogniser for the canonical texts of each schema, made from the schema's description.
 *
 * The descriptions are data, the same that a log's genesis commits to by their digest:
 *
 *     {"text": pattern, "longest": n}  {"enum": [...]}  {"int": [low, high]}  "bool"
 *     {"array": item, "longest": n}    {"table": [keys...], "value": type}    {"required": {...}, "optional": {...}}
 *
 * A closed schema in the form of RFC 8785 is a language in which one byte decides what comes next: keys stand in their
 * order, nothing is between tokens, numbers have one form, and no pattern admits what JSON escapes. So each type becomes
 * a function (bytes, at) -> where it ends, or -1, that never goes back: linear in the bytes, whatever they are. Patterns
 * are read here as well, not by the RegExp engine; one for which a byte does not decide is refused when it is loaded.
 */
globalThis.Ringfence ??= {};
Ringfence.schema = (() => {
  const { utf8, hex, Malformed } = Ringfence.bytes;
  const { canonical } = Ringfence.json;
  const { sha256 } = Ringfence;
  const QUOTE = 0x22, COMMA = 0x2c, MINUS = 0x2d, ZERO = 0x30, NINE = 0x39;
  const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = utf8("[]{}");

  /** A constant text. */
  function token(text) {
    const wanted = utf8(text), length = wanted.length;
    return (bytes, at) => {
      for (let i = 0; i < length; i++) if (bytes[at + i] !== wanted[i]) return -1;
      return at + length;
    };
  }

  /** One of a few constant strings: with its quotes, none begins another. */
  function choice(texts) {
    const tokens = texts.map((text) => token(`"${text}"`));
    return (bytes, at) => {
      for (const one of tokens) {
        const end = one(bytes, at);
        if (end >= 0) return end;
      }
      return -1;
    };
  }

  const bool = (() => {
    const [yes, no] = [token("true"), token("false")];
    return (bytes, at) => (bytes[at] === 0x74 ? yes(bytes, at) : no(bytes, at));
  })();

  /** An integer in its one form: no plus, no leading zero, no -0. */
  function integer(low, high) {
    return (bytes, at) => {
      const negative = bytes[at] === MINUS;
      if (negative) at++;
      const first = at;
      let value = 0;
      while (bytes[at] >= ZERO && bytes[at] <= NINE && at - first < 17) value = value * 10 + (bytes[at++] - ZERO);
      if (at === first || (bytes[first] === ZERO && (negative || at - first > 1))) return -1;
      if (negative) value = -value;
      return Number.isSafeInteger(value) && low <= value && value <= high ? at : -1;
    };
  }

  function list(item, longest) {
    return (bytes, at) => {
      if (bytes[at++] !== OPEN_LIST) return -1;
      if (bytes[at] === CLOSE_LIST) return at + 1;
      for (let count = 1; count <= longest; count++) {
        at = item(bytes, at);
        if (at < 0) return -1;
        const mark = bytes[at++];
        if (mark === CLOSE_LIST) return at;
        if (mark !== COMMA) return -1;
      }
      return -1;
    };
  }

  /** An object with these members, [name, required, value], each of which stands in the order of the names. */
  function object(members) {
    const parts = members
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, required, value]) => ({ key: token(`"${name}":`), required, value }));
    return (bytes, at) => {
      if (bytes[at++] !== OPEN) return -1;
      let first = true;
      for (const { key, required, value } of parts) {
        const begin = first ? at : bytes[at] === COMMA ? at + 1 : -1;
        const end = begin < 0 ? -1 : key(bytes, begin);
        if (end < 0) {
          if (required) return -1;
          continue;
        }
        at = value(bytes, end);
        if (at < 0) return -1;
        first = false;
      }
      return bytes[at] === CLOSE ? at + 1 : -1;
    };
  }

  /** A string in a pattern, of at most so many characters; patterns admit ASCII only, one byte each. */
  function string(pattern, longest) {
    const inside = Ringfence.pattern(pattern);
    return (bytes, at) => {
      if (bytes[at++] !== QUOTE) return -1;
      const end = inside(bytes, at);
      return end >= 0 && end - at <= longest && bytes[end] === QUOTE ? end + 1 : -1;
    };
  }

  /** Make the recogniser of a described type; throws Malformed for what describes none. */
  function recogniser(type) {
    if (type === "bool") return bool;
    if ("text" in type) return string(type.text, type.longest);
    if ("enum" in type) return choice(type.enum);
    if ("int" in type) return integer(...type.int);
    if ("array" in type) return list(recogniser(type.array), type.longest);
    if ("table" in type) {
      const value = recogniser(type.value);
      return object(type.table.map((name) => [name, false, value]));
    }
    if ("required" in type && "optional" in type) {
      const member = (required) => ([name, kind]) => [name, required, recogniser(kind)];
      return object([
        ...Object.entries(type.required).map(member(true)),
        ...Object.entries(type.optional).map(member(false)),
      ]);
    }
    throw new Malformed("not the description of a type");
  }

  /** One (kind, v). `matches` says whether bytes[at:end] are a stored record of it, in its one form. */
  class Schema {
    constructor(kind, v, fields, envelope) {
      this.kind = kind;
      this.v = v;
      this.fields = fields;
      this.sha256 = hex(sha256(utf8(canonical({ kind, v, fields }))));
      this.whole = recogniser({ required: { ...envelope, ...fields.required }, optional: fields.optional });
    }

    matches(bytes, at, end) {
      return this.whole(bytes, at) === end;
    }
  }

  /** All schemas, in the order in which they were introduced. */
  class Registry {
    /** Takes {envelope: {name: type...}, kinds: [[kind, v, fields]...]}; throws Malformed. */
    constructor({ envelope, kinds }) {
      this.schemas = kinds.map(([kind, v, fields]) => new Schema(kind, v, fields, envelope));
      this.named = new Map(this.schemas.map((schema) => [`${schema.kind} ${schema.v}`, schema]));
    }

    /** Return a schema; undefined for one that is not known. */
    get(kind, v) {
      return typeof kind === "string" && typeof v === "number" ? this.named.get(`${kind} ${v}`) : undefined;
    }

    /** Return the names of the schemas that a log was born with, by what its genesis says; null for no such registry. */
    bornWith(digest) {
      for (let count = this.schemas.length; count > 0; count--) {
        const first = this.schemas.slice(0, count);
        const text = JSON.stringify(first.map((schema) => schema.sha256));
        if (hex(sha256(utf8(text))) === digest) return new Set(first.map((schema) => `${schema.kind} ${schema.v}`));
      }
      return null;
    }
  }

  return { Registry, recogniser };
})();
