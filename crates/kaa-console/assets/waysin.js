// The communication services that messages come in by, and what asks in place of one. A replica may have a new name
// each time it is started: names that were not heard for a while are forgotten, and of many, most share a place.

const MOST_PLACES = 3;
const MOST_NAMES = 100;
const FORGOTTEN = 60_000;
export const OTHER_WAYS = "others";

// Tools have one name, whatever the replica is called that they play.
export const wayIn = ({ asker, communicationService }) => asker ?? communicationService;

export class WaysIn {
  #heard = new Map();
  #places = [];

  // Notes that a message came by this one. Whether the places have changed.
  hear(name) {
    const isNew = !this.#heard.has(name);
    if (isNew && this.#heard.size >= MOST_NAMES) return false;
    this.#heard.set(name, performance.now());
    return isNew && this.#arrange();
  }

  // Forgets those that have gone quiet. Whether the places have changed.
  tick() {
    const now = performance.now();
    for (const [name, heard] of this.#heard) if (now - heard > FORGOTTEN) this.#heard.delete(name);
    return this.#arrange();
  }

  // The names that are drawn.
  get places() {
    return this.#places;
  }

  // Under which of them this one is.
  place(name) {
    return this.#places.includes(name) ? name : OTHER_WAYS;
  }

  #arrange() {
    const names = [...this.#heard.keys()].sort();
    const places = names.length > MOST_PLACES ? [...names.slice(0, MOST_PLACES - 1), OTHER_WAYS] : names;
    const isOther = places.join("\n") !== this.#places.join("\n");
    this.#places = places;
    return isOther;
  }
}
