// The live picture: device -> communication service -> resource -> answer, with the messages that run through it and
// the rates of everything they pass. Counts here, is laid out by `scene.js` and drawn by `picture.js` and `dots.js`.

import { byId, write } from "./dom.js";
import { Dots, MOST } from "./dots.js";
import { Learned, named } from "./learned.js";
import { Meters } from "./meter.js";
import { outcome } from "./outcome.js";
import { Picture } from "./picture.js";
import { OTHERS, Scene, choose, trackKey } from "./scene.js";
import { WaysIn, wayIn } from "./waysin.js";

// Milliseconds from one side of the picture to the other.
const CROSSING = 2400;
const MOST_ENDPOINTS = 1000;

export class Flow {
  #registry;
  #store;
  #dots = new Dots();
  #meters = new Meters();
  #learned = new Learned(this.#meters);
  #scene = null;
  #signature = "";
  #waysIn = new WaysIn();
  #heardServices = false;
  #endpoints = new Set();
  #counted = { exchanges: 0, skipped: 0 };
  #picture = new Picture(byId("picture"), this.#meters);
  paused = false;

  constructor(registry, store) {
    this.#registry = registry;
    this.#store = store;
    new ResizeObserver(() => this.draw()).observe(byId("flow"));
  }

  // A message came, or what became of it.
  add(exchange, isNew) {
    if (!exchange.isLive) return;
    if (isNew && this.#meets(exchange)) this.draw();
    const track = this.#track(exchange);
    const became = outcome(exchange);
    if (became !== "waiting" && !exchange.isCounted) {
      exchange.isCounted = true;
      this.#meters.count(`end ${became}`);
      this.#meters.count(`${track} ${became}`);
    }
    if (!isNew) return;
    this.#counted.exchanges += 1;
    this.#comesIn(exchange, track);
    if (exchange.endpoint && this.#endpoints.size < MOST_ENDPOINTS) this.#endpoints.add(exchange.endpoint);
    if (!this.paused) this.#start(exchange);
  }

  skip(count) {
    this.#counted.skipped += count;
  }

  // Once a second: services may be others, and all numbers are. Tells how many messages there were.
  tick() {
    const { exchanges, skipped } = this.#counted;
    this.#counted = { exchanges: 0, skipped: 0 };
    this.#meters.count("all", exchanges);
    this.#meters.tick(exchanges > 0 ? (exchanges + skipped) / exchanges : 1);
    this.#waysIn.tick();
    this.draw();
    const started = this.#dots.started;
    this.#dots.started = 0;
    byId("drawn").hidden = this.paused || exchanges + skipped <= MOST || started === 0;
    write(byId("drawn"), `${started} of ${exchanges + skipped} drawn`);
    return exchanges > 0 ? this.#meters.rate("all") : skipped;
  }

  // Whether it brings a place or a resource that the picture does not have yet.
  #meets(exchange) {
    if (isOfServices(exchange)) {
      const isNew = !this.#heardServices;
      this.#heardServices = true;
      return isNew;
    }
    const name = wayIn(exchange);
    const isWay = Boolean(name) && this.#waysIn.hear(name);
    const isResource = !this.#registry.handler(exchange) && this.#learned.hear(exchange);
    return isWay || isResource;
  }

  // Counts where it comes from.
  #comesIn(exchange, track) {
    this.#meters.count(isOfServices(exchange) ? "services" : "devices");
    if (isOfServices(exchange)) return this.#meters.count(`services to ${track}`);
    if (!wayIn(exchange)) return;
    const place = this.#waysIn.place(wayIn(exchange));
    this.#meters.count(`way ${place}`);
    this.#meters.count(`${place} to ${track}`);
  }

  // What nobody listens to has no track; what no resource takes has one by the name it has itself, while there is room.
  #track(exchange) {
    const handler = this.#registry.handler(exchange);
    if (!handler && isOfServices(exchange)) return null;
    const { service, name } = handler ?? named(exchange);
    const key = trackKey(service, name);
    return this.#scene?.tracks.has(key) ? key : OTHERS;
  }

  #start(exchange) {
    const { key } = exchange;
    const now = () => this.#store.get(key) ?? exchange;
    this.#dots.start(
      key,
      () => this.#way(now()),
      () => outcome(now()),
    );
  }

  #way(exchange) {
    const place = this.#waysIn.place(wayIn(exchange));
    const way = this.#scene?.way(exchange, this.#track(exchange), place);
    return way && { lines: way.lines, ends: way.track.ends };
  }

  // Everything as it is now; what stands where it stood is kept.
  draw() {
    const { width } = this.#picture;
    const resources = [...this.#registry.resources(), ...this.#learned.resources(this.#registry)];
    const tracks = choose(resources, this.#scene?.tracks);
    const places = this.#waysIn.places;
    const names = tracks.map(({ key, label }) => [key, label]);
    const signature = JSON.stringify([width, names, places, this.#heardServices]);
    if (signature !== this.#signature) {
      this.#signature = signature;
      this.#scene = new Scene(width, tracks, places, this.#heardServices);
      this.#dots.lay();
      this.#dots.speed = width / CROSSING;
      this.#picture.stage(this.#scene, this.#dots.layer, () => plural(this.#endpoints.size, "endpoint"));
    }
    this.#picture.renew(new Map(tracks.map((track) => [track.key, track])));
  }
}

const isOfServices = ({ kind }) => kind === "event" || kind === "targeted";
const plural = (count, name) => `${count >= MOST_ENDPOINTS ? "over " : ""}${count} ${name}${count === 1 ? "" : "s"}`;
