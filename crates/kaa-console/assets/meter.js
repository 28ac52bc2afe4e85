// How often something happens, by name: the mean of the last seconds.

const SECONDS = 3;
const MOST_NAMES = 300;

export class Meters {
  #now = new Map();
  #past = [];
  #rates = new Map();

  count(name, times = 1) {
    if (!this.#now.has(name) && this.#now.size >= MOST_NAMES) return;
    this.#now.set(name, (this.#now.get(name) ?? 0) + times);
  }

  // A second is over. What was shown stands for what was not: `scale` is how many there were for each that was shown.
  tick(scale = 1) {
    const second = new Map([...this.#now].map(([name, times]) => [name, times * scale]));
    this.#past = [...this.#past, second].slice(-SECONDS);
    this.#now = new Map();
    this.#rates = new Map();
    for (const past of this.#past)
      for (const [name, times] of past) this.#rates.set(name, (this.#rates.get(name) ?? 0) + times / this.#past.length);
  }

  rate(name) {
    return this.#rates.get(name) ?? 0;
  }
}
