// Resources that no service has told of, by the names that messages have for them: those of a service that has only
// just started, of one that does not say what it is, and paths that nobody handles. What is not heard is forgotten.

import { what } from "./outcome.js";
import { trackKey } from "./scene.js";

const MOST_NAMES = 20;
const FORGOTTEN = 60_000;

export class Learned {
  #meters;
  #heard = new Map();

  constructor(meters) {
    this.#meters = meters;
  }

  // Notes a message that no known resource handles. Whether its resource is a new one.
  hear(exchange) {
    const { service, name } = named(exchange);
    const key = trackKey(service, name);
    const known = this.#heard.get(key);
    if (!known && this.#heard.size >= MOST_NAMES) return false;
    this.#meters.count(key);
    this.#heard.set(key, { service, name, requests: (known?.requests ?? 0) + 1, at: performance.now() });
    return !known;
  }

  // Those that the registry does not know, like those that it does.
  resources(registry) {
    const isOver = ({ service, name, at }) =>
      performance.now() - at > FORGOTTEN || registry.handler({ kind: "request", service, resource: name });
    for (const [key, one] of this.#heard) if (isOver(one)) this.#heard.delete(key);
    return [...this.#heard].map(([key, one]) => ({
      ...one,
      kind: "resource",
      handles: one.name,
      rate: this.#meters.rate(key),
    }));
  }
}

// The service and the resource that a message itself names.
export const named = (exchange) => ({ service: exchange.service ?? exchange.replica ?? "", name: what(exchange) });
