"use strict";
globalThis.Ringfence ??= {};

// Pages of records under filters, and all of them as CSV.
Ringfence.browsing = (() => {
  const { make, put, number } = Ringfence.dom;
  const { rowsOf, detail } = Ringfence;
  const PAGE = 50;
  const BATCH = 2000;
  const field = (id) => document.getElementById(id);
  const midnight = (day) => (day ? `${day}T00:00:00.000000Z` : undefined);

  function filters() {
    const [from, to] = [midnight(field("from").value), midnight(field("to").value)];
    return { ...rowsOf.chosen("browse"), ...(from && { from }), ...(to && { to }) };
  }

  async function csv(engine) {
    const parts = [rowsOf.head()];
    const where = filters();
    let after = -1;
    while (after !== null && after !== undefined) {
      const page = await engine.call("find", { ...where, after, limit: BATCH });
      const records = await engine.call("records", { seqs: page.seqs });
      parts.push(records.map(rowsOf.line).join(""));
      after = page.next;
    }
    detail.save("records.csv", "text/csv", parts);
  }

  function begin(engine, values, open, said) {
    const into = field("page-of-records");
    let where = {};
    let starts = [-1];
    let next = null;

    async function show() {
      field("before").disabled = field("next").disabled = true;
      const page = await engine.call("find", { ...where, after: starts.at(-1), limit: PAGE });
      const records = await engine.call("records", { seqs: page.seqs });
      next = page.next ?? null;
      const caption = records.length ? `Records ${number(records[0].seq)} to ${number(records.at(-1).seq)}, page ${number(starts.length)}` : "Records";
      put(into, rowsOf.show(caption, records, open));
      field("before").disabled = starts.length < 2;
      field("next").disabled = next === null;
    }

    const trying = (what) => async (event) => {
      event?.preventDefault();
      try {
        await what();
      } catch (error) {
        said(error);
      }
    };
    const anew = trying(() => {
      [where, starts] = [filters(), [-1]];
      return show();
    });
    rowsOf.choices(field("browse-where"), values, "browse");
    field("filter").onsubmit = anew;
    field("next").onclick = trying(() => (starts.push(next), show()));
    field("before").onclick = trying(() => (starts.pop(), show()));
    field("csv").onclick = trying(() => csv(engine));
    field("jump").onsubmit = trying(() => open(Number(field("number").value)));
    put(into, make("p", { class: "small" }, "Reading…"));
    return anew();
  }

  return { begin };
})();
