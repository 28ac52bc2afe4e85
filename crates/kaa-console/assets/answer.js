// Asks the server to send a message, and shows what came back.

import { byId, html, mark } from "./dom.js";
import { parse } from "./exact.js";
import { duration } from "./format.js";
import { ofStatus } from "./outcome.js";
import { line } from "./text.js";
import { payload } from "./value.js";

// Longer than any deadline that the server has for a request.
const PATIENCE = 60_000;

export class Answer {
  #open;

  constructor(open) {
    this.#open = open;
    this.element = byId("answer");
  }

  async ask(message) {
    this.element.replaceChildren(html("p", { class: "note" }, "Sent. Waiting for the answer…"));
    const began = performance.now();
    try {
      const response = await fetch("/console/send", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...message, requestId: true }),
        signal: AbortSignal.timeout(PATIENCE),
      });
      const said = parse(await response.text());
      if (!response.ok) throw new Error(said.error ?? `the server said ${response.status}`);
      this.#show(said, (performance.now() - began) * 1000);
    } catch (error) {
      this.element.replaceChildren(
        html("p", { class: "verdict failed" }, mark("failed"), html("span", {}, line(explain(error), 1000))),
      );
    }
  }

  #show({ status, payload: content, correlationId }, micros) {
    const became = ofStatus(status);
    this.element.replaceChildren(
      html(
        "p",
        { class: `verdict ${became}` },
        mark(became),
        html("b", {}, status == null ? "no answer" : String(status)),
        html("span", { class: "note" }, `after ${duration(micros)}, as this page saw it`),
        correlationId &&
          html(
            "button",
            { type: "button", class: "quiet", on: { click: () => this.#open(correlationId) } },
            "Look at it",
          ),
      ),
      payload(content),
    );
  }
}

function explain(error) {
  if (error.name === "TimeoutError") return "The server has not answered for a minute.";
  // What `fetch` and JSON throw says nothing to people.
  if (error instanceof TypeError) return "The server cannot be reached: is it still there?";
  if (error instanceof SyntaxError) return "The server answered with what is no JSON.";
  return error.message;
}
