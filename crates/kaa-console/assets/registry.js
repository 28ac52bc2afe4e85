// The services as the server tells of them, one entry for each replica, seen as a developer does: one service with its
// replicas, one resource with the sums of all of them.

import { fit } from "./path.js";

const MOST_SERVICES = 100;
const MOST_RESOURCES = 200;
// Seconds that a rate is the mean of.
const SMOOTHED = 4;
// Seconds that a curve of rates goes back.
export const HISTORY = 60;

export class Registry {
  services = [];
  #history = new Map();

  update(told) {
    const merged = new Map();
    for (const replica of told) {
      const service = merged.get(replica.name) ?? { name: replica.name, replicas: [], resources: new Map() };
      if (merged.size >= MOST_SERVICES && !merged.has(replica.name)) continue;
      merged.set(replica.name, service);
      service.replicas.push(replica);
      for (const resource of replica.resources ?? []) add(service.resources, resource);
    }
    this.services = [...merged.values()].map((service) => ({ ...service, resources: [...service.resources.values()] }));
    this.services.sort((one, other) => one.name.localeCompare(other.name));
    this.#remember();
  }

  // All resources with the service they belong to.
  resources() {
    return this.services
      .flatMap((service) => service.resources.map((resource) => ({ service: service.name, ...resource })))
      .slice(0, MOST_RESOURCES);
  }

  // The rates of the last minute, the latest last.
  history(service, resource) {
    return this.#history.get(`${service} ${resource}`) ?? [];
  }

  // The service of a message that names a replica alone, as one does that goes to where its session is pinned.
  serviceOf(replica) {
    return this.services.find(({ replicas }) => replicas.some((one) => one.replica === replica))?.name;
  }

  // The service and the resource that handle a message; `undefined` when none of those that are known does.
  handler({ kind, service: name, resource: path, record, subject }) {
    const hears = (resource) =>
      resource.kind !== "resource" && (resource.handles === record || resource.handles === subject);
    // Whoever listens hears an event; its subject names the one who announces it.
    if (kind === "event") return this.#first((resource) => resource.kind === "listener" && hears(resource));
    const service = this.services.find((one) => one.name === name);
    if (kind === "targeted") return found(service, service?.resources.find(hears));
    const fits = (resource) => (resource.kind === "resource" ? fit(resource.handles, path) : -1);
    const best = Math.max(-1, ...(service?.resources.map(fits) ?? []));
    return best < 0
      ? undefined
      : found(
          service,
          service.resources.find((resource) => fits(resource) === best),
        );
  }

  #first(matches) {
    for (const service of this.services) {
      const resource = service.resources.find(matches);
      if (resource) return found(service, resource);
    }
    return undefined;
  }

  #remember() {
    const fresh = new Map();
    for (const { service, name, rate } of this.resources()) {
      fresh.set(`${service} ${name}`, [...this.history(service, name), rate ?? 0].slice(-HISTORY));
    }
    this.#history = fresh;
    // Whole messages of a single second make a rate that leaps; that of some seconds can be read.
    for (const service of this.services) {
      for (const resource of service.resources) {
        const recent = this.history(service.name, resource.name).slice(-SMOOTHED);
        if (recent.length > 0) resource.rate = recent.reduce((sum, one) => sum + one, 0) / recent.length;
      }
    }
  }
}

const found = (service, resource) => resource && { service: service.name, name: resource.name };

// Counts are added up; of times, which cannot be, the slowest replica's are taken.
function add(resources, told) {
  const known = resources.get(told.name);
  if (!known) {
    resources.set(told.name, { ...told });
    return;
  }
  for (const sum of ["requests", "errors", "rate"]) known[sum] = (known[sum] ?? 0) + (told[sum] ?? 0);
  for (const time of ["p50", "p99"])
    known[time] = told[time] == null ? known[time] : Math.max(known[time] ?? 0, told[time]);
  known.lastError ??= told.lastError;
}
