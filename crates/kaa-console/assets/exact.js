// JSON whose numbers keep all their digits: those that JavaScript would round stay the text they were.

const MANY_DIGITS = /\d{16}/;

export function parse(text) {
  // Looking at each value costs time, and few messages have such numbers.
  if (!MANY_DIGITS.test(text) || !JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (key, value, { source } = {}) => {
    const isRounded = typeof value === "number" && /^-?\d{16,}$/.test(source) && String(value) !== source;
    return isRounded ? JSON.rawJSON(source) : value;
  });
}

// Whether a value is such a number; `JSON.stringify` writes it as it was.
export const isExact = (value) => JSON.isRawJSON?.(value) ?? false;
