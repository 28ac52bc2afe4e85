// JSON whose numbers stay as they were written: those that JavaScript would write in another way, as it rounds them or
// takes `1.0` for `1`, are kept as text.

// What such a number has somewhere. Looking at each value costs time, and few messages have one.
const PECULIAR = /[\d.]{16}|\.\d*0\b|\de[-+\d]|-0\b/i;

export function parse(text) {
  if (!PECULIAR.test(text) || !JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (key, value, { source } = {}) =>
    typeof value === "number" && String(value) !== source ? JSON.rawJSON(source) : value,
  );
}

// Whether a value is such a number; `JSON.stringify` writes it as it was.
export const isExact = (value) => JSON.isRawJSON?.(value) ?? false;
