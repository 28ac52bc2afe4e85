// What the server tells, as it comes. A stream that breaks is opened again, and the page says so meanwhile. That of a page
// which nobody looks at is closed after a while: the server listens to the bus for it.

import { line } from "./text.js";
import { parse } from "./exact.js";

const EVENTS = ["hello", "exchange", "skipped", "services", "sessions"];
// The server tells of its services every second: silence for this long is a connection that only looks alive.
const SILENCE = 8_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;
const UNSEEN = 5 * 60_000;
const VERSION = 1;

export class Stream {
  #source = null;
  #heard = 0;
  #pause = FIRST_PAUSE;
  #timer = null;
  #hiding = null;
  #isAsleep = false;
  #tell;
  #state;

  // `tell(event, data)` gets every event; `state(name, words)` what is to be said of the connection.
  constructor(tell, state) {
    this.#tell = tell;
    this.#state = state;
    document.addEventListener("visibilitychange", () => this.#seen());
  }

  open() {
    this.#seen();
    this.#connect();
  }

  // The page is looked at from now on, or not any more.
  #seen() {
    clearTimeout(this.#hiding);
    if (document.visibilityState === "hidden") {
      this.#hiding = setTimeout(() => this.#sleep(), UNSEEN);
    } else if (this.#isAsleep) {
      this.#isAsleep = false;
      this.#state("connecting", "connecting");
      this.#connect();
    }
  }

  #sleep() {
    this.#isAsleep = true;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#source?.close();
    this.#source = null;
    this.#state("paused", "paused while hidden");
  }

  #connect() {
    this.#timer = null;
    this.#heard = performance.now();
    this.#source = new EventSource("/console/events");
    for (const name of EVENTS) this.#source.addEventListener(name, (event) => this.#receive(name, event.data));
    // Opened again by hand: a browser gives up for ever when the server says anything but 200.
    this.#source.onerror = () => this.#again("the stream broke", this.#source.readyState === EventSource.CLOSED);
    this.#watch();
  }

  #receive(name, text) {
    this.#heard = performance.now();
    let data;
    try {
      // Payloads are what others wrote; of all other numbers the value is enough.
      data = name === "exchange" ? parse(text) : JSON.parse(text);
    } catch {
      return this.#state("broken", "the server sent what is no JSON");
    }
    if (name === "hello") {
      this.#pause = FIRST_PAUSE;
      if (data.version === VERSION) this.#state("live", "live");
      else this.#state("broken", "this page is of another version than the server: load it again");
    }
    this.#tell(name, data);
  }

  #watch() {
    const source = this.#source;
    const look = () => {
      if (source !== this.#source) return;
      if (performance.now() - this.#heard > SILENCE) this.#again("the server has gone quiet");
      else setTimeout(look, 1000);
    };
    setTimeout(look, 1000);
  }

  #again(why, isRefused = false) {
    if (this.#timer !== null) return;
    this.#source.close();
    this.#source = null;
    this.#state("broken", `${why}; trying again`);
    this.#timer = setTimeout(() => this.#connect(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    if (isRefused) this.#ask();
  }

  // A stream that is refused does not say why; the same request, made by hand, does.
  async #ask() {
    const asking = new AbortController();
    try {
      const response = await fetch("/console/events", { signal: asking.signal });
      if (response.ok) return;
      const { error } = await response.json();
      if (error && this.#timer !== null) this.#state("broken", line(error));
    } catch {
      // It has been said already that the stream broke.
    } finally {
      asking.abort();
    }
  }
}
