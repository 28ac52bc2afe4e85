// What a newcomer sees while nothing is there, and what stands where messages will be.

import { byId, command, html } from "./dom.js";

const STEPS = [
  ["Start a service on the bus this console looks at", "NATS_URLS=nats://127.0.0.1:4222 cargo run -p quickstart"],
  ["Ask it, as a device would", `kaa call quickstart /json --endpoint e1 --data '[{"humidity":88}]'`],
  ["Or write one of your own", "kaa new plants"],
];

function steps() {
  const items = STEPS.map(([what, line]) => html("li", {}, html("span", {}, what), command(line)));
  return [
    html("h2", {}, "Nothing is on the bus yet"),
    html("p", {}, "This page fills by itself as soon as a service or a device says something."),
    html("ol", {}, ...items),
  ];
}

export class Welcome {
  #isEmpty = null;

  // How many services and messages there are.
  update(services, messages) {
    const isEmpty = services === 0 && messages === 0;
    if (isEmpty === this.#isEmpty) return;
    this.#isEmpty = isEmpty;
    byId("welcome").hidden = !isEmpty;
    byId("picture").toggleAttribute("hidden", isEmpty);
    byId("welcome").replaceChildren(...(isEmpty ? steps() : []));
  }
}

// Below the head of the table; nothing when there are rows.
export function nothingToShow(kept, shown) {
  const words =
    shown > 0
      ? ""
      : kept > 0
        ? "No message is like that. Esc in the filter shows all of them."
        : "No message yet. Send one with the form, or let a device speak.";
  if (byId("nothing").textContent !== words) byId("nothing").textContent = words;
}
