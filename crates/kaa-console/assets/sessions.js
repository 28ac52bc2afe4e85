// Who has a session, and the replica it is pinned to. Some replicas hold much: how many each has stands above.

import { byId, html, write } from "./dom.js";
import { age } from "./format.js";
import { line } from "./text.js";

const MOST = 200;
const MOST_REPLICAS = 8;

export function showSessions(sessions) {
  const shown = sessions.slice(0, MOST);
  write(
    byId("sessions-note"),
    sessions.length >= MOST ? `the latest ${MOST}` : sessions.length > 0 ? `${sessions.length} pinned` : "",
  );
  if (shown.length === 0) {
    byId("sessions-list").replaceChildren(
      html(
        "p",
        { class: "none" },
        "No session is pinned: any replica may answer any device. " +
          "A resource that calls session.pin() keeps a device with its replica.",
      ),
    );
    return;
  }
  const replicas = Map.groupBy(shown, ({ replica }) => replica);
  const load = html(
    "p",
    { class: "load" },
    ...[...replicas]
      .slice(0, MOST_REPLICAS)
      .map(([replica, pinned]) =>
        html("span", { class: "replica" }, html("bdi", {}, line(replica, 60)), html("b", {}, String(pinned.length))),
      ),
  );
  const rows = shown.map(({ endpoint, service, replica, since }) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, html("bdi", {}, line(endpoint))),
      html("td", {}, line(service)),
      html("td", {}, html("bdi", {}, line(replica))),
      html("td", { class: "number" }, age(since)),
    ),
  );
  const headings = ["Endpoint", "Service", "Replica", "Since"].map((name) => html("th", { scope: "col" }, name));
  byId("sessions-list").replaceChildren(
    load,
    html(
      "div",
      { class: "scroll" },
      html("table", {}, html("thead", {}, html("tr", {}, ...headings)), html("tbody", {}, ...rows)),
    ),
  );
}
