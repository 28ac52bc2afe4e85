// Where everything of the live picture stands: devices, communication services, a track for each resource, and what
// becomes of messages. Nothing is drawn here; `flow.js` draws what this says.

import { curve, reversed } from "./curve.js";
import { OUTCOMES } from "./outcome.js";

const MOST_TRACKS = 8;
// Stands where none was heard yet.
const GHOST = "kaa-kpc";
const ROW = 38;
const LEAST_ROWS = 5;
// Where the headings stand.
const HEAD = 30;
// What handles messages of resources that have no track of their own.
export const OTHERS = "others";

export const trackKey = (service, resource) => `${service} ${resource}`;

// A resource that has a track keeps it until another one is clearly busier.
const LOYALTY = 1.25;
// What devices ask counts for more than what services tell each other.
const ASKED = 4;

// The resources that get a track: all of them when there is room, else the busiest. `former` are the keys of those that
// have one.
export function choose(resources, former) {
  const weight = ({ service, name, kind, requests }) =>
    (requests ?? 0) * (kind === "resource" ? ASKED : 1) * (former?.has(trackKey(service, name)) ? LOYALTY : 1);
  const called = resources.filter(({ kind, requests }) => kind === "resource" || requests > 0);
  if (called.length <= MOST_TRACKS) return called.map(asTrack);
  const busiest = [...called].sort((one, other) => weight(other) - weight(one)).slice(0, MOST_TRACKS - 1);
  const rest = called.filter((resource) => !busiest.includes(resource));
  const others = {
    key: OTHERS,
    service: "",
    label: `${rest.length} more`,
    rate: rest.reduce((sum, { rate }) => sum + (rate ?? 0), 0),
  };
  return [...called.filter((resource) => busiest.includes(resource)).map(asTrack), others];
}

const asTrack = ({ service, name, handles, kind, rate, errors }) => ({
  key: trackKey(service, name),
  service,
  label: kind === "resource" ? handles : name,
  rate,
  errors,
});

export class Scene {
  // `tracks` from `choose`, `places` of communication services, whether other services are heard.
  constructor(width, tracks, places, withServices) {
    const height = HEAD + ROW * Math.max(LEAST_ROWS, tracks.length) + 8;
    const isNarrow = width < 900;
    const x = {
      from: isNarrow ? 92 : 132,
      way: width * (isNarrow ? 0.29 : 0.3),
      start: width * (isNarrow ? 0.4 : 0.42),
      end: width * (isNarrow ? 0.77 : 0.75),
      to: width - (isNarrow ? 104 : 132),
    };
    Object.assign(this, { width, height, x, tracks: new Map(), ways: new Map(), ends: new Map() });
    const middle = HEAD + (height - HEAD) * (withServices ? 0.38 : 0.5);
    this.devices = { x: x.from, y: middle };
    this.services = withServices ? { x: x.from, y: HEAD + (height - HEAD) * 0.85 } : null;
    const isGhost = places.length === 0;
    spread(isGhost ? [GHOST] : places, 2 * (middle - HEAD), (name, y) => {
      const point = { x: x.way, y: y + 9 };
      this.ways.set(name, { name, point, isGhost, line: curve(this.devices, point), toTrack: new Map() });
    });
    spread(tracks, height - HEAD, (track, y) => {
      const [start, end] = [
        { x: x.start, y: y + 9 },
        { x: x.end, y: y + 9 },
      ];
      for (const way of this.ways.values()) way.toTrack.set(track.key, curve(way.point, start));
      this.tracks.set(track.key, {
        ...track,
        start,
        end,
        line: curve(start, end),
        ends: new Map(),
        direct: this.services && curve(this.services, start),
      });
    });
    spread(OUTCOMES, height - HEAD, ({ name, label }, y) => {
      const point = { x: x.to, y };
      this.ends.set(name, { name, label, point });
      for (const track of this.tracks.values()) track.ends.set(name, curve(track.end, point));
    });
  }

  // The lines a message runs along until it is handled, by the track with this key and the communication service at
  // this place; `null` when it has none in the picture.
  way({ kind }, key, place) {
    const track = this.tracks.get(key);
    if (!track) return null;
    if (kind === "event" || kind === "targeted") return track.direct && { track, lines: [track.direct, track.line] };
    const way = this.ways.get(place) ?? this.ways.values().next().value;
    const there = [way.line, way.toTrack.get(track.key), track.line];
    return { track, lines: kind === "push" ? there.map(reversed).reverse() : there };
  }
}

// Below the headings, at equal distances.
function spread(items, height, place) {
  items.forEach((item, at) => place(item, HEAD + ((at + 0.5) / items.length) * height));
}
