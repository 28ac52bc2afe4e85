// The lines of the picture: what the browser draws, and where on it a message is.

// From one point to another, level at both ends.
export function curve(from, to) {
  const bend = from.x + (to.x - from.x) * 0.5;
  return {
    path: `M${from.x} ${from.y}C${bend} ${from.y} ${bend} ${to.y} ${to.x} ${to.y}`,
    length: Math.hypot(to.x - from.x, to.y - from.y),
    at(part) {
      const rest = 1 - part;
      const [a, b, c, d] = [rest ** 3, 3 * rest * rest * part, 3 * rest * part * part, part ** 3];
      return { x: a * from.x + (b + c) * bend + d * to.x, y: (a + b) * from.y + (c + d) * to.y };
    },
  };
}

// The same line, the other way.
export const reversed = (line) => ({ ...line, at: (part) => line.at(1 - part) });
