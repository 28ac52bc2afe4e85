// The console: what the server tells goes to the parts of the page, and what people do goes from one part to another.

import { byId, html, mark, remark, write } from "./dom.js";
import { Detail } from "./detail.js";
import { matcher } from "./filter.js";
import { Flow } from "./flow.js";
import { count, rate } from "./format.js";
import { OUTCOMES } from "./outcome.js";
import { Registry } from "./registry.js";
import { Send } from "./send.js";
import { showServices } from "./services.js";
import { showSessions } from "./sessions.js";
import { Store } from "./store.js";
import { Stream } from "./stream.js";
import { Table } from "./table.js";
import { Welcome, nothingToShow } from "./welcome.js";

const STATES = { live: "ok", connecting: "waiting", paused: "waiting", broken: "failed" };

const store = new Store();
const registry = new Registry();
const welcome = new Welcome();
const flow = new Flow(registry, store);
const table = new Table(store, open);
const detail = new Detail({
  filter: (text) => setFilter(text),
  again: (exchange) => again(exchange),
  closed: () => {
    table.choose(null);
    byId("table").focus({ preventScroll: true });
  },
});
const send = new Send((correlationId) => {
  const isSent = (exchange) => exchange.correlationId === correlationId && exchange.kind === "request";
  open(store.find(isSent));
});
let wanted = null;
let missed = 0;
let known = "";

function open(exchange) {
  if (!exchange) return;
  table.choose(exchange.key);
  detail.show(exchange);
}

function again(exchange) {
  detail.close();
  send.take(exchange);
}

const hear = {
  hello() {},
  exchange(told) {
    const before = store.size;
    const isKnown = store.has(told);
    told.service ??= registry.serviceOf(told.replica);
    const exchange = store.add(told);
    // Before it is drawn: the picture stands there from now on.
    if (before === 0) welcome.update(registry.services.length, store.size);
    flow.add(exchange, !isKnown);
    table.add(exchange);
    send.meet(exchange.endpoint);
    if (detail.key === exchange.key) detail.show(exchange);
  },
  skipped({ count: skipped }) {
    missed += skipped;
    flow.skip(skipped);
  },
  services(told) {
    registry.update(told);
    if (!table.paused) showServices(registry);
    flow.draw();
    welcome.update(registry.services.length, store.size);
    describeAgain(
      JSON.stringify(
        registry.services.map(({ name, resources }) => [name, resources.map((resource) => resource.handles)]),
      ),
    );
  },
  sessions: showSessions,
};

// The description changes when the services do.
async function describeAgain(services) {
  if (services === known) return;
  known = services;
  try {
    const response = await fetch("/console/description");
    if (!response.ok) throw new Error(`the server said ${response.status}`);
    send.describe(await response.json());
  } catch {
    // Asked again with the next news of services.
    known = "";
  }
}

function connection(state, words) {
  const element = byId("connection");
  element.dataset.state = state;
  remark(element.querySelector(".mark"), STATES[state]);
  write(element.querySelector("span"), words);
  document.body.classList.toggle("cut-off", state === "broken");
  // What there was before the break may be another system now.
  if (state !== "live") known = "";
}

function filter() {
  store.filter(matcher(byId("filter").value, wanted));
  for (const button of byId("outcomes").children)
    button.setAttribute("aria-pressed", String((button.dataset.outcome || null) === wanted));
  table.again();
}

function setFilter(text) {
  byId("filter").value = text;
  filter();
}

for (const { name, label } of [{ name: "", label: "All" }, ...OUTCOMES]) {
  byId("outcomes").append(
    html(
      "button",
      {
        type: "button",
        "data-outcome": name,
        on: {
          click: () => {
            wanted = name || null;
            filter();
          },
        },
      },
      name && mark(name),
      label,
    ),
  );
}

byId("filter").addEventListener("input", filter);
byId("pause").addEventListener("click", () => {
  table.paused = !table.paused;
  flow.paused = table.paused;
  byId("pause").setAttribute("aria-pressed", String(table.paused));
  write(byId("pause"), table.paused ? "Go on" : "Pause");
  if (!table.paused) table.again();
});

const isTyping = (element) => element.matches("input, textarea, select");

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("filter").select();
  } else if (event.key === "Escape") {
    if (event.target !== byId("filter")) return detail.close();
    setFilter("");
    byId("filter").blur();
  }
});

setInterval(() => {
  write(byId("rate"), rate(flow.tick()));
  byId("missed").hidden = missed === 0;
  write(byId("missed"), `${count(missed)} not shown`);
  byId("missed").title =
    "There were more messages than the console shows. Rates and errors of resources count all of them.";
  nothingToShow(store.size, store.shown().length);
}, 1000);

filter();
showServices(registry);
showSessions([]);
send.describe({ services: [] });
new Stream((name, data) => hear[name](data), connection).open();
