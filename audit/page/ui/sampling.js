"use strict";
globalThis.Ringfence ??= {};

// A sample that the operator cannot steer, each record with its proof, what followed, and the policy of the time.
Ringfence.sampling = (() => {
  const { make, put, number, pairs } = Ringfence.dom;
  const { rowsOf, detail, words } = Ringfence;

  // What an attempt at a decision came to, in a few words.
  async function ends(engine, record) {
    if (record.body?.kind !== "route.decision") return "–";
    const { seqs } = await engine.call("related", { seq: record.seq });
    const outcomes = (await engine.call("records", { seqs })).filter((one) => one.body?.status);
    const said = ({ body }) => (outcomes.length > 1 ? `attempt ${body.attempt}: ` : "") + words.plain(body.status);
    return outcomes.map(said).join("; ") || "none recorded";
  }

  async function draw(engine, { nonce, count, where }, open, said) {
    const drawn = await engine.call("sample", { nonce, count, where });
    const records = await engine.call("records", { seqs: drawn.seqs });
    const outcomes = new Map();
    for (const record of records) outcomes.set(record.seq, await ends(engine, record));
    const conditions = Object.entries(where).map(([name, value]) => `${name}=${value}`).join(", ") || "none";
    return [
      pairs([
        ["Nonce", make("code", {}, nonce)], ["Conditions", conditions], ["Population", `${number(drawn.population)} records`],
        ["Drawn", number(drawn.seqs.length)], ["Seed", make("code", {}, drawn.seed)],
      ]),
      rowsOf.show("The sample, in the order in which it was drawn", records, open, [
        { title: "Outcome", of: (row) => outcomes.get(row.seq) },
        { title: "Proof", style: "controls", of: (row) => detail.proofButton(engine, row.seq, said) },
      ]),
      make("div", { class: "bar controls" },
        make("button", { type: "button", id: "all-proofs", on: { click: () => proofs(engine, drawn.seqs).catch(said) } }, "Download all proofs"),
        make("button", { type: "button", id: "in-full", on: { click: (event) => inFull(engine, records, event.target, said).catch(said) } }, "Show each in full, for paper"),
        make("button", { type: "button", id: "sample-csv", on: { click: () => detail.save("sample.csv", "text/csv", [rowsOf.head(), ...records.map(rowsOf.line)]) } }, "Download as CSV")),
    ];
  }

  // Every record of the sample below the table, with what followed, the rules of the time and all of its text.
  async function inFull(engine, records, button, said) {
    button.disabled = true;
    const shown = [];
    for (const record of records) shown.push(make("section", { class: "full" }, make("h3", {}, `Record ${number(record.seq)}`), await detail.content(engine, record, said, true)));
    document.getElementById("drawn").append(...shown);
  }

  // One file after another: a browser asks once whether a page may save several.
  async function proofs(engine, seqs) {
    for (const seq of seqs) {
      const made = await engine.call("proof", { seq });
      detail.save(made.name, "text/plain", [made.text]);
    }
  }

  function begin(engine, values, open, said) {
    const form = document.getElementById("sample");
    const into = document.getElementById("drawn");
    rowsOf.choices(document.getElementById("sample-where"), values, "sample");
    put(into);
    form.onsubmit = async (event) => {
      event.preventDefault();
      const [nonce, count] = ["nonce", "count"].map((id) => document.getElementById(id).value);
      try {
        put(into, await draw(engine, { nonce, count: Number(count), where: rowsOf.chosen("sample") }, open, said));
      } catch (error) {
        said(error);
      }
    };
  }

  return { begin };
})();
