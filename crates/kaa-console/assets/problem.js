// What is wrong with a value, in a sentence, before the service says it.

import { DEEPEST, choices, isObject, resolve } from "./schema.js";

// `null` when nothing is. `where` is the name of the value for people, `root` what references start from.
export function problem(value, given, root = given, where = "", depth = 0) {
  const schema = resolve(given, root);
  const name = where || "it";
  if (depth > DEEPEST || (value === null && schema.nullable)) return null;
  const options = choices(schema);
  if (options) return isAmong(value, options) ? null : `${name} is none of ${options.map(written).join(", ")}`;
  if (schema.type && !hasType(value, schema.type)) return `${name} has to be ${article(schema.type)}`;
  const wrong = measure(value, schema);
  if (wrong) return `${name} ${wrong}`;
  if (Array.isArray(value))
    return first(value.entries(), ([at, item]) => problem(item, schema.items, root, `${where}[${at}]`, depth + 1));
  return isObject(value) ? ofObject(value, schema, root, where, depth) : null;
}

function ofObject(value, schema, root, where, depth) {
  const inside = (key) => (where ? `${where}.${key}` : key);
  const missing = schema.required?.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${inside(missing)} is missing`;
  const known = Object.entries(schema.properties ?? {}).filter(([key]) => Object.hasOwn(value, key));
  return (
    first(Object.keys(value), (key) =>
      problem(key, schema.propertyNames, root, `the name ${written(key)}`, depth + 1),
    ) ?? first(known, ([key, property]) => problem(value[key], property, root, inside(key), depth + 1))
  );
}

function measure(value, schema) {
  if (typeof value === "number") {
    if (value < schema.minimum) return `has to be ${schema.minimum} or more`;
    return value > schema.maximum ? `has to be ${schema.maximum} or less` : null;
  }
  if (typeof value === "string")
    return (
      count([...value].length, schema.minLength, schema.maxLength, ["character", "characters"]) ??
      (defies(value, schema.pattern) ? `has to be like ${schema.pattern}` : null)
    );
  if (Array.isArray(value)) return count(value.length, schema.minItems, schema.maxItems, ["entry", "entries"]);
  if (!isObject(value)) return null;
  return count(Object.keys(value).length, schema.minProperties, schema.maxProperties, ["property", "properties"]);
}

function count(given, least, most, [one, many]) {
  const all = (number) => `${number} ${number === 1 ? one : many}`;
  if (given < least) return `needs ${all(least)} or more`;
  return given > most ? `takes ${all(most)} at most` : null;
}

// A pattern of a stranger can take longer than anybody waits. One that begins at the beginning, has no groups and
// few repetitions cannot; all others are left to the service.
function defies(text, pattern) {
  const isQuick = /^\^[^(|]*$/.test(pattern) && pattern.split(/[*+?{]/).length <= 4 && text.length <= 256;
  try {
    return isQuick && !new RegExp(pattern, "u").test(text);
  } catch {
    return false;
  }
}

function first(items, find) {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return null;
}

function hasType(value, type) {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

const written = (value) => JSON.stringify(value);
const isAmong = (value, options) => options.some((option) => written(option) === written(value));
const article = (type) => `${/^[aio]/.test(type) ? "an" : "a"} ${type}`;
