"use strict";
/*
 * The one canonical text of a value (RFC 8785, JSON Canonicalization Scheme), for the subset that records and manifests
 * keep to: objects with ASCII keys, lists, well-formed strings, booleans, and integers below 2**53; no null, no float.
 *
 * JSON.parse takes what is not canonical: spaces, keys in any order or twice, escapes, 1.0 for 1. So every text is
 * written again from what was read, and the two are compared.
 */
globalThis.Ringfence ??= {};
Ringfence.json = (() => {
  const { Malformed, text } = Ringfence.bytes;
  const MAX_DEPTH = 32;
  const ASCII = /^[\0-\x7f]*$/;
  const SURROGATE = /\p{Surrogate}/u;

  /** Return the canonical text; throws Malformed outside the subset. `depth` is how many levels there may still be. */
  function canonical(value, depth = MAX_DEPTH) {
    switch (typeof value) {
      case "string":
        if (SURROGATE.test(value)) throw new Malformed("a lone surrogate");
        return JSON.stringify(value);
      case "boolean":
        return value ? "true" : "false";
      case "number":
        if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new Malformed("not an integer below 2**53");
        return String(value);
    }
    if (value === null || typeof value !== "object") throw new Malformed("a type outside the subset");
    if (depth === 0) throw new Malformed("nested too deeply");
    if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth - 1)).join(",")}]`;
    const members = Object.keys(value).sort().map((key) => {
      if (!ASCII.test(key)) throw new Malformed("a key that is not ASCII");
      return `${JSON.stringify(key)}:${canonical(value[key], depth - 1)}`;
    });
    return `{${members.join(",")}}`;
  }

  /** Read a canonical text from its bytes; throws Malformed for every other one. */
  function parse(bytes) {
    const source = text(bytes);
    let value;
    try {
      value = JSON.parse(source);
    } catch {
      throw new Malformed("not JSON");
    }
    if (canonical(value) !== source) throw new Malformed("not the canonical text");
    return value;
  }

  /** Whether a value is an object, and no list. */
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

  return { canonical, parse, isObject };
})();
