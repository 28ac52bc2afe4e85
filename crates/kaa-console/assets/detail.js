// All that is known of one message: what was asked, what became of it, where its time went.

import { byId, copier, html, mark } from "./dom.js";
import { clock, bytes } from "./format.js";
import { outcome, replicas, said, what } from "./outcome.js";
import { line, lines } from "./text.js";
import { timeline } from "./timeline.js";
import { fields, payload } from "./value.js";

const KINDS = {
  request: "asked by a device",
  push: "pushed to a device",
  event: "announced by a service",
  targeted: "asked by a service",
};

export class Detail {
  #shown = null;
  #filter;
  #again;
  #closed;

  // `filter(text)` looks for messages like this one, `again(exchange)` fills the form with it, `closed` is told.
  constructor({ filter, again, closed }) {
    this.#filter = filter;
    this.#again = again;
    this.#closed = closed;
    this.element = byId("detail");
  }

  get isOpen() {
    return this.#shown !== null;
  }

  get key() {
    return this.#shown?.key;
  }

  show(exchange) {
    const isOther = exchange.key !== this.#shown?.key;
    const scrolled = this.element.scrollTop;
    const opened = [...this.element.querySelectorAll("details")].map(({ open }) => open && !isOther);
    this.#shown = exchange;
    this.element.replaceChildren(...this.#parts(exchange));
    this.element.hidden = false;
    // News of the same message leave what is being read where it is.
    this.element.querySelectorAll("details").forEach((record, at) => {
      record.open = opened[at] ?? false;
    });
    this.element.scrollTop = isOther ? 0 : scrolled;
    document.body.classList.add("with-detail");
  }

  close() {
    if (!this.isOpen) return;
    this.#shown = null;
    this.element.hidden = true;
    this.element.replaceChildren();
    document.body.classList.remove("with-detail");
    this.#closed();
  }

  #parts(exchange) {
    const { request, answer } = exchange;
    return [
      this.#head(exchange),
      this.#facts(exchange),
      part("Timeline", timeline(exchange)),
      part("Request", payload(request?.payload), record(exchange.record, exchange.subject, request)),
      answer && part("Answer", payload(answer.payload), record(answer.record, answer.subject, answer)),
      this.#actions(exchange),
    ].filter(Boolean);
  }

  #head(exchange) {
    const became = outcome(exchange);
    return html(
      "header",
      { class: `verdict ${became}` },
      html(
        "h2",
        {},
        mark(became),
        html("b", {}, said(exchange)),
        html("span", {}, line(exchange.service), " ", html("bdi", {}, line(what(exchange)))),
      ),
      html(
        "button",
        { type: "button", class: "quiet", "aria-keyshortcuts": "Escape", on: { click: () => this.close() } },
        "Close",
      ),
      exchange.reason && html("p", { class: "reason" }, html("bdi", {}, ...lines(exchange.reason))),
    );
  }

  #facts(exchange) {
    const { correlationId } = exchange;
    const facts = [
      ["Endpoint", exchange.endpoint, exchange.endpoint && this.#like("endpoint", exchange.endpoint)],
      ["Application", exchange.application],
      ["Way", way(exchange)],
      ["Handled by", replicas(exchange).join(", ") || (exchange.kind === "request" ? "any replica" : null)],
      ["At", clock(exchange.at)],
      [
        "Correlation ID",
        correlationId,
        correlationId &&
          html(
            "span",
            {},
            copier(() => line(correlationId)),
            this.#like("correlation", correlationId),
          ),
      ],
    ];
    const list = html("dl", { class: "facts" });
    for (const [name, value, action] of facts)
      if (value) list.append(html("dt", {}, name), html("dd", {}, html("bdi", {}, line(value)), action));
    return list;
  }

  // A word with a space in it would be two: what stands before it is enough.
  #like(field, value) {
    return html(
      "button",
      { type: "button", class: "quiet", on: { click: () => this.#filter(`${field}:${String(value).split(/\s/)[0]}`) } },
      "Only these",
    );
  }

  #actions(exchange) {
    if (exchange.kind !== "request") return null;
    return html(
      "p",
      { class: "actions" },
      html("button", { type: "button", on: { click: () => this.#again(exchange) } }, "Send it again…"),
    );
  }
}

const way = ({ kind, asker, communicationService: through }) =>
  asker ? `asked by ${asker}` : `${KINDS[kind] ?? kind}${through ? ` through ${through}` : ""}`;
const part = (title, ...children) => html("section", { class: "part" }, html("h3", {}, title), ...children);

function record(name, subject, { fields: decoded, bytes: size } = {}) {
  return html(
    "details",
    { class: "record" },
    html("summary", {}, line(name), html("span", { class: "note" }, " ", bytes(size))),
    html("p", { class: "subject" }, html("bdi", {}, ...lines(subject))),
    fields(decoded),
  );
}
