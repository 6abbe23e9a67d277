"use strict";
/* What a verification found: the first thousand findings are kept, all are counted. */
globalThis.Ringfence ??= {};
Ringfence.Findings = class Findings {
  static MOST = 1000;

  constructor() {
    this.kept = [];
    this.total = 0;
  }

  /** Something that does not hold: a code, where (null for the log as a whole), and what, in words without content. */
  add(code, seq, what) {
    this.total++;
    if (this.kept.length < Findings.MOST) this.kept.push({ code, seq, what });
  }
};
