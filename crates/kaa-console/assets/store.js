// The exchanges that the page remembers, at most a few thousand, and those among them that the table shows.

// Kept for a filter that comes later.
const KEPT = 2000;
// Milliseconds after which a message belongs to the past.
const RECENT = 5000;
// Shown at once.
export const SHOWN = 500;

export class Store {
  #kept = new Map();
  #shown = new Map();
  #matches = () => true;

  // Takes an exchange, which replaces the same one as it was before.
  add(exchange) {
    const known = this.#kept.get(key(exchange));
    exchange.key = key(exchange);
    // A new page is told what there was before; that is not what goes on now.
    exchange.isLive = known?.isLive ?? Date.now() - exchange.at < RECENT;
    exchange.isCounted = known?.isCounted ?? false;
    put(this.#kept, exchange, KEPT);
    // One that is shown stays, also when its answer does not match: nothing vanishes under the reader's eyes.
    if (this.#shown.has(exchange.key) || this.#matches(exchange)) put(this.#shown, exchange, SHOWN);
    return exchange;
  }

  has(exchange) {
    return this.#kept.has(key(exchange));
  }

  filter(matches) {
    this.#matches = matches;
    this.#shown = new Map();
    for (const exchange of this.#kept.values()) if (matches(exchange)) put(this.#shown, exchange, SHOWN);
  }

  get(key) {
    return this.#shown.get(key) ?? this.#kept.get(key);
  }

  // The latest first.
  shown() {
    return [...this.#shown.values()].reverse();
  }

  find(matches) {
    return [...this.#kept.values()].reverse().find(matches);
  }

  get size() {
    return this.#kept.size;
  }
}

// A server that was started again counts from the beginning: its numbers alone say nothing.
const key = ({ id, at }) => `${at}-${id}`;

function put(map, exchange, most) {
  map.set(exchange.key, exchange);
  if (map.size > most) map.delete(map.keys().next().value);
}
