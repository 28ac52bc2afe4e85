// The payload of a message that is to be sent: fields made of the schema of the resource, or a text as it is.

import { html } from "./dom.js";
import { parse } from "./exact.js";
import { example } from "./example.js";
import { field } from "./field.js";
import { problem } from "./problem.js";
import { fieldsOf, isObject } from "./schema.js";
import { line } from "./text.js";

export class Body {
  #fields = null;
  #schema = null;
  #asText = false;
  #changed;
  #text;
  #trouble = html("p", { class: "problem", id: "text-problem" });

  constructor(changed) {
    this.#changed = changed;
    this.#text = html("textarea", {
      id: "payload-text",
      rows: 6,
      spellcheck: "false",
      "aria-label": "Payload",
      "aria-describedby": "text-problem",
      on: {
        input: () => {
          this.#look();
          changed();
        },
      },
    });
    this.element = html("fieldset", { class: "body" });
  }

  // Another resource: its schema and its example decide what there is to fill in.
  use({ schema, example: given }) {
    this.#schema = schema ?? null;
    const described = schema ? fieldsOf(schema) : null;
    this.#fields = described?.map((one) => field(one, schema, this.#changed)) ?? null;
    this.#asText = this.#fields === null;
    const start = given ?? (schema ? example(schema) : undefined);
    this.#text.value = start === undefined ? "" : JSON.stringify(start, null, 2);
    if (given) this.#spread(given);
    this.#show();
  }

  // A text from somewhere else, such as a message that is to be sent again. It stays one unless the fields would send
  // exactly that.
  set(text) {
    this.#text.value = text;
    this.#asText = !this.#hold(text);
    this.#show();
  }

  // { text } to be sent, or { problem }.
  read() {
    return this.#asText ? { text: this.#text.value } : this.#written();
  }

  // Shows what is wrong with every field, also of those that nobody has touched.
  judge() {
    for (const one of this.#fields ?? []) one.look();
    this.#look();
  }

  // What the fields say.
  #written() {
    const parts = [];
    for (const one of this.#fields) {
      const { text, problem: wrong } = one.read();
      if (wrong) return { problem: wrong };
      if (text !== undefined) parts.push(`${JSON.stringify(one.name)}:${text}`);
    }
    return { text: `{${parts.join(",")}}` };
  }

  // Fills the fields in; whether they say the whole text then, and nothing else.
  #hold(text) {
    if (!this.#fields) return false;
    try {
      const value = parse(text);
      this.#spread(value);
      const { text: said } = this.#written();
      return said !== undefined && isSame(value, parse(said));
    } catch {
      return false;
    }
  }

  #spread(value) {
    if (!isObject(value)) return;
    for (const one of this.#fields ?? []) one.set(Object.hasOwn(value, one.name) ? value[one.name] : undefined);
  }

  #show() {
    const parts = [html("legend", {}, "Payload")];
    if (this.#fields) parts.push(this.#choice());
    parts.push(...(this.#asText ? [this.#text, this.#trouble] : this.#fields.map(({ element }) => element)));
    this.element.replaceChildren(...parts);
    this.#look();
  }

  #choice() {
    const button = (label, asText) =>
      html(
        "button",
        { type: "button", "aria-pressed": String(this.#asText === asText), on: { click: () => this.#turn(asText) } },
        label,
      );
    return html(
      "div",
      { class: "choice", role: "group", "aria-label": "How to write the payload" },
      button("Fields", false),
      button("Text", true),
    );
  }

  #turn(asText) {
    const { text } = this.read();
    if (asText && text !== undefined) this.#text.value = text;
    this.#asText = asText;
    // Of a text that says nothing about the fields, they stay as they are.
    if (!asText) this.#hold(this.#text.value);
    this.#show();
    this.element.querySelector(".choice [aria-pressed=true]").focus();
    this.#changed();
  }

  // A text that the service will not take may be sent: what it says to that is worth seeing.
  #look() {
    const found = this.#wrong(this.#text.value);
    this.#trouble.textContent = found ? `${line(found)} (it can be sent all the same)` : "";
  }

  #wrong(text) {
    if (!this.#schema || text.trim() === "") return null;
    try {
      return problem(JSON.parse(text), this.#schema);
    } catch (error) {
      return `this is no JSON: ${error.message}`;
    }
  }
}

// Whether it is the same object, in whatever order its properties stand.
function isSame(value, other) {
  const names = isObject(value) ? Object.keys(value) : [];
  const isEqual = (name) => Object.hasOwn(other, name) && JSON.stringify(value[name]) === JSON.stringify(other[name]);
  return isObject(value) && names.length === Object.keys(other).length && names.every(isEqual);
}
