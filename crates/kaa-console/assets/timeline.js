// Where the time of a message went: a bar for each stage, one under the other, on one scale.

import { html, svg } from "./dom.js";
import { duration } from "./format.js";
import { line } from "./text.js";

const WIDTH = 1000;
const HEIGHT = 10;
// A stage of nothing can still be seen.
const NARROWEST = 4;
const MOST = 12;

// The stages are named by the server; these have colours of their own.
const KNOWN = new Map([
  ["on the bus", "bus"],
  ["in line", "line"],
  ["handler", "handler"],
  ["answer", "answer"],
]);

export function timeline({ stages, took }) {
  const shown = (stages ?? [])
    .slice(0, MOST)
    .filter(({ from, to }) => Number.isFinite(from) && Number.isFinite(to) && to >= from);
  if (shown.length === 0)
    return html(
      "p",
      { class: "note" },
      Number.isFinite(took) ? `${duration(took)} in all. ` : null,
      "The stages are not known: services are asked for them every second.",
    );
  const end = Math.max(...shown.map(({ to }) => to), 1);
  const rows = shown.map(({ name, from, to }) => {
    const x = Math.min((from / end) * WIDTH, WIDTH - NARROWEST);
    const bar = svg("rect", {
      x,
      width: Math.max(((to - from) / end) * WIDTH, NARROWEST),
      height: HEIGHT,
      rx: 2,
      class: `stage ${KNOWN.get(name) ?? "other"}`,
    });
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "track", width: WIDTH, height: HEIGHT, rx: 2 }),
      bar,
    );
    return html(
      "tr",
      {},
      html("th", { scope: "row" }, line(name, 40)),
      html("td", { class: "bars" }, picture),
      html("td", { class: "number" }, duration(to - from)),
    );
  });
  const total = html(
    "tr",
    { class: "total" },
    html("th", { scope: "row" }, "in all"),
    html("td", {}),
    html("td", { class: "number" }, duration(end)),
  );
  return html("table", { class: "timeline" }, html("tbody", {}, ...rows, total));
}
