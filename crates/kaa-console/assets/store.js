// The exchanges that the page remembers, at most a few thousand, and those among them that the table shows.

// Kept for a filter that comes later.
const KEPT = 2000;
// Milliseconds after which a message belongs to the past.
const RECENT = 5000;
// Shown at once.
export const SHOWN = 500;

export class Store {
  #kept = new Latest(KEPT);
  #shown = new Latest(SHOWN);
  #matches = () => true;

  // Takes an exchange, which replaces the same one as it was before.
  add(exchange) {
    exchange.key = key(exchange);
    const known = this.#kept.get(exchange.key);
    // A new page is told what there was before; that is not what goes on now.
    exchange.isLive = known?.isLive ?? Date.now() - exchange.at < RECENT;
    exchange.isCounted = known?.isCounted ?? false;
    this.#kept.put(exchange);
    // One that is shown stays, also when its answer does not match: nothing vanishes under the reader's eyes.
    if (this.#shown.get(exchange.key) || this.#matches(exchange)) this.#shown.put(exchange);
    return exchange;
  }

  has(exchange) {
    return this.#kept.get(key(exchange)) !== undefined;
  }

  filter(matches) {
    this.#matches = matches;
    this.#shown = new Latest(SHOWN);
    for (const exchange of this.#kept.all) if (matches(exchange)) this.#shown.put(exchange);
  }

  get(key) {
    return this.#shown.get(key) ?? this.#kept.get(key);
  }

  // The latest first.
  shown() {
    return this.#shown.all.toReversed();
  }

  find(matches) {
    return this.#kept.all.findLast(matches);
  }

  get size() {
    return this.#kept.all.length;
  }
}

// So many exchanges at most, in the order in which they began: news of an old one do not make it a new one.
class Latest {
  all = [];
  #byKey = new Map();
  #most;

  constructor(most) {
    this.#most = most;
  }

  get(key) {
    return this.#byKey.get(key);
  }

  put(exchange) {
    const isKnown = this.#byKey.has(exchange.key);
    this.#byKey.set(exchange.key, exchange);
    // Nearly all are found at the end.
    const at = isKnown
      ? this.all.findLastIndex(({ key }) => key === exchange.key)
      : this.all.findLastIndex((other) => !isBefore(exchange, other)) + 1;
    this.all.splice(at, isKnown ? 1 : 0, exchange);
    if (this.all.length > this.#most) this.#byKey.delete(this.all.shift().key);
  }
}

// A server that was started again counts from the beginning, and a clock can be put back: neither alone says anything.
const key = ({ id, at }) => `${at}-${id}`;
const isBefore = (one, other) => one.id < other.id && one.at <= other.at;
