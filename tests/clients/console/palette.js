// Makes a picture of a page small: a PNG with 256 colours instead of all. Those that occur most are kept, unless they are
// all but the same as another one; every other colour becomes the nearest of them. Nobody sees it where surfaces are
// plain and only the edges of letters are not.

const { crc32, deflateSync, inflateSync } = require("node:zlib");

const COLOURS = 256;
// As the square of the distance between colours.
const ALIKE = 40;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunks(png) {
  const found = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    found.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return found;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const paeth = (left, up, corner) => {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
};

// The bytes of all pixels, row by row, without the filters that stand before each row.
function pixels(packed, width, height, size) {
  const row = width * size;
  const out = Buffer.alloc(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = packed[y * (row + 1)];
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x;
      const left = x >= size ? out[at - size] : 0;
      const up = y > 0 ? out[at - row] : 0;
      const corner = x >= size && y > 0 ? out[at - row - size] : 0;
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[at] = packed[y * (row + 1) + 1 + x] + predicted;
    }
  }
  return out;
}

// A PNG of 8 bits with or without transparency, as browsers write it; the transparency is left out.
function small(png) {
  const parts = chunks(png);
  const header = parts[0].data;
  const [width, height, size] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9] === 6 ? 4 : 3];
  const all = pixels(
    inflateSync(Buffer.concat(parts.filter(({ type }) => type === "IDAT").map(({ data }) => data))),
    width,
    height,
    size,
  );
  const counts = new Map();
  const colour = (at) => (all[at] << 16) | (all[at + 1] << 8) | all[at + 2];
  for (let at = 0; at < all.length; at += size) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
  const kept = choose([...counts].sort((one, other) => other[1] - one[1]).map(([value]) => value));
  const index = new Map([...counts.keys()].map((value) => [value, nearest(value, kept)]));
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0, at = 0; y < height; y += 1)
    for (let x = 1; x <= width; x += 1, at += size) rows[y * (width + 1) + x] = index.get(colour(at));
  const palette = Buffer.from(kept.flatMap((value) => [value >> 16, (value >> 8) & 255, value & 255]));
  const head = Buffer.from(header);
  head[9] = 3;
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", head),
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function choose(colours) {
  const kept = [];
  for (const value of colours) {
    if (kept.length === COLOURS) break;
    // The surfaces themselves come first, and differ by little.
    if (kept.length < 16 || kept.every((other) => distance(value, other) > ALIKE)) kept.push(value);
  }
  return kept;
}

function nearest(value, kept) {
  let best = 0;
  kept.forEach((other, at) => {
    if (distance(value, other) < distance(value, kept[best])) best = at;
  });
  return best;
}

const distance = (one, other) =>
  ((one >> 16) - (other >> 16)) ** 2 +
  (((one >> 8) & 255) - ((other >> 8) & 255)) ** 2 +
  ((one & 255) - (other & 255)) ** 2;

module.exports = { small };
