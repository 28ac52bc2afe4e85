// Where the time of a message went: a bar for each stage, one under the other, on one scale; of an event, the same for
// each that has handled it.

import { html, svg } from "./dom.js";
import { duration } from "./format.js";
import { line } from "./text.js";

const WIDTH = 1000;
const HEIGHT = 10;
// A stage of nothing can still be seen.
const NARROWEST = 4;
const MOST = 12;
const MOST_HANDLERS = 16;

// The stages are named by the server; these have colours of their own.
const KNOWN = new Map([
  ["on the bus", "bus"],
  ["in line", "line"],
  ["handler", "handler"],
  ["answer", "answer"],
]);

export function timeline({ kind, handlers, took }) {
  const known = (handlers ?? [])
    .slice(0, MOST_HANDLERS)
    .map((handler) => ({ ...handler, stages: drawn(handler) }))
    .filter(({ stages }) => stages.length > 0);
  if (known.length === 0)
    return html(
      "p",
      { class: "note" },
      Number.isFinite(took) ? `${duration(took)} in all. ` : null,
      "The stages are not known: services are asked for them every second.",
    );
  const end = Math.max(...known.map(latest), 1);
  // Who has handled a request stands among its facts.
  const isNamed = kind === "event" || known.length > 1;
  return html("table", { class: "timeline" }, ...known.map((handler) => part(handler, end, isNamed)));
}

const latest = ({ stages }) => Math.max(...stages.map(({ to }) => to));
const drawn = ({ stages }) =>
  (stages ?? [])
    .slice(0, MOST)
    .filter(({ from, to }) => Number.isFinite(from) && Number.isFinite(to) && to >= from);

function part(handler, end, isNamed) {
  const { replica, function: name, stages } = handler;
  const title = html(
    "th",
    { scope: "rowgroup", colspan: 3, class: "handler" },
    html("bdi", {}, line(replica, 60)),
    html("span", { class: "note" }, html("bdi", {}, line(name, 60))),
  );
  return html(
    "tbody",
    {},
    isNamed && html("tr", {}, title),
    ...stages.map((stage) => row(stage, end)),
    html(
      "tr",
      { class: "total" },
      html("th", { scope: "row" }, "in all"),
      html("td", {}),
      html("td", { class: "number" }, duration(latest(handler))),
    ),
  );
}

function row({ name, from, to }, end) {
  const bar = svg("rect", {
    x: Math.min((from / end) * WIDTH, WIDTH - NARROWEST),
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
}
