"use strict";
globalThis.Ringfence ??= {};

// Charts as SVG: labelled axes from zero, few fills that differ in lightness, and each has a table of its numbers beside it.
Ringfence.charts = (() => {
  const { make, svg, number } = Ringfence.dom;
  const WIDTH = 760;
  const LEFT = 64;
  const RIGHT = 12;
  const TOP = 14;
  const FILLS = 5;
  const DAY_MS = 86_400_000;
  const MANY_DAYS = 100;
  let made = 0;

  // The smallest of 1, 2, 5 times a power of ten that divides the range into five parts at most.
  function step(most) {
    const power = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
    const found = [0.1, 0.2, 0.5, 1, 2, 5, 10].map((one) => one * power).find((one) => most / one <= 5);
    return Math.max(1, found);
  }

  function framed(title, height, parts, legend, note) {
    const name = `chart-${made += 1}`;
    const drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-labelledby": name, class: "chart" }, parts);
    return make("figure", {}, make("figcaption", { id: name }, title), legend, drawn, note && make("p", { class: "small" }, note));
  }

  function legendOf(series) {
    return make("ul", { class: "legend" }, series.map((one, index) => make("li", {},
      svg("svg", { viewBox: "0 0 12 12", class: "swatch", "aria-hidden": "true" },
        svg("rect", { x: 0.5, y: 0.5, width: 11, height: 11, class: `fill${index % FILLS}` })),
      one.name)));
  }

  function axes(most, bottom, title) {
    const by = step(most);
    const top = Math.max(by, Math.ceil(most / by) * by);
    const y = (value) => bottom - ((bottom - TOP) * value) / top;
    const parts = [svg("text", { x: 12, y: (TOP + bottom) / 2, class: "axis", transform: `rotate(-90 12 ${(TOP + bottom) / 2})`, "text-anchor": "middle" }, title)];
    for (let value = 0; value <= top; value += by) {
      parts.push(svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value), class: value ? "grid" : "base" }));
      parts.push(svg("text", { x: LEFT - 6, y: y(value) + 4, class: "tick", "text-anchor": "end" }, number(value)));
    }
    return { y, parts };
  }

  // Every day between the first and the last, so that days without anything are seen; months where there are many.
  function periods(rows, names) {
    const known = new Map(rows.map((row) => [row.day, row]));
    const days = rows.map((row) => row.day).filter((day) => /^\d{4}-\d\d-\d\d$/.test(day)).sort();
    if (!days.length) return [];
    const [first, last] = [Date.parse(days[0]), Date.parse(days.at(-1))];
    const monthly = (last - first) / DAY_MS > MANY_DAYS;
    const found = new Map();
    for (let at = first; at <= last && found.size < 1000; at += DAY_MS) {
      const day = new Date(at).toISOString().slice(0, 10);
      const label = monthly ? day.slice(0, 7) : day;
      const sums = found.get(label) ?? names.map(() => 0);
      found.set(label, sums.map((sum, index) => sum + (Number(known.get(day)?.[names[index]]) || 0)));
    }
    return [...found].map(([label, values]) => ({ label, values }));
  }

  // stacked("Decisions a day", [{day: "2026-01-31", allow: 3}], [{key: "allow", name: "allowed"}], "decisions")
  function stacked(title, rows, series, unit) {
    const bars = periods(rows, series.map((one) => one.key));
    if (!bars.length) return make("p", { class: "none" }, `${title}: none.`);
    const bottom = 216;
    const total = (bar) => bar.values.reduce((sum, value) => sum + value, 0);
    const { y, parts } = axes(Math.max(...bars.map(total)), bottom, unit);
    const width = (WIDTH - LEFT - RIGHT) / bars.length;
    const every = Math.ceil(bars.length / 8);
    bars.forEach((bar, index) => {
      const x = LEFT + index * width;
      let sum = 0;
      bar.values.forEach((value, which) => {
        if (!value) return;
        const said = svg("title", {}, `${bar.label}: ${number(value)} ${series[which].name}`);
        parts.push(svg("rect", { x: x + width * 0.12, width: Math.min(width * 0.76, 44), y: y(sum + value), height: y(sum) - y(sum + value), class: `fill${which % FILLS}` }, said));
        sum += value;
      });
      if (index % every === 0) {
        parts.push(svg("text", { x: x + Math.min(width / 2, 26), y: bottom + 16, class: "tick", "text-anchor": bars.length > 1 ? "middle" : "start" }, bar.label));
      }
    });
    const span = bars[0].label.length === 7 ? "month (UTC)" : "day (UTC)";
    parts.push(svg("text", { x: (LEFT + WIDTH) / 2, y: bottom + 34, class: "axis", "text-anchor": "middle" }, span));
    return framed(title, bottom + 42, parts, legendOf(series));
  }

  // lying("By class", [{name, n}], "records"): the longest bars only, each with its number.
  function lying(title, rows, unit, most = 12) {
    const shown = [...rows].sort((a, b) => b.n - a.n || (a.name < b.name ? -1 : 1)).slice(0, most);
    if (!shown.length) return make("p", { class: "none" }, `${title}: none.`);
    const [left, row] = [230, 22];
    const longest = Math.max(...shown.map((one) => one.n), 1);
    const scale = (WIDTH - left - 90) / longest;
    const parts = shown.flatMap((one, index) => {
      const y = 6 + index * row;
      return [
        svg("text", { x: left - 8, y: y + 14, class: "tick", "text-anchor": "end" }, one.name.length > 34 ? `${one.name.slice(0, 33)}…` : one.name),
        svg("rect", { x: left, y: y + 2, width: Math.max(one.n * scale, 0), height: row - 7, class: "fill1" }),
        svg("text", { x: left + one.n * scale + 6, y: y + 14, class: "tick" }, number(one.n)),
      ];
    });
    const bottom = 6 + shown.length * row;
    parts.push(svg("line", { x1: left, x2: left, y1: 4, y2: bottom, class: "base" }));
    parts.push(svg("text", { x: left, y: bottom + 16, class: "axis" }, unit));
    const note = rows.length > shown.length ? `The ${most} largest of ${rows.length}; the table has all.` : null;
    return framed(title, bottom + 22, parts, null, note);
  }

  return { lying, stacked };
})();
