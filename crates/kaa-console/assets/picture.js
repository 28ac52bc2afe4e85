// Draws a scene: lines that are the stronger the more passes, posts, names and numbers. What stands is made once,
// numbers and lines are renewed.

import { svg, write } from "./dom.js";
import { rate } from "./format.js";
import { line } from "./text.js";

const LETTER = 7;
const WIDEST_LINE = 7;

export class Picture {
  #element;
  #meters;
  #renewals = [];

  // `meters` says how often things happen, by name.
  constructor(element, meters) {
    this.#element = element;
    this.#meters = meters;
  }

  get width() {
    return Math.round(this.#element.clientWidth) || 1000;
  }

  // Another scene; `between` is a layer above the lines and below the names.
  stage(scene, between, endpoints) {
    this.#renewals = [];
    this.lines = svg("g", { class: "lines" });
    this.nodes = svg("g", { class: "nodes" });
    this.#headings(scene.x);
    this.#source(scene.devices, "Devices", "devices", endpoints);
    if (scene.services) this.#source(scene.services, "Services", "services", () => "events, calls");
    for (const way of scene.ways.values()) this.#way(way);
    for (const track of scene.tracks.values()) this.#resource(track);
    for (const end of scene.ends.values()) this.#end(end);
    this.#element.setAttribute("viewBox", `0 0 ${scene.width} ${scene.height}`);
    this.#element.setAttribute("height", scene.height);
    this.#element.replaceChildren(this.lines, between, this.nodes);
  }

  // Numbers and lines as they are now; `tracks` by their keys.
  renew(tracks) {
    for (const renewal of this.#renewals) renewal(tracks);
    const busy = [...tracks.values()].filter((track) => track.rate > 0);
    const said = busy.map((track) => `${line(track.service)} ${line(track.label)} ${rate(track.rate)}`.trim());
    const text = busy.length > 0 ? `Messages a second: ${said.join(", ")}.` : "Nothing is on its way.";
    if (this.#element.getAttribute("aria-label") !== text) this.#element.setAttribute("aria-label", text);
  }

  #headings(x) {
    this.nodes.append(
      label(x.way, 14, "Communication service", "quiet middle"),
      label(x.start + 2, 14, "Resource", "quiet"),
      label(x.to - 3, 14, "Answer", "quiet"),
    );
  }

  #source(point, name, meter, note) {
    const number = label(0, point.y + 13, "", "number");
    const more = label(0, point.y + 29, "", "quiet");
    this.nodes.append(post(point, 44), label(0, point.y - 4, name, "title"), number, more);
    this.#renewals.push(() => write(more, note()));
    this.#perSecond(number, () => this.#meters.rate(meter));
  }

  #way({ name, point, line: path, toTrack, isGhost }) {
    const number = svg("tspan", { class: "number" });
    const title = svg("tspan", { class: "title" }, line(name, 16));
    const text = svg("text", { x: point.x, y: point.y - 31, class: "middle" }, title, "  ", number);
    this.nodes.append(post(point, 44, isGhost ? "ghost" : ""), text);
    this.#line(path, () => this.#meters.rate(`way ${name}`));
    for (const [key, way] of toTrack) this.#line(way, () => this.#meters.rate(`${name} to ${key}`));
    if (!isGhost) this.#perSecond(number, () => this.#meters.rate(`way ${name}`));
  }

  #resource(track) {
    const { key, start, end } = track;
    const passing = (tracks) => tracks.get(key)?.rate ?? 0;
    const service = track.service ? `${line(track.service, 24)}  ` : "";
    const room = Math.floor((end.x - start.x - 54) / LETTER) - service.length;
    const name = svg("text", { class: "title", x: start.x + 2, y: start.y - 10 });
    name.append(svg("tspan", { class: "quiet" }, service), svg("tspan", {}, line(track.label, Math.max(room, 6))));
    name.append(svg("title", {}, line(track.label)));
    const number = label(end.x, end.y - 10, "", "number end");
    this.nodes.append(name, number);
    this.#perSecond(number, passing);
    this.#line(track.line, passing, "track");
    if (track.direct) this.#line(track.direct, () => this.#meters.rate(`services to ${key}`), "direct");
    for (const [became, path] of track.ends) {
      this.#line(path, () => this.#meters.rate(`${key} ${became}`), `to-${became}`);
    }
  }

  #end({ name, label: title, point }) {
    const place = { x: point.x + 14, y: point.y - 9.5, width: 11, height: 11 };
    const shape = svg("use", { class: `mark ${name}`, href: `#mark-${name}`, ...place });
    const number = label(point.x + 34, point.y + 13, "", "number");
    this.nodes.append(post(point, 30, name), shape, label(point.x + 34, point.y - 1, title, "title"), number);
    this.#perSecond(number, () => this.#meters.rate(`end ${name}`));
  }

  #perSecond(element, passing) {
    this.#renewals.push((tracks) => write(element, `${rate(passing(tracks))}/s`));
  }

  #line({ path }, passing, kind = "") {
    const element = svg("path", { d: path });
    this.lines.append(element);
    this.#renewals.push((tracks) => {
      const often = passing(tracks);
      const width = often > 0 ? Math.min(1.5 + Math.log2(1 + often) * 0.7, WIDEST_LINE) : 1;
      element.setAttribute("class", `${kind} ${often > 0 ? "busy" : ""}`);
      element.setAttribute("stroke-width", width.toFixed(1));
    });
  }
}

const label = (x, y, text, kind) => svg("text", { x, y, class: kind }, text);
const post = ({ x, y }, height, kind = "") =>
  svg("rect", { class: `post ${kind}`, x: x - 3, y: y - height / 2, width: 6, height, rx: 3 });
