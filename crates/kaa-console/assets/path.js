// Resource paths with parameters: `/config/json[/{name}]` handles `/config/json` and `/config/json/network`. Optional
// parts stand at the end, each within the one before it, and are there as a whole or not at all.

// The parts of a pattern, the first of which is always there. `names` are those of its parameters; a part that has none
// goes by its text, such as `/all`, as it can be there or not all the same.
export function parts(pattern) {
  const text = typeof pattern === "string" ? pattern : "";
  return text
    .replace(/\]+$/, "")
    .split("[")
    .map((part, depth) => {
      const segments = part.split("/").slice(1).map(segment);
      const names = segments.map(({ parameter }) => parameter).filter((name) => name !== null);
      const isChoice = depth > 0 && names.length === 0;
      return { segments, names: isChoice ? [part] : names, isOptional: depth > 0, isChoice };
    });
}

function segment(text) {
  const parameter = /^\{(.*)\}$/.exec(text)?.[1] ?? null;
  return { fixed: parameter === null ? text : null, parameter };
}

// How well a pattern fits a path: -1 for not at all, else the number of fixed segments, of which more win.
export function fit(pattern, path) {
  const found = taken(pattern, path);
  return found ? found.flatMap(({ segments }) => segments).filter(({ fixed }) => fixed !== null).length : -1;
}

// What stands in a path that fits for each name of the pattern (a Map).
export function valuesIn(pattern, path) {
  const given = split(path);
  const values = new Map();
  let at = 0;
  for (const { segments, names, isChoice } of taken(pattern, path) ?? []) {
    if (isChoice) values.set(names[0], names[0]);
    for (const { parameter } of segments) {
      if (parameter !== null) values.set(parameter, given[at]);
      at += 1;
    }
  }
  return values;
}

// { path } of a pattern with these values (a Map), with as many of its parts as values were given for; or { problem }.
export function fillIn(pattern, values) {
  const all = parts(pattern);
  const isGiven = (name) => (values.get(name) ?? "") !== "";
  const last = all.findLastIndex(({ names, isOptional }) => !isOptional || names.some(isGiven));
  const segments = all.slice(0, last + 1).flatMap((part) => part.segments);
  for (const { parameter } of segments.filter(({ parameter }) => parameter !== null)) {
    if (!isGiven(parameter)) return { problem: `${parameter} is needed: it is a part of the path` };
    if (values.get(parameter).includes("/"))
      return { problem: `${parameter} is one segment of the path: it cannot have a /` };
  }
  return { path: `/${segments.map(({ fixed, parameter }) => fixed ?? values.get(parameter)).join("/")}` };
}

// The parts that a path has, when it fits.
function taken(pattern, path) {
  const given = split(path);
  const found = [];
  let at = 0;
  for (const part of parts(pattern)) {
    if (at === given.length) break;
    const fits = ({ fixed }, nth) => (fixed === null ? Boolean(given[at + nth]) : fixed === given[at + nth]);
    if (!part.segments.every(fits)) return null;
    found.push(part);
    at += part.segments.length;
  }
  return found.length > 0 && at === given.length ? found : null;
}

const split = (path) => String(path).split("/").slice(1);
