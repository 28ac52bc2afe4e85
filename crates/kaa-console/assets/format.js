// Numbers and times, in the words of the page.

const known = (value) => typeof value === "number" && Number.isFinite(value);

// Microseconds.
export function duration(micros) {
  if (!known(micros)) return "–";
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 10_000) return `${(micros / 1000).toFixed(2)} ms`;
  if (micros < 1_000_000) return `${(micros / 1000).toFixed(micros < 100_000 ? 1 : 0)} ms`;
  return `${(micros / 1_000_000).toFixed(2)} s`;
}

// Something a second.
export function rate(perSecond) {
  if (!known(perSecond)) return "–";
  if (perSecond > 0 && perSecond < 0.1) return "<0.1";
  if (perSecond < 10) return perSecond.toFixed(1).replace(/\.0$/, "");
  return count(Math.round(perSecond));
}

export function count(number) {
  if (!known(number)) return "–";
  if (number < 10_000) return String(Math.round(number));
  if (number < 1_000_000) return `${(number / 1000).toFixed(number < 100_000 ? 1 : 0)} k`;
  return `${(number / 1_000_000).toFixed(1)} M`;
}

export function bytes(number) {
  if (!known(number)) return "";
  return number < 1024 ? `${number} B` : `${(number / 1024).toFixed(1)} KiB`;
}

const two = (number) => String(number).padStart(2, "0");

// The time of day, to the millisecond.
export function clock(epoch) {
  const time = new Date(epoch);
  if (Number.isNaN(time.getTime())) return "–";
  const thousandths = String(time.getMilliseconds()).padStart(3, "0");
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${thousandths}`;
}

// How long something has been so.
export function age(since, now = Date.now()) {
  const seconds = Math.floor((now - Number(new Date(since))) / 1000);
  if (!known(seconds)) return "–";
  if (seconds < 1) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
