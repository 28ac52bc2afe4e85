// The messages, the latest on top. Rows are made once and filled again; they are drawn in batches, seldom enough to be
// read. Whoever scrolls down, pauses or uses the keyboard has a table that stands still but for answers that come in.

import { byId, html, mark, remark, write } from "./dom.js";
import { clock, duration } from "./format.js";
import { OUTCOMES, outcome, said, took, what } from "./outcome.js";
import { line } from "./text.js";
import { preview } from "./value.js";
import { SHOWN } from "./store.js";

const BETWEEN_BATCHES = 120;
// Rows do not move under a hand that is about to choose one.
const AIMING = 1500;
const KINDS = { push: "push", event: "event", targeted: "service" };

export class Table {
  #store;
  #choose;
  #rows = new Map();
  #spare = [];
  #order = [];
  #chosen = null;
  #changed = new Set();
  #due = false;
  #drawn = -Infinity;
  #stale = false;
  #aimed = -Infinity;
  #release = null;
  paused = false;

  constructor(store, choose) {
    this.#store = store;
    this.#choose = choose;
    this.body = byId("rows");
    this.scroll = byId("scroll");
    this.body.addEventListener("pointermove", () => this.#aim());
    this.body.addEventListener("pointerleave", () => {
      this.#aimed = -Infinity;
      this.#ask();
    });
    this.body.addEventListener("click", (event) => this.#clicked(event));
    byId("table").addEventListener("keydown", (event) => this.#pressed(event));
    this.scroll.addEventListener("scroll", () => {
      if (!this.#stands()) this.#ask();
    });
    byId("newer").addEventListener("click", () => this.toTop());
  }

  // Something came: the row is drawn with the next batch.
  add(exchange) {
    this.#changed.add(exchange.key);
    // A page in the background draws nothing; what it would draw is bounded by what is shown.
    if (this.#changed.size > SHOWN) this.#changed.delete(this.#changed.values().next().value);
    this.#ask();
  }

  // Other rows than before: after a filter, or when the table goes on.
  again() {
    this.#stale = true;
    this.#ask();
  }

  toTop() {
    this.scroll.scrollTop = 0;
    this.again();
  }

  choose(key) {
    const rows = [this.#rows.get(this.#chosen), this.#rows.get(key)];
    this.#chosen = key;
    rows[0]?.row.setAttribute("aria-selected", "false");
    rows[1]?.row.setAttribute("aria-selected", "true");
    if (rows[1]) byId("table").setAttribute("aria-activedescendant", rows[1].row.id);
    else byId("table").removeAttribute("aria-activedescendant");
  }

  // A row that was chosen and is looked at does not run away.
  #stands() {
    const isRead = this.#chosen !== null && document.activeElement === byId("table");
    return this.paused || isRead || this.scroll.scrollTop > 4 || performance.now() - this.#aimed < AIMING;
  }

  #aim() {
    this.#aimed = performance.now();
    clearTimeout(this.#release);
    this.#release = setTimeout(() => this.#ask(), AIMING + 1);
  }

  #ask() {
    if (this.#due) return;
    this.#due = true;
    const draw = () => {
      const now = performance.now();
      if (now - this.#drawn < BETWEEN_BATCHES && !this.#stale) return requestAnimationFrame(draw);
      this.#due = false;
      this.#drawn = now;
      this.#draw();
    };
    requestAnimationFrame(draw);
  }

  #draw() {
    if (this.#stands() && !this.#stale) {
      for (const key of this.#changed) this.#fillAgain(this.#rows.get(key), this.#store.get(key));
    } else this.#arrange();
    this.#stale = false;
    this.#changed.clear();
    this.#tellNewer();
  }

  #fillAgain(row, exchange) {
    if (row && exchange) this.#fill(row, exchange);
  }

  // The rows of what is shown, in its order; those that are where they belong are not touched.
  #arrange() {
    const shown = this.#store.shown();
    const keys = new Set(shown.map(({ key }) => key));
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      this.#rows.delete(key);
      row.row.remove();
      this.#spare.push(row);
    }
    let place = this.body.firstChild;
    for (const exchange of shown) {
      let row = this.#rows.get(exchange.key);
      if (!row || row.exchange !== exchange) {
        row ??= this.#spare.pop() ?? makeRow();
        this.#rows.set(exchange.key, row);
        this.#fill(row, exchange);
      }
      if (row.row === place) place = place.nextSibling;
      else this.body.insertBefore(row.row, place);
    }
    this.#order = shown;
    // Rows that a filter has left over are for the collector.
    this.#spare.length = Math.min(this.#spare.length, 50);
    this.choose(this.#rows.has(this.#chosen) ? this.#chosen : null);
  }

  #tellNewer() {
    const latest = this.#order[0]?.key;
    const newer = this.#stands() ? this.#store.shown().findIndex(({ key }) => key === latest) : 0;
    byId("newer").hidden = newer === 0;
    write(byId("newer"), `↑ ${newer > 0 ? newer : "all"} newer ${newer === 1 ? "message" : "messages"}`);
  }

  #fill(row, exchange) {
    row.exchange = exchange;
    const { cells } = row;
    const became = outcome(exchange);
    row.row.id = `message-${exchange.key}`;
    row.row.dataset.key = exchange.key;
    row.row.setAttribute("aria-selected", String(exchange.key === this.#chosen));
    write(cells.time, clock(exchange.at));
    remark(cells.mark, became);
    write(cells.said, said(exchange));
    cells.status.className = `status ${became}`;
    cells.status.title = OUTCOMES.find(({ name }) => name === became)?.label ?? said(exchange);
    write(cells.endpoint, line(exchange.endpoint ?? "–"));
    write(cells.service, line(exchange.service ?? ""));
    write(cells.path, line(what(exchange)));
    write(cells.kind, line(exchange.asker ?? KINDS[exchange.kind] ?? "", 20));
    write(cells.request, preview(exchange.request?.payload));
    write(cells.answer, exchange.reason ? line(exchange.reason) : preview(exchange.answer?.payload));
    write(cells.took, duration(took(exchange)));
  }

  #clicked(event) {
    const key = event.target.closest("tr")?.dataset.key;
    if (key) this.#choose(this.#store.get(key) ?? this.#rows.get(key)?.exchange);
  }

  #pressed(event) {
    const keys = this.#order.map(({ key }) => key);
    const at = keys.indexOf(this.#chosen);
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / 30) - 2);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: keys.length - 1,
      Enter: Math.max(at, 0),
    }[event.key];
    if (to === undefined || keys.length === 0) return;
    event.preventDefault();
    const key = keys[Math.min(Math.max(to, 0), keys.length - 1)];
    this.#choose(this.#rows.get(key).exchange);
    this.#rows.get(key).row.scrollIntoView({ block: "nearest" });
  }
}

function makeRow() {
  const cells = { mark: mark("waiting") };
  for (const name of ["time", "said", "kind", "service", "path", "request", "answer", "took"])
    cells[name] = html(name === "time" || name === "took" ? "td" : "span", { class: name });
  cells.endpoint = html("bdi");
  cells.status = html("td", { class: "status" }, cells.mark, cells.said);
  const row = html(
    "tr",
    { "aria-selected": "false" },
    cells.time,
    cells.status,
    html("td", { class: "endpoint" }, cells.endpoint),
    html("td", { class: "resource" }, cells.kind, cells.service, html("bdi", {}, cells.path)),
    html("td", { class: "payload" }, html("bdi", {}, cells.request), html("bdi", {}, cells.answer)),
    cells.took,
  );
  return { row, cells, exchange: null };
}
