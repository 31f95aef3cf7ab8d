// Keeps <time data-relative> ("5 min ago") and <time data-elapsed> ("1 m 02 s") true. The words are those of moments.py.
const MINUTE = 60, HOUR = 3600, DAY = 86400;
const pad = (number) => String(number).padStart(2, "0");

function distance(seconds) {
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

function relative(moment) {
  const seconds = (Date.now() - moment) / 1000;
  if (Math.abs(seconds) < 5) return "just now";
  if (Math.abs(seconds) >= 30 * DAY) return null; // the server wrote the date, which stays true
  return seconds > 0 ? `${distance(seconds)} ago` : `in ${distance(-seconds)}`;
}

function elapsed(moment) {
  const seconds = Math.max(0, Math.floor((Date.now() - moment) / 1000));
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} m ${pad(seconds % MINUTE)} s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${pad(Math.floor((seconds % HOUR) / MINUTE))} m`;
  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
}

function write(selector, words) {
  for (const element of document.querySelectorAll(selector)) {
    const text = words(Date.parse(element.dateTime));
    if (text !== null && element.textContent !== text) element.textContent = text;
  }
}

const slow = () => document.hidden || write("time[data-relative]", relative);
const fast = () => document.hidden || write("time[data-elapsed]", elapsed);
setInterval(slow, 10_000);
setInterval(fast, 1_000);
document.addEventListener("visibilitychange", () => { slow(); fast(); });
