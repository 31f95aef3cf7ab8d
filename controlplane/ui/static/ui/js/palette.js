// ⌘K / Ctrl K: a dialog that asks the server for a list of links. Without this file its button leads to a page.
const dialog = document.querySelector("dialog[data-palette]");
const mac = navigator.platform.startsWith("Mac");
const WAIT = 120;

for (const key of document.querySelectorAll("[data-command-key]")) key.textContent = mac ? "⌘K" : "Ctrl K";

if (dialog) {
  const input = dialog.querySelector("input");
  const results = dialog.querySelector("[data-palette-results]");
  const links = () => [...results.querySelectorAll("a")];
  let timer, asked = 0;

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    ask();
  };

  async function ask() {
    const turn = ++asked;
    const url = new URL(dialog.dataset.palette, location.href);
    url.searchParams.set("q", input.value.trim());
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (turn !== asked) return; // an older answer that came late
    if (!answer?.ok) return void (results.textContent = "The server did not answer.");
    window.htmx.swap(results, await answer.text(), { swapStyle: "innerHTML" });
    point(links()[0]);
  }

  function point(link) {
    for (const other of links()) other.toggleAttribute("data-cursor", other === link);
    link?.scrollIntoView({ block: "nearest" });
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    const all = links();
    const here = all.findIndex((link) => link.hasAttribute("data-cursor"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && all.length) {
      event.preventDefault();
      point(all[(here + step + all.length) % all.length]);
    }
    if (event.key === "Enter") all[here]?.click();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette-open]")) return;
    event.preventDefault();
    document.getElementById("sidebar")?.matches(":popover-open") && document.getElementById("sidebar").hidePopover();
    open();
  });
}
