// The same request as lines for a terminal.

// What a terminal might obey, or not show. The ends of lines and tabs stay: between quotes they do no harm.
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Cf}]/gu;

// A word that a shell takes as it is. What cannot be seen is written as an escape, so that a paste does what it shows.
export function quote(word) {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(UNSEEN) < 0) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word
    .replace(/[\\']/g, "\\$&")
    .replace(UNSEEN, (character) => `\\U${character.codePointAt(0).toString(16).padStart(8, "0")}`);
  return `$'${escaped}'`;
}

// As somebody on the bus.
export function kaaCall({ service, resource, endpoint, application, payload }) {
  const who = [endpoint && option("--endpoint", endpoint), application && option("--app-version", application)]
    .filter(Boolean)
    .join(" ");
  return inLines(`kaa call ${quote(service)} ${quote(resource)}`, who, payload && option("--data", payload));
}

// One line for what belongs together, as a shell takes it.
const inLines = (...parts) => parts.filter(Boolean).join(" \\\n  ");

// What begins like an option would be taken for one.
const option = (name, value) => (value.startsWith("-") ? `${name}=${quote(value)}` : `${name} ${quote(value)}`);

// As a device: through kaa-kpc where it listens when nothing else is said, with a token that is the endpoint ID.
export function curl({ service, resource, endpoint, application, payload }) {
  const names = [application || "v1", service, endpoint].filter(Boolean).map(encodeURIComponent);
  const path = resource.split("/").map(encodeURIComponent).join("/");
  const url = `http://127.0.0.1:8008/kp1/${names.join("/")}${path}`;
  return inLines(`curl -X POST ${quote(url)}`, payload && `--data-raw ${quote(payload)}`);
}
