// Resource paths with parameters: `/config/json[/{name}]` handles `/config/json` and `/config/json/network`. Optional
// parts stand at the end.

// The segments of a pattern: what is fixed, or the name of a parameter, and whether it may be missing.
export function segments(pattern) {
  let depth = 0;
  const found = [];
  for (const part of String(pattern).split("/").slice(1)) {
    // A bracket that opens stands at the end of the segment before the optional one.
    const text = part.replace(/[[\]]/g, "");
    const parameter = /^\{(.*)\}$/.exec(text);
    found.push({ fixed: parameter ? null : text, parameter: parameter?.[1] ?? null, optional: depth > 0 });
    depth += (part.match(/\[/g) ?? []).length;
  }
  return found;
}

// How well a pattern fits a path: -1 for not at all, else the number of fixed segments, of which more win.
export function fit(pattern, path) {
  const wanted = segments(pattern);
  const given = String(path).split("/").slice(1);
  if (given.length > wanted.length || wanted.slice(given.length).some((segment) => !segment.optional)) return -1;
  const pairs = given.map((text, at) => [text, wanted[at]]);
  if (pairs.some(([text, { fixed }]) => fixed !== null && fixed !== text)) return -1;
  return pairs.filter(([, { fixed }]) => fixed !== null).length;
}

// The path of a pattern with these values (a Map). An optional part ends at the first value that is missing.
export function fillIn(pattern, values) {
  const path = [];
  for (const { fixed, parameter, optional } of segments(pattern)) {
    const text = fixed ?? values.get(parameter) ?? "";
    if (optional && text === "") break;
    path.push(text);
  }
  return `/${path.join("/")}`;
}
