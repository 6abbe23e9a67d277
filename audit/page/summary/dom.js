"use strict";
globalThis.Ringfence ??= {};

// Elements from data. Every text becomes a text node: nothing that a pack says is ever read as markup.
Ringfence.dom = (() => {
  const SHORT = /^(\S{1,24}|\d{4}-\d\d-\d\d\u00a0[\d:]+\u00a0UTC)$/; // words and times that are not broken
  const MOST = 1000; // rows of a table that are shown
  const SVG = "http://www.w3.org/2000/svg";
  const numbers = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (name === "on") {
        for (const [event, react] of Object.entries(value)) element.addEventListener(event, react);
      } else if (value === true) {
        element.setAttribute(name, "");
      } else if (value !== false && value !== null && value !== undefined) {
        element.setAttribute(name, String(value));
      }
    }
    add(element, children);
    return element;
  }

  // Characters that turn the direction of text or are not seen could make one text look like another: they are spelled out.
  const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
  const visible = (text) => text.replace(STEERING, (one) => `\\u${one.codePointAt(0).toString(16).padStart(4, "0")}`);

  function add(element, children) {
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      element.append(child instanceof Node ? child : document.createTextNode(visible(String(child))));
    }
    return element;
  }

  // make("p", {class: "warn"}, "text", node, [more]); `on` holds listeners.
  const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const put = (element, ...children) => (element.replaceChildren(), add(element, children));

  // 1234567 -> "1,234,567"; null -> "–".
  function number(value) {
    if (value === null || value === undefined || value === "") return "–";
    return typeof value === "number" && Number.isFinite(value) ? numbers.format(value) : String(value);
  }

  // "2026-01-31T12:00:00.000001Z" -> "2026-01-31 12:00:00 UTC", which no line breaks.
  function time(value) {
    const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(value ?? "");
    return found ? `${found[1]}\u00a0${found[2]}\u00a0UTC` : value === undefined || value === null || value === "" ? "–" : String(value);
  }

  // 93784 -> "1 d 2 h 3 min"; the largest units only.
  function duration(seconds) {
    if (typeof seconds !== "number") return "–";
    const parts = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    const said = [];
    let rest = Math.round(seconds);
    for (const [unit, length] of parts) {
      const whole = Math.floor(rest / length);
      rest -= whole * length;
      if (whole) said.push(`${whole} ${unit}`);
    }
    return said.slice(0, 2).join(" ") || "0 s";
  }

  // 9950 basis points -> "99.5 %".
  const percent = (points) => (typeof points === "number" ? `${(points / 100).toFixed(1).replace(/\.0$/, "")} %` : "–");

  // A digest, short to the eye and whole to whoever copies, hovers or prints it.
  const digest = (value) => (value ? make("code", { class: "digest", title: value }, String(value)) : "–");

  const yes = (value) => (value === true ? "yes" : value === false ? "no" : "–");

  const style = (column, more) => [column.right && "right", column.style, more].filter(Boolean).join(" ") || null;

  // Browsers let a keyboard scroll what is wider than the page; a stop at each table would be in everybody's way.
  // table("Caption", [{title, of: row => cell, right: true, style: "class"}], rows): cells may be text or nodes.
  function table(caption, columns, rows, none = "None.") {
    if (!rows?.length) return make("p", { class: "none" }, make("strong", {}, `${caption}: `), none);
    const head = columns.map((column) => make("th", { scope: "col", class: style(column) }, column.title));
    const body = rows.slice(0, MOST).map((row) => make("tr", {}, columns.map((column, index) => {
      const cell = column.of(row);
      const shown = cell === null || cell === undefined || cell === "" ? "–" : cell;
      const whole = typeof shown === "string" && SHORT.test(shown);
      return make(index ? "td" : "th", { scope: index ? null : "row", class: style(column, whole && "whole") }, shown);
    })));
    const made = make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, head)), make("tbody", {}, body));
    const more = rows.length > MOST && make("p", { class: "small" }, `The first ${number(MOST)} of ${number(rows.length)} rows are shown.`);
    return make("div", { class: "scroll" }, made, more);
  }

  // pairs([["Name", value], ...]) as a list of terms.
  const pairs = (list) => make("dl", { class: "pairs" }, list.map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, value === undefined || value === null || value === "" ? "–" : value))));

  const list = (items, none = "None.") => (items?.length
    ? make("ul", {}, items.map((item) => make("li", {}, item)))
    : make("p", { class: "none" }, none));

  return { add, digest, duration, list, make, number, pairs, percent, put, svg, table, time, yes };
})();
