// The form that sends a message as a device would, and what comes back.

import { Answer } from "./answer.js";
import { Body } from "./body.js";
import { byId, command, html } from "./dom.js";
import { textField } from "./field.js";
import { fillIn, fit, parts, valuesIn } from "./path.js";
import { curl, kaaCall } from "./shell.js";
import { line, prose } from "./text.js";

const MOST_RESOURCES = 500;
const MOST_ENDPOINTS = 20;

export class Send {
  #resources = [];
  #chosen = null;
  #values = new Map();
  #body = new Body(() => this.#tell());
  #endpoints = [];
  #answer;

  // `open(correlationId)` shows the message that was sent among the others.
  constructor(open) {
    this.#answer = new Answer(open);
    const changed = () => this.#tell();
    this.select = html("select", {
      id: "resource",
      on: { change: () => this.#choose(this.#resources[this.select.value]) },
    });
    this.endpoint = textField("Endpoint", "ep-1", { list: "endpoints" }, changed);
    this.endpoint.input.addEventListener("focus", () =>
      this.known.replaceChildren(...this.#endpoints.map((known) => html("option", { value: line(known) }))),
    );
    this.application = textField("Application version", "v1", {}, changed);
    this.parameters = html("div", { class: "pair" });
    this.doc = html("p", { class: "note" });
    this.known = html("datalist", { id: "endpoints" });
    this.button = html("button", { type: "submit", class: "main" }, "Send");
    this.problem = html("p", { class: "problem", id: "send-problem", role: "alert" });
    this.lines = html("div");
    byId("form").append(
      html("div", { class: "field" }, html("label", { for: "resource" }, "Resource"), this.select, this.doc),
      html("div", { class: "pair" }, this.endpoint.element, this.application.element),
      this.known,
      this.parameters,
      this.#body.element,
      html("div", { class: "actions" }, this.button, this.problem),
      html("details", { class: "terminal" }, html("summary", {}, "The same in a terminal"), this.lines),
    );
    byId("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  // What there is to send to. What is being written stays, as long as its resource does.
  describe({ services }) {
    const former = this.#chosen;
    this.#resources = services
      .flatMap(({ name: service, resources }) => resources.map((resource) => ({ service, ...resource })))
      .slice(0, MOST_RESOURCES);
    const groups = Map.groupBy(
      this.#resources.map((resource, at) => [resource, at]),
      ([{ service }]) => service,
    );
    this.select.replaceChildren(
      ...[...groups].map(([service, members]) =>
        html(
          "optgroup",
          { label: line(service) },
          ...members.map(([{ path }, at]) => html("option", { value: at }, `${line(service, 40)}  ${line(path, 80)}`)),
        ),
      ),
    );
    byId("send").classList.toggle("empty", this.#resources.length === 0);
    const same = this.#resources.findIndex((resource) => JSON.stringify(resource) === JSON.stringify(former));
    if (same >= 0) this.select.value = same;
    else this.#choose(this.#resources[0]);
  }

  // Endpoints that have been seen are offered.
  meet(endpoint) {
    if (!endpoint || this.#endpoints.includes(endpoint)) return;
    this.#endpoints = [endpoint, ...this.#endpoints].slice(0, MOST_ENDPOINTS);
  }

  // The form as it would have been for a message that somebody else has sent.
  take({ service, resource, endpoint, application, request }) {
    const fits = this.#resources.map((one) => (one.service === service ? fit(one.path, resource) : -1));
    const best = fits.indexOf(Math.max(...fits));
    if (best < 0 || fits[best] < 0) return this.#say("No resource is known that takes this path.");
    this.select.value = best;
    this.#choose(this.#resources[best]);
    for (const [name, value] of valuesIn(this.#chosen.path, resource)) this.#values.get(name).value = value;
    this.endpoint.input.value = endpoint ?? "";
    if (application) this.application.input.value = application;
    const { payload } = request ?? {};
    this.#body.set(payload == null ? "" : "json" in payload ? JSON.stringify(payload.json) : (payload.text ?? ""));
    this.#tell();
    if (payload?.truncated) this.#say("The payload was cut: it is not all here.");
    else if (payload && "base64" in payload)
      this.#say("The payload was neither JSON nor text: it cannot be written here.");
    byId("send").scrollIntoView({ block: "nearest" });
    this.button.focus();
  }

  #choose(resource) {
    this.#chosen = resource ?? null;
    this.#values = new Map();
    byId("form").inert = !resource;
    this.doc.textContent = "There is nothing to send to yet: start a service.";
    if (!resource) return;
    this.doc.textContent = prose(resource.doc);
    const fields = parts(resource.path).flatMap(({ names, isOptional, isChoice }) =>
      names.map((name) => {
        const made = textField(
          name,
          "",
          { note: isOptional ? "in the path, optional" : "in the path", isRequired: !isOptional, isChoice },
          () => this.#tell(),
        );
        this.#values.set(name, made.input);
        return made.element;
      }),
    );
    this.parameters.replaceChildren(...fields);
    this.#body.use(resource);
    this.#tell();
  }

  // The message as it stands in the form, or what is missing.
  #message() {
    const values = new Map([...this.#values].map(([name, { value }]) => [name, value]));
    const resource = fillIn(this.#chosen.path, values);
    const payload = this.#body.read();
    const problem = resource.problem ?? payload.problem;
    if (problem) return { problem };
    const message = {
      service: this.#chosen.service,
      resource: resource.path,
      endpoint: this.endpoint.input.value.trim() || null,
      application: this.application.input.value.trim(),
      payload: payload.text,
    };
    return message.application
      ? { message }
      : { problem: "The application version is needed: it says what kind of device this is" };
  }

  #tell() {
    if (!this.#chosen) return;
    const { message, problem } = this.#message();
    this.#say("");
    this.lines.replaceChildren(
      ...(message
        ? [
            command(kaaCall(message)),
            command(curl(message)),
            html(
              "p",
              { class: "note" },
              "curl speaks to kaa-kpc where it listens by default, with the endpoint ID as its token.",
            ),
          ]
        : [html("p", { class: "note" }, line(problem))]),
    );
  }

  #say(problem) {
    this.problem.textContent = line(problem);
  }

  async #send() {
    const { message, problem } = this.#chosen ? this.#message() : { problem: "There is no resource to send to yet." };
    this.#body.judge();
    if (problem) return this.#say(problem);
    this.button.disabled = true;
    this.#say("");
    await this.#answer.ask(message);
    this.button.disabled = false;
  }
}
