// [data-refresh="seconds"]: reads the page itself again and swaps the parts ([data-refreshed] with an id) that the
// server drew differently since last time. What a person has open or is using stays until they are done.
const section = document.querySelector("[data-refresh]");
const drawn = new Map();

function parts(root) {
  return [...root.querySelectorAll("[data-refreshed][id]")];
}

function busy(part) {
  const focused = document.activeElement;
  return part.contains(focused) || part.querySelector("details[open]") !== null || !getSelection().isCollapsed;
}

// Words such as "5 min ago" tick by themselves, and a token is new in every answer: neither is news.
function essence(part) {
  const copy = part.cloneNode(true);
  for (const moving of copy.querySelectorAll("time, [data-since]")) moving.textContent = "";
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  return copy.innerHTML;
}

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (parts(page).length !== parts(section).length) return void (busy(section) || location.reload());
  for (const part of parts(section)) {
    const fresh = page.getElementById(part.id);
    const news = essence(fresh);
    if (news === drawn.get(part.id) || busy(part)) continue;
    drawn.set(part.id, news);
    window.htmx.swap(part, fresh.innerHTML, { swapStyle: "innerHTML" });
  }
}

if (section) setInterval(refresh, 1000 * Number(section.dataset.refresh));
