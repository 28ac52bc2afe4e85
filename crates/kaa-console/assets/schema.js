// What a JSON Schema says of a payload, as far as a form needs it. What is not understood here is left to the service,
// which decides in the end. Schemas may refer to themselves: every descent is bounded.

const DEEPEST = 6;
const MOST_FIELDS = 40;
const MOST_CHOICES = 100;

// The schema behind references and wrappers, and whether `null` is allowed beside it.
export function resolve(schema, root = schema) {
  let nullable = false;
  let found = schema;
  const notes = [];
  for (let steps = 0; steps < DEEPEST && isObject(found); steps += 1) {
    if (found.description) notes.push(found.description);
    const others = (found.anyOf ?? found.oneOf)?.filter((other) => other?.type !== "null");
    if (found.$ref) found = refer(found.$ref, root);
    else if (found.allOf?.length === 1) [found] = found.allOf;
    else if (others?.length === 1) {
      nullable ||= (found.anyOf ?? found.oneOf).length > 1;
      [found] = others;
    } else break;
  }
  if (!isObject(found)) found = {};
  const types = [found.type].flat().filter(Boolean);
  nullable ||= types.length > 1 && types.includes("null");
  const plain = types.filter((type) => type !== "null");
  return { ...found, type: plain.length === 1 ? plain[0] : undefined, nullable, description: notes[0] };
}

function refer(reference, root) {
  const names = String(reference).split("/");
  if (names.shift() !== "#") return {};
  let found = root;
  for (const name of names) {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

// Constants to choose from; `null` when the schema is none of those.
function choices(schema) {
  if (Array.isArray(schema.enum)) return schema.enum.slice(0, MOST_CHOICES).map((value) => ({ value }));
  if ("const" in schema) return [{ value: schema.const }];
  const options = schema.oneOf ?? schema.anyOf;
  if (
    !Array.isArray(options) ||
    !options.every((option) => isObject(option) && ("const" in option || Array.isArray(option.enum)))
  )
    return null;
  return options
    .flatMap((option) => (option.enum ?? [option.const]).map((value) => ({ value, description: option.description })))
    .slice(0, MOST_CHOICES);
}

// The fields of a form for this schema; `null` when it is not an object with properties.
export function fieldsOf(root) {
  const schema = resolve(root);
  if (schema.type !== "object" || !isObject(schema.properties) || Object.keys(schema.properties).length === 0)
    return null;
  const required = new Set(schema.required);
  return Object.entries(schema.properties)
    .slice(0, MOST_FIELDS)
    .map(([name, property]) => {
      const found = resolve(property, root);
      const options = choices(found);
      const kind = options
        ? "choice"
        : ["string", "integer", "number", "boolean"].includes(found.type)
          ? found.type
          : "json";
      return { name, kind, choices: options, isRequired: required.has(name), schema: found };
    });
}

// A value that the schema allows, for people to begin with.
export function example(given, root = given, depth = 0) {
  const schema = resolve(given, root);
  const [option] = choices(schema) ?? [];
  if ("default" in schema) return schema.default;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if (option) return option.value;
  if (depth > DEEPEST) return null;
  switch (schema.type) {
    case "object": {
      const names = Object.keys(schema.properties ?? {}).slice(0, MOST_FIELDS);
      return Object.fromEntries(names.map((name) => [name, example(schema.properties[name], root, depth + 1)]));
    }
    case "array":
      return schema.items ? [example(schema.items, root, depth + 1)] : [];
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

// What is wrong with a value, as a sentence; `null` when nothing is.
export function problem(value, given, root = given, where = "", depth = 0) {
  const schema = resolve(given, root);
  const name = where || "it";
  if (depth > DEEPEST || (value === null && schema.nullable)) return null;
  const options = choices(schema);
  if (options)
    return options.some((option) => JSON.stringify(option.value) === JSON.stringify(value))
      ? null
      : `${name} is none of ${options.map((option) => JSON.stringify(option.value)).join(", ")}`;
  if (schema.type && !hasType(value, schema.type)) return `${name} has to be ${article(schema.type)}`;
  if (typeof value === "number") {
    if (value < schema.minimum) return `${name} has to be ${schema.minimum} or more`;
    if (value > schema.maximum) return `${name} has to be ${schema.maximum} or less`;
  }
  if (typeof value === "string") {
    if (value.length < schema.minLength) return `${name} needs ${schema.minLength} characters or more`;
    if (value.length > schema.maxLength) return `${name} has to be ${schema.maxLength} characters or less`;
  }
  if (Array.isArray(value))
    return schema.items
      ? first(value.entries(), ([at, item]) => problem(item, schema.items, root, `${where}[${at}]`, depth + 1))
      : null;
  if (isObject(value)) return ofObject(value, schema, root, where, depth);
  return null;
}

function ofObject(value, schema, root, where, depth) {
  const inside = (key) => (where ? `${where}.${key}` : key);
  const missing = (schema.required ?? []).find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) return `${inside(missing)} is missing`;
  const known = Object.entries(schema.properties ?? {}).filter(([key]) => Object.hasOwn(value, key));
  return first(known, ([key, property]) => problem(value[key], property, root, inside(key), depth + 1));
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
      return isObject(value) && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

const article = (type) => `${/^[aio]/.test(type) ? "an" : "a"} ${type}`;
const isObject = (value) => value !== null && typeof value === "object";
