"use strict";
/*
 * Whether who approved a bundle of policies is what the log says: a `policy.activated` record that calls an approval
 * `verified` names a note that has to lie in the archive, state all that the record states, be signed by the key that the
 * record names, which is the approver's, and be about two texts that are archived as well. The text that is signed:
 *
 *     ringfence.policy/v1                                          serial 7
 *     files <SHA-256 of the policy files' text>                    author dana@acme.example
 *     upstreams <SHA-256 of the upstream file's text>              approver ciso@acme.example
 *                                                                  ticket SEC-4412          (may be missing)
 */
globalThis.Ringfence ??= {};
Ringfence.approvals = (() => {
  const { hex } = Ringfence.bytes;
  const { Note, VerifierKey, WrongSignature } = Ringfence.note;
  const { sha256 } = Ringfence;
  const MAX_NOTE_BYTES = 16 * 1024;
  const MAX_CLAIMS = 10_000;

  function statement(claim, upstreams) {
    const { files, serial, author, approver, ticket } = claim;
    const lines = ["ringfence.policy/v1", `files ${files}`, `upstreams ${upstreams}`, `serial ${serial}`];
    lines.push(`author ${author}`, `approver ${approver}`, ...(ticket ? [`ticket ${ticket}`] : []));
    return lines.map((line) => `${line}\n`).join("");
  }

  async function fault(claim, note, archived) {
    if (!note) return "its note is not in the archive";
    let read, key;
    try {
      [read, key] = [Note.decode(note), VerifierKey.decode(claim.key)];
    } catch {
      return "its note or its key is none";
    }
    const upstreams = /^upstreams ([0-9a-f]{64})$/m.exec(read.text)?.[1] ?? "";
    if (read.text !== statement(claim, upstreams)) return "its note states something else";
    const { author, approver } = claim;
    if (author.toLowerCase() === approver.toLowerCase() || key.name !== approver) {
      return "its approver wrote it, or is not whom the key names";
    }
    try {
      if (!(await read.verified([key])).length) return "its note is not signed by the key that the record names";
    } catch (error) {
      if (error instanceof WrongSignature) return "its note is not signed by the key that the record names";
      throw error;
    }
    return archived.has(claim.files) && archived.has(upstreams) ? null : "what it is about is not in the archive";
  }

  class Approvals {
    constructor() {
      this.claims = new Map();
      this.beyond = null;
    }

    /** Take in a valid record of an activation. */
    take(seq, body) {
      const approval = body.approval;
      if (approval?.standing !== "verified") return;
      const { serial = 0, author, approver, ticket = "", note_sha256 = "", key = "" } = approval;
      const claim = { files: body.files_sha256, serial, author, approver, ticket, note_sha256, key };
      const name = JSON.stringify(claim);
      if (this.claims.has(name)) return;
      if (this.claims.size < MAX_CLAIMS) this.claims.set(name, { ...claim, seq });
      else this.beyond ??= seq;
    }

    /** Judge each, given the archive: the digests of all texts, and a function that reads one. */
    async judge(archived, read, found) {
      for (const claim of this.claims.values()) {
        let note = archived.has(claim.note_sha256) ? await read(claim.note_sha256) : null;
        if (note && (note.length > MAX_NOTE_BYTES || hex(sha256(note)) !== claim.note_sha256)) note = null;
        const what = await fault(claim, note, archived);
        if (what) found.add("APPROVAL", claim.seq, `it calls an approval verified, and ${what}`);
      }
      if (this.beyond !== null) {
        found.add("APPROVAL", this.beyond, `there are more than ${MAX_CLAIMS} approvals; those from here on are not checked`);
      }
    }
  }

  return { Approvals };
})();
