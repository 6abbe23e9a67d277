"use strict";
globalThis.Ringfence ??= {};

// The page: takes files, runs the verifier, shows what it says. `body[data-state]`: idle, working, done or failed.
Ringfence.page = (() => {
  const { make, put, number } = Ringfence.dom;
  const { verdict, sampling, browsing, detail, summary } = Ringfence;
  const field = (id) => document.getElementById(id);
  const PHASES = { files: "Hashing the files of the pack", records: "Checking records", checkpoints: "Checking checkpoints", evidence: "Computing the evidence again" };
  const state = { pack: null, trust: [], engine: null, report: null };

  const say = (text) => { field("status").textContent = text; };
  const become = (name) => { document.body.dataset.state = name; };
  const problem = (error) => put(field("problem"), error ? make("p", { class: "bad" }, `${error.message || error}`) : null);

  const isPack = (file) => /\.tar$/i.test(file.name);

  // Of what was dropped, the pack is the tar; the rest is trusted. One file alone is the pack whatever its name.
  function take(files) {
    if (document.body.dataset.state === "working") return;
    const packs = files.filter(isPack);
    if (packs.length > 1) return problem("One pack at a time, please.");
    const pack = packs[0] ?? (files.length === 1 && !state.pack ? files[0] : null);
    if (pack) state.pack = pack;
    state.trust.push(...files.filter((file) => file !== pack));
    problem(null);
    chosen();
  }

  function chosen() {
    const { pack, trust } = state;
    put(field("chosen"), pack ? ["Pack: ", make("strong", {}, pack.name), ` (${number(pack.size)} bytes)`] : "No pack yet.");
    put(field("trusted"), trust.length ? `From outside: ${trust.map((file) => file.name).join(", ")}` : "Nothing from outside.");
    field("verify").disabled = !pack;
    field("forget").hidden = !pack && !trust.length;
  }

  function progress({ phase, done, total }) {
    const share = total > 0 ? Math.min(done / total, 1) : 0;
    field("progress").value = share;
    put(field("doing"), `${PHASES[phase] ?? phase}: ${number(done)} of ${number(total)}`);
    const tenth = `${PHASES[phase] ?? phase}, ${Math.floor(share * 10) * 10} %`;
    if (field("status").textContent !== tenth) say(tenth);
  }

  function working(on) {
    become(on ? "working" : "idle");
    field("working").hidden = field("cancel").hidden = !on;
    field("verify").disabled = on || !state.pack;
    for (const id of ["pack", "trust", "receipts", "forget"]) field(id).disabled = on;
  }

  async function documents(report, engine) {
    const found = {};
    for (const [name, ok] of Object.entries(report.documents ?? {})) {
      if (ok === true) found[name.replace(/^evidence\//, "")] = await engine.call("document", { name });
    }
    return found;
  }

  async function show(report, engine) {
    verdict.show(report, state.pack.name);
    const into = document.querySelector("#figures > div");
    const found = await documents(report, engine);
    if (Object.keys(found).length) summary.render(into, found, "h3");
    else put(into, make("p", { class: "none" }, "No figures are shown: none of the documents could be computed again and found the same."));
    const open = (seq) => detail.open(engine, seq, problem).catch(problem);
    field("browsing").hidden = !report.checked;
    field("sampling").hidden = report.grade === "failed"; // nothing is sampled from a pack that does not verify
    if (!report.checked) return;
    const values = await engine.call("values");
    sampling.begin(engine, values, open, problem);
    await browsing.begin(engine, values, open, problem);
  }

  async function verify() {
    problem(null);
    field("results").hidden = true;
    state.engine?.stop();
    const engine = state.engine = Ringfence.engine.start();
    engine.onProgress = progress;
    working(true);
    try {
      const { schemas, known } = JSON.parse(field("data").textContent);
      const trust = await Promise.all(state.trust.map(async (file) => new Uint8Array(await file.arrayBuffer())));
      const receipts = field("receipts").value.split(/\s+/).filter(Boolean);
      const report = state.report = engine.report = await engine.call("verify", { blob: state.pack, trust, receipts, schemas, known });
      await show(report, engine);
      working(false);
      field("results").hidden = false;
      become("done");
      say(`Done. Grade ${report.grade}, ${report.findings_total} findings.`);
      field("results").focus();
    } catch (error) {
      working(false);
      become("failed");
      problem(error.cancelled ? "Cancelled: nothing was verified." : `Not verified: ${error.message}`);
    }
  }

  function forget() {
    state.engine?.stop();
    Object.assign(state, { pack: null, trust: [], engine: null, report: null });
    field("intake").reset();
    field("results").hidden = true;
    problem(null);
    chosen();
    become("idle");
    say("");
  }

  function start() {
    const drop = field("drop");
    const over = (on) => (event) => {
      event.preventDefault();
      drop.classList.toggle("over", on);
    };
    for (const [event, on] of [["dragenter", true], ["dragover", true], ["dragleave", false]]) drop.addEventListener(event, over(on));
    for (const event of ["dragover", "drop"]) addEventListener(event, (it) => it.preventDefault());
    drop.addEventListener("drop", (event) => {
      over(false)(event);
      take([...event.dataTransfer.files]);
    });
    field("pack").onchange = (event) => {
      [state.pack] = event.target.files.length ? event.target.files : [state.pack];
      problem(null);
      chosen();
    };
    field("trust").onchange = (event) => {
      state.trust.push(...event.target.files);
      chosen();
    };
    field("intake").onsubmit = (event) => {
      event.preventDefault();
      verify();
    };
    field("cancel").onclick = () => state.engine?.stop();
    field("forget").onclick = forget;
    chosen();
  }

  start();
  return { state };
})();
