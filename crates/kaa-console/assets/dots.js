// The messages that run through the picture: so many at once and no more, each as long as it is worth watching. One
// that is not answered yet waits where it is handled.

import { svg } from "./dom.js";

export const MOST = 40;
// New ones start at least this far apart, so that they spread over the time when there are too many.
const APART = 45;
// How long one waits for its answer before it is given up, and how long it takes to fade.
const PATIENCE = 15_000;
const FADING = 260;

export class Dots {
  #layer;
  #dots = new Map();
  #spare = [];
  #last = -Infinity;
  #isRunning = false;
  #speed = 0.5;
  started = 0;

  constructor() {
    this.#layer = svg("g", { class: "dots" });
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  get layer() {
    return this.#layer;
  }

  // Pixels a millisecond.
  set speed(speed) {
    this.#speed = speed;
  }

  // Lets a message run: `way()` has the lines until it is handled, and one to each of its `ends`; `look()` is what
  // became of it.
  start(key, way, look) {
    const now = performance.now();
    if (
      this.still.matches ||
      document.hidden ||
      this.#dots.size >= MOST ||
      this.#dots.has(key) ||
      now - this.#last < APART
    )
      return;
    const laid = way();
    if (!laid) return;
    this.#last = now;
    this.started += 1;
    const shape =
      this.#spare.pop() ??
      svg("g", {}, svg("circle", { class: "halo", r: 7.5 }), svg("use", { width: 10, height: 10, x: -5, y: -5 }));
    this.#layer.append(shape);
    this.#dots.set(key, {
      shape,
      way,
      look,
      lines: [...laid.lines],
      ends: laid.ends,
      at: 0,
      gone: 0,
      since: now,
      seen: null,
      ended: false,
      fading: 0,
    });
    if (!this.#isRunning) this.#run(now);
  }

  // The picture is another one: messages go on in it from where they are.
  lay() {
    for (const [key, dot] of this.#dots) {
      const laid = dot.way();
      if (!laid) {
        this.#remove(key, dot);
        continue;
      }
      const part = dot.at < dot.lines.length ? dot.gone / dot.lines[dot.at].length : 0;
      const end = dot.ended && laid.ends.get(dot.look());
      dot.lines = end ? [...laid.lines, end] : [...laid.lines];
      dot.ends = laid.ends;
      dot.gone = part * (dot.lines[dot.at]?.length ?? 0);
    }
  }

  get size() {
    return this.#dots.size;
  }

  #run(before) {
    this.#isRunning = this.#dots.size > 0;
    if (!this.#isRunning) return;
    requestAnimationFrame((now) => {
      // After a pause in the background nobody wants to see everything leap.
      const passed = Math.min(now - before, 64);
      for (const [key, dot] of this.#dots) this.#move(key, dot, passed, now);
      this.#run(now);
    });
  }

  #move(key, dot, passed, now) {
    if (dot.fading > 0) {
      dot.fading -= passed;
      dot.shape.setAttribute("opacity", Math.max(dot.fading / FADING, 0).toFixed(2));
      if (dot.fading <= 0) this.#remove(key, dot);
      return;
    }
    dot.gone += passed * this.#speed;
    while (dot.at < dot.lines.length && dot.gone >= dot.lines[dot.at].length) this.#turn(dot);
    const isOver = dot.at >= dot.lines.length;
    const { x, y } = isOver ? dot.lines.at(-1).at(1) : dot.lines[dot.at].at(dot.gone / dot.lines[dot.at].length);
    dot.shape.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    this.#dress(dot, isOver);
    if (isOver && (dot.ended || now - dot.since > PATIENCE)) dot.fading = FADING;
  }

  // The end of a line: the next one begins, or the message waits.
  #turn(dot) {
    dot.gone -= dot.lines[dot.at].length;
    dot.at += 1;
    if (dot.at < dot.lines.length || dot.ended) return;
    const became = dot.look();
    if (became === "waiting") return;
    dot.ended = true;
    const end = dot.ends.get(became);
    if (end) dot.lines.push(end);
  }

  #dress(dot, isOver) {
    if (isOver && !dot.ended) {
      dot.at -= 1;
      dot.gone = dot.lines[dot.at].length;
    }
    const name = dot.ended || isOver ? dot.look() : "running";
    if (dot.seen === name) return;
    dot.seen = name;
    dot.shape.setAttribute("class", `dot ${name}`);
    dot.shape.lastChild.setAttribute("href", `#mark-${name === "running" ? "ok" : name}`);
    dot.shape.setAttribute("opacity", "1");
  }

  #remove(key, dot) {
    dot.shape.remove();
    if (this.#spare.length < MOST) this.#spare.push(dot.shape);
    this.#dots.delete(key);
  }
}
