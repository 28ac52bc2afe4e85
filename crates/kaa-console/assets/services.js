// Services and their health, and each of their resources: rates, times, errors.

import { byId, html, mark, svg, write } from "./dom.js";
import { age, count, duration, rate } from "./format.js";
import { HISTORY } from "./registry.js";
import { line, prose } from "./text.js";

const MOST_REPLICAS = 12;
const HEADINGS = ["Resource", "Last minute", "Rate", "p50", "p99", "Requests", "Errors", "Last error"];
const CURVE = { width: 120, height: 22 };

export function showServices(registry) {
  const { services } = registry;
  const silent = services.flatMap(({ replicas }) => replicas).filter(({ health }) => health !== "ready");
  const health =
    silent.length > 0
      ? `${silent.length} ${silent.length === 1 ? "replica does" : "replicas do"} not answer`
      : `${services.length} ${services.length === 1 ? "service" : "services"}, all of them ready`;
  write(byId("health"), services.length > 0 ? health : "");
  const table = html(
    "table",
    { class: "resources" },
    html("thead", {}, html("tr", {}, ...HEADINGS.map((name) => html("th", { scope: "col" }, name)))),
    ...services.map((service) => section(registry, service)),
  );
  byId("services-list").replaceChildren(
    services.length > 0 ? table : html("p", { class: "none" }, "No service has said anything yet."),
  );
}

function section(registry, { name, replicas, resources }) {
  const version = replicas[0].version;
  const title = html(
    "th",
    { scope: "rowgroup", colspan: HEADINGS.length },
    html("b", {}, line(name, 40)),
    version && html("span", { class: "version" }, line(version, 20)),
    html(
      "span",
      { class: "replicas" },
      ...replicas.slice(0, MOST_REPLICAS).map(replica),
      replicas.length > MOST_REPLICAS ? `and ${replicas.length - MOST_REPLICAS} more` : null,
    ),
  );
  return html(
    "tbody",
    {},
    html("tr", { class: "service" }, title),
    ...resources.map((resource) => row(resource, registry.history(name, resource.name))),
  );
}

function replica({ replica: name, health, started, waiting, pinned }) {
  const isReady = health === "ready";
  const facts = [
    isReady ? "ready" : "silent",
    started && `up ${age(started)}`,
    waiting > 0 && `${count(waiting)} waiting`,
    pinned > 0 && `${count(pinned)} pinned`,
  ];
  return html(
    "span",
    { class: `replica ${isReady ? "" : "silent"}` },
    mark(isReady ? "ok" : "silent"),
    html("bdi", {}, line(name, 60)),
    html("span", { class: "note" }, facts.filter(Boolean).join(", ")),
  );
}

function row({ name, kind, handles, doc, requests, errors, rate: perSecond, p50, p99, lastError }, history) {
  const number = (content, more = "") => html("td", { class: `number ${more}` }, ...[content].flat());
  const what = html(
    "th",
    { scope: "row", title: prose(doc) },
    html("bdi", { class: "handles" }, line(kind === "resource" ? handles : name)),
    kind && kind !== "resource" && html("span", { class: "kind" }, line(kind, 20)),
    doc && html("span", { class: "doc" }, prose(doc, 90)),
  );
  return html(
    "tr",
    {},
    what,
    html("td", { class: "curve" }, curve(history)),
    number(`${rate(perSecond)}/s`),
    number(duration(p50)),
    number(duration(p99)),
    number(count(requests)),
    number(errors > 0 ? [mark("failed"), count(errors)] : "0", errors > 0 ? "failed" : "quiet"),
    html("td", { class: "last-error", title: line(lastError) }, html("bdi", {}, line(lastError ?? "", 120))),
  );
}

// The rates of a minute, the highest at the top.
function curve(history) {
  const { width, height } = CURVE;
  const highest = Math.max(...history, 0.001);
  const x = (at) => ((HISTORY - history.length + at) / (HISTORY - 1)) * width;
  const y = (value) => height - 2 - (value / highest) * (height - 4);
  const points = history.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  return svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" },
    history.length > 1 && svg("polyline", { points: points.join(" ") }),
  );
}
