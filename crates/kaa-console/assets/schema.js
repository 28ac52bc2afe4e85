// What a JSON Schema says of a payload, as far as a form needs it. What is not understood here is left to the service,
// which decides in the end. Schemas are written by others and may refer to themselves: every descent is bounded, and a
// keyword with a value that it cannot have is as good as not there.

export const DEEPEST = 6;
export const MOST_FIELDS = 40;
const MOST_CHOICES = 100;

const isAny = () => true;
const isText = (value) => typeof value === "string";
const isNumber = (value) => typeof value === "number";
const isList = (value) => Array.isArray(value) && value.length > 0;
export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

// All keywords that mean something here, and what their values have to be.
const KEYWORDS = {
  $ref: isText,
  allOf: isList,
  anyOf: isList,
  oneOf: isList,
  type: isAny,
  enum: isList,
  const: isAny,
  default: isAny,
  examples: isList,
  description: isText,
  format: isText,
  minimum: isNumber,
  maximum: isNumber,
  minLength: isNumber,
  maxLength: isNumber,
  pattern: isText,
  items: isAny,
  minItems: isNumber,
  maxItems: isNumber,
  properties: isObject,
  required: (value) => isList(value) && value.every(isText),
  minProperties: isNumber,
  maxProperties: isNumber,
  propertyNames: isAny,
};
// What is said of a value where it is used goes before what is said where it is defined.
const OF_THE_PLACE = ["description", "default", "examples"];
const TYPES = ["array", "boolean", "integer", "number", "object", "string"];

function understood(schema) {
  const known = Object.entries(KEYWORDS).filter(([name, fits]) => hasOwn(schema, name) && fits(schema[name]));
  return Object.fromEntries(known.map(([name]) => [name, schema[name]]));
}

// The schema behind references and wrappers, and whether `null` is allowed beside it.
export function resolve(schema, root = schema) {
  let nullable = false;
  let found = understood(schema);
  for (let steps = 0; steps < DEEPEST; steps += 1) {
    const options = found.anyOf ?? found.oneOf;
    const others = options?.filter((other) => other?.type !== "null");
    let inner;
    if (found.$ref !== undefined) inner = refer(found.$ref, root);
    else if (found.allOf?.length === 1) [inner] = found.allOf;
    else if (others?.length === 1) {
      nullable ||= options.length > 1;
      [inner] = others;
    } else break;
    const here = OF_THE_PLACE.filter((name) => name in found).map((name) => [name, found[name]]);
    found = { ...understood(inner), ...Object.fromEntries(here) };
  }
  const types = [found.type].flat().filter(isText);
  nullable ||= types.length > 1 && types.includes("null");
  const [type, ...more] = types.filter((one) => one !== "null");
  return { ...found, type: more.length === 0 && TYPES.includes(type) ? type : undefined, nullable };
}

function refer(reference, root) {
  const names = reference.split("/");
  if (names.shift() !== "#") return {};
  let found = root;
  for (const name of names) {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    found = hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}

// Constants to choose from; `null` when the schema is none of those.
export function choices(schema) {
  if (schema.enum) return schema.enum;
  if ("const" in schema) return [schema.const];
  const isConstant = (option) => hasOwn(option, "const") || (hasOwn(option, "enum") && isList(option.enum));
  const options = schema.oneOf ?? schema.anyOf;
  return options?.every(isConstant)
    ? options.flatMap((option) => (hasOwn(option, "const") ? [option.const] : option.enum))
    : null;
}

// The fields of a form for this schema; `null` when it is not an object with properties.
export function fieldsOf(root) {
  const schema = resolve(root);
  const properties = Object.entries(schema.properties ?? {});
  if (schema.type !== "object" || properties.length === 0) return null;
  const required = new Set(schema.required);
  return properties.slice(0, MOST_FIELDS).map(([name, property]) => {
    const found = resolve(property, root);
    const constants = choices(found);
    // Among more than these nobody finds anything.
    const isChoice = constants !== null && constants.length <= MOST_CHOICES;
    const isPlain = ["string", "integer", "number", "boolean"].includes(found.type);
    const kind = isChoice ? "choice" : isPlain ? found.type : "json";
    return { name, kind, choices: constants, isRequired: required.has(name), schema: found, given: property };
  });
}

function hasOwn(value, name) {
  return value !== null && typeof value === "object" && Object.hasOwn(value, name);
}
