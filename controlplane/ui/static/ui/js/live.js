// <section data-live="URL">: server-sent events named like the id of a [data-region] carry its new HTML; docs/ui.md.
const HIDDEN_MS = 30_000, POLL_MS = 10_000, FAILURES = 2, POLLS = 6;
const section = document.querySelector("[data-live]");
const pill = document.querySelector("[data-live-pill]");
const WORDS = { connecting: "Connecting…", live: "Live", reconnecting: "Reconnecting…", paused: "Paused", polling: "Polling every 10 s" };
const waiting = new Map();
let source, timer, hiding, last = "", failures = 0, polls = 0, paused = false, ended = false;

function show(status) {
  if (!pill) return;
  pill.hidden = ended;
  pill.dataset.status = status;
  pill.querySelector("[data-live-words]").textContent = WORDS[status];
  pill.title = paused ? "Press to follow again" : "Press to pause";
}

// What a person has open or is typing in must not be taken away; it is brought up to date when they are done.
function busy(region) {
  const focused = document.activeElement;
  return (region.contains(focused) && focused.matches("input, select, textarea"))
    || region.querySelector("details[data-menu][open], dialog[open], input[type=checkbox]:checked") !== null;
}

function swap(region, html) {
  const adding = region.dataset.region === "append";
  if (!adding && busy(region)) return void waiting.set(region.id, html);
  waiting.delete(region.id);
  const atEnd = region.scrollHeight - region.scrollTop - region.clientHeight < 40;
  window.htmx.swap(region, html, { swapStyle: adding ? "beforeend" : "innerHTML", swapDelay: 0, settleDelay: 0 });
  if (adding && atEnd) region.scrollTop = region.scrollHeight;
  region.dispatchEvent(new CustomEvent("ui:swapped", { bubbles: true, detail: { following: atEnd } }));
}

function connect() {
  stop();
  if (paused || ended) return;
  const url = new URL(section.dataset.live, location.href);
  if (last) url.searchParams.set("last", last); // a new EventSource does not send Last-Event-ID by itself
  source = new EventSource(url);
  source.onopen = () => { failures = 0; show("live"); };
  source.onerror = () => {
    failures += 1;
    show("reconnecting");
    if (failures >= FAILURES) poll();
    else if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, 3000);
  };
  source.addEventListener("end", () => { ended = true; stop(); show("paused"); });
  for (const { id } of section.querySelectorAll("[data-region][id]")) {
    source.addEventListener(id, (event) => {
      last = event.lastEventId || last;
      // Looked up each time: a region inside another is a new element after the outer one was swapped.
      const region = document.getElementById(id);
      if (region) swap(region, event.data);
    });
  }
}

// When streams do not pass (a proxy, too many tabs): read the page itself and take its regions out of it.
async function poll() {
  stop();
  if (++polls % POLLS === 0) { failures = FAILURES - 1; return connect(); } // perhaps streams pass again
  show("polling");
  timer = setTimeout(poll, POLL_MS);
  if (document.hidden) return;
  const answer = await fetch(section.dataset.poll ?? location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return show("reconnecting");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of section.querySelectorAll("[data-region][id]")) {
    const fresh = page.getElementById(region.id);
    if (fresh && !busy(region)) window.htmx.swap(region, fresh.innerHTML, { swapStyle: "innerHTML" });
  }
}

function stop() {
  clearTimeout(timer);
  source?.close();
}

if (section) {
  connect();
  setInterval(() => waiting.forEach((html, id) => {
    const region = document.getElementById(id);
    if (region) swap(region, html);
    else waiting.delete(id);
  }), 1000);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => { stop(); hiding = null; }, HIDDEN_MS);
    else if (hiding === null) connect();
  });
  pill?.addEventListener("click", () => { paused = !paused; paused ? (stop(), show("paused")) : (failures = 0, connect()); });
}
