"use strict";
globalThis.Ringfence ??= {};

// One record: what it says, its exact bytes, its proof, what followed from it, and the policy that it was made under.
Ringfence.detail = (() => {
  const { make, put, number, time, pairs, table } = Ringfence.dom;
  const { kind, say, plain } = Ringfence.words;

  function save(name, type, parts) {
    const url = URL.createObjectURL(new Blob(parts, { type }));
    make("a", { href: url, download: name.replaceAll(/[^A-Za-z0-9._-]/g, "_") }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  }

  async function proof(engine, seq) {
    const made = await engine.call("proof", { seq });
    save(made.name, "text/plain", [made.text]);
  }

  const proofButton = (engine, seq, said) => make("button", {
    type: "button", class: "proof", "aria-label": `Proof of record ${seq}`,
    on: { click: () => proof(engine, seq).catch((error) => said(error)) },
  }, "Proof");

  function facts(record) {
    const { body } = record;
    const actor = body.actor && [body.actor.id, body.actor.app, body.actor.team].filter(Boolean).join(" / ");
    const rows = [["Kind", `${kind(body.kind)} (${body.kind}, version ${number(body.v)})`], ["Time", time(body.ts)], ["Id", make("code", {}, body.id)], ["Link", make("code", {}, record.link)]];
    if (actor) rows.push(["By", actor]);
    if (body.kind === "route.decision") {
      rows.push(["Decision", `${say(body.decision)}${body.zone ? `, zone ${body.zone}` : ""}${body.dry_run ? " (dry run)" : ""}`]);
      rows.push(["Found", (body.classes ?? []).map((one) => `${one.c} (${number(one.count)})`).join(", ") || "nothing"]);
      rows.push(["Rules", (body.rules ?? []).map((one) => `${one.id}: ${one.effect}`).join(", ") || "none"]);
      rows.push(["Ceilings", (body.ceilings ?? []).join(", ") || "none"]);
      rows.push(["Upstream", body.up ? `${body.up.id}, model ${body.up.model}` : "none"]);
    }
    return pairs(rows);
  }

  // Attempts and outcomes, as a row each.
  const followed = (records) => table("What followed", [
    { title: "Record", right: true, of: (row) => number(row.seq) }, { title: "Time", of: (row) => time(row.body?.ts) },
    { title: "What", of: (row) => (row.body ? kind(row.body.kind) : row.state) }, { title: "Attempt", right: true, of: (row) => number(row.body?.attempt) },
    { title: "How", of: (row) => (row.body?.status ? plain(row.body.status) : row.body?.up ? `to ${row.body.up.id}, because ${plain(row.body.why)}` : "–") },
    { title: "HTTP", right: true, of: (row) => row.body?.http ?? "–" }, { title: "Bytes sent", right: true, of: (row) => number(row.body?.bytes_sent) },
  ], records, "No attempt or outcome of it is in the pack.");

  // What the verification found at this very record.
  function found(engine, seq) {
    const here = (engine.report?.findings ?? []).filter((one) => one.seq === seq);
    return here.length > 0 && make("div", { class: "bad" }, here.map((one) => make("p", {}, make("code", {}, one.code), `: ${one.what}`)));
  }

  const gone = ({ state, link, text }) => [
    make("p", {}, state === "wrong" ? "The body of this record does not hold: see the findings." : `The body of this record is not here: it was ${state}. Its hash is in the chain.`),
    pairs([["Link", make("code", {}, link || "–")]]),
    text && [make("h4", {}, "What lies in its place"), make("pre", { tabindex: "0" }, text)],
  ];

  // Everything about a record; `brief` is for paper: its bytes as they are, and of the policy only what applied.
  async function content(engine, record, said, brief = false) {
    if (!record.body) return [found(engine, record.seq), gone(record)];
    const decision = record.body.kind === "route.decision";
    const related = decision ? await engine.call("records", { seqs: (await engine.call("related", { seq: record.seq })).seqs }) : [];
    return [
      found(engine, record.seq),
      facts(record),
      make("div", { class: "bar" }, proofButton(engine, record.seq, said)),
      decision && [followed(related), make("h4", {}, "Policy in force"), await Ringfence.rules.explain(engine, record, brief)],
      brief ? [make("h4", {}, "All of it, as it was hashed"), make("pre", { tabindex: "0" }, record.text)] : whole(record),
    ];
  }

  const whole = (record) => [
    make("h4", {}, "All of it"),
    make("pre", { tabindex: "0", class: "json" }, JSON.stringify(record.body, null, 2)),
    make("details", {}, make("summary", {}, "The exact bytes that were hashed"), make("pre", { tabindex: "0" }, record.text)),
  ];

  async function open(engine, seq, said) {
    const dialog = document.getElementById("detail");
    const record = await engine.call("record", { seq });
    put(document.getElementById("detail-title"), `Record ${number(seq)}`);
    put(document.getElementById("detail-body"), await content(engine, record, said));
    if (!dialog.open) dialog.showModal();
    document.getElementById("detail-title").focus();
  }

  return { content, open, proofButton, save };
})();
