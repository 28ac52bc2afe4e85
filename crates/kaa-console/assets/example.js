// A value that a schema allows, for people to begin with. How deep and how long it becomes is bounded, whatever the
// schema refers to.

import { DEEPEST, MOST_FIELDS, choices, resolve } from "./schema.js";

// Characters.
const LONGEST = 8_000;

export function example(schema) {
  return sketch(schema, { root: schema, left: LONGEST }, 0);
}

function sketch(given, room, depth) {
  const schema = resolve(given, room.root);
  const [suggested] = schema.examples ?? ("default" in schema ? [schema.default] : choices(schema)) ?? [];
  if (suggested !== undefined) return spend(room, suggested) ? suggested : null;
  if (depth > DEEPEST) return null;
  const inside = (inner) => sketch(inner, room, depth + 1);
  switch (schema.type) {
    case "object": {
      const names = Object.keys(schema.properties ?? {}).slice(0, MOST_FIELDS);
      // All names of an object are paid for before its first value is made.
      if (!spend(room, names)) return {};
      return Object.fromEntries(names.map((name) => [name, inside(schema.properties[name])]));
    }
    case "array":
      return schema.items === undefined || schema.items === false || schema.maxItems === 0
        ? []
        : [inside(schema.items)];
    case "string":
      return "";
    case "integer":
    case "number":
      return schema.minimum ?? 0;
    case "boolean":
      return false;
    default:
      return schema.nullable ? null : {};
  }
}

// Whether there was room for it.
function spend(room, value) {
  if (room.left > 0) room.left -= JSON.stringify(value).length;
  return room.left > 0;
}
