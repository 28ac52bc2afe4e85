// JSON whose numbers stay as they were written: those that JavaScript would write in another way, as it rounds them or
// takes `1.0` for `1`, are kept as text.

// What may be such a number, where a value can begin. Looking at each value costs time, and few messages have one.
const PECULIAR = /(?:^|[[:,\s])(?:-0\b|-?(?:[\d.]{16}|\d+\.\d*0\b|[\d.]+e))/i;

export function parse(text) {
  if (!PECULIAR.test(text) || !JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (key, value, { source } = {}) =>
    typeof value === "number" && String(value) !== source ? JSON.rawJSON(source) : value,
  );
}

// Whether a value is such a number; `JSON.stringify` writes it as it was.
export const isExact = (value) => JSON.isRawJSON?.(value) ?? false;
