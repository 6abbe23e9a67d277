"use strict";
/*
 * What the person who verifies brings from outside the log: keys and witnesses, in the form of
 * https://c2sp.org/tlog-policy, and heads that were kept: checkpoints, one behind another.
 *
 *     log <vkey> [<url>]                   group <name> all|any|<k> <name>...
 *     witness <name> <vkey> [<url>]        quorum <name>|none
 *
 * Certificates of time-stamp authorities are recognised and not used: RFC 3161 is left to the other verifier.
 */
globalThis.Ringfence ??= {};
Ringfence.trust = (() => {
  const { Note, VerifierKey, checkpoint, split, ED25519, COSIGNATURE } = Ringfence.note;
  const { base64 } = Ringfence.bytes;
  const loose = new TextDecoder("utf-8", { ignoreBOM: true });

  /** A file is none of these. `line` counts from 1; `file` is its place among those that were brought. */
  class MalformedTrust extends Error {
    constructor(what, line) {
      super(`line ${line}: ${what}`);
      this.line = line;
    }
  }

  const words = (line) => {
    const found = line.split(/[\t ]+/).filter((word) => word !== "");
    return found[0]?.startsWith("#") ? [] : found;
  };

  class Trust {
    constructor() {
      Object.assign(this, { logs: [], witnesses: new Map(), groups: new Map(), quorum: "none", heads: [], certificates: false });
    }

    /** Put files together, each an Uint8Array; throws MalformedTrust. Only one of them may be a policy. */
    static read(files) {
      const made = new Trust();
      let policies = 0;
      files.forEach((bytes, file) => {
        try {
          const text = loose.decode(bytes);
          if (text.includes("\n\u2014 ")) made.heads = made.heads.concat(readHeads(bytes));
          else if (text.includes("-----BEGIN CERTIFICATE-----")) made.certificates = noPolicy(text);
          else if (policies++) throw new MalformedTrust("a second policy; put both into one file", 1);
          else made.readPolicy(text);
        } catch (error) {
          error.file = file;
          throw error;
        }
      });
      return made;
    }

    readPolicy(text) {
      const used = new Set();
      let quorum = null;
      text.split("\n").forEach((line, at) => {
        const [what, ...rest] = words(line), number = at + 1;
        const refuse = (why) => {
          throw new MalformedTrust(why, number);
        };
        const isDefined = (name) => this.witnesses.has(name) || this.groups.has(name);
        const define = (name) => isDefined(name) || name === "none" ? refuse("the name is taken") : name;
        if (what === undefined) return;
        if (what === "log" && (rest.length === 1 || rest.length === 2)) {
          this.logs.push(readKey(rest[0], ED25519, refuse));
        } else if (what === "witness" && (rest.length === 2 || rest.length === 3)) {
          this.witnesses.set(define(rest[0]), readKey(rest[1], COSIGNATURE, refuse));
        } else if (what === "group" && rest.length >= 3) {
          const [name, count, ...members] = rest;
          define(name);
          if (!members.every(isDefined)) refuse("a name that no line above defines");
          if (new Set(members).size < members.length || members.some((one) => used.has(one))) refuse("a name is a member twice");
          members.forEach((one) => used.add(one));
          this.groups.set(name, { threshold: threshold(count, members.length, refuse), members });
        } else if (what === "quorum" && rest.length === 1 && quorum === null) {
          if (rest[0] !== "none" && !isDefined(rest[0])) refuse("a name that no line above defines");
          quorum = rest[0];
        } else {
          refuse("neither log, witness, group nor the one quorum");
        }
      });
      if (quorum === null) throw new MalformedTrust("there is no quorum line; write 'quorum none' to ask for no witness", 1);
      this.quorum = quorum;
      const keys = [...this.logs, ...this.witnesses.values()].map((key) => base64(key.key));
      if (new Set(keys).size < keys.length) throw new MalformedTrust("a key stands there twice", 1);
    }

    /** Whether these keys are a quorum of witnesses; never, where none is asked for. */
    met(cosigners) {
      const signed = (name) => {
        if (this.witnesses.has(name)) return cosigners.includes(this.witnesses.get(name));
        const { threshold: wanted, members } = this.groups.get(name);
        return members.filter(signed).length >= wanted;
      };
      return this.quorum !== "none" && signed(this.quorum);
    }
  }

  function readKey(text, type, refuse) {
    let key;
    try {
      key = VerifierKey.decode(text);
    } catch {
      refuse("not a verifier key");
    }
    return key.type === type ? key : refuse("a key of a kind that cannot do this");
  }

  function threshold(text, count, refuse) {
    const made = text === "all" ? count : text === "any" ? 1 : /^[0-9]+$/.test(text) ? Number(text) : 0;
    return 1 <= made && made <= count ? made : refuse("a group needs all, any, or at most as many as it has members");
  }

  function readHeads(bytes) {
    const found = [];
    let line = 1;
    for (const piece of split(bytes)) {
      try {
        const note = Note.decode(piece);
        checkpoint(note);
        found.push(note);
      } catch {
        throw new MalformedTrust("not a checkpoint", line);
      }
      line += piece.reduce((count, byte) => count + (byte === 10), 0);
    }
    return found;
  }

  /** Refuse a policy among certificates: its keys would count for nothing. */
  function noPolicy(text) {
    text.split("\n").forEach((line, at) => {
      if (/^(log|witness|group|quorum)$/.test(words(line)[0]) && words(line).length > 1) {
        throw new MalformedTrust("a policy beside certificates; put each into a file of its own", at + 1);
      }
    });
    return true;
  }

  /** Read SEQ:LINK, what a caller kept of an answer's headers; throws Error. */
  function receipt(text) {
    const found = /^([0-9]{1,15}):([0-9a-f]{64})$/.exec(text);
    if (!found) throw new Error("not a receipt: SEQ:LINK");
    return { seq: Number(found[1]), link: found[2] };
  }

  return { Trust, MalformedTrust, receipt };
})();
