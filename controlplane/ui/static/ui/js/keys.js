// Single-key shortcuts: never in inputs, never with modifiers, and they can be switched off (WCAG 2.1.4).
const root = document.documentElement;
const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]";
let going = 0; // when `g` was pressed

const rows = () => [...document.querySelectorAll("[data-rows] tr")];
const cursor = () => document.querySelector("[data-rows] tr[data-cursor]");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(cursor());
  const next = here < 0 ? 0 : Math.min(Math.max(here + step, 0), all.length - 1);
  for (const row of all) row.toggleAttribute("data-cursor", row === all[next]);
  all[next].scrollIntoView({ block: "nearest" });
  all[next].querySelector("a")?.focus({ preventScroll: true });
}

const ACTIONS = {
  "?": () => document.getElementById("keys")?.showModal(),
  "/": () => document.querySelector("[data-filter], main input[type=search]")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  x: () => cursor()?.querySelector("input[type=checkbox]")?.click(),
  Enter: () => document.activeElement === document.body && cursor()?.querySelector("a")?.click(),
};

function go(letter) {
  document.querySelector(`[data-key="${CSS.escape(letter)}"]`)?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || root.dataset.shortcuts === "off") return;
  if (event.target.closest?.(TYPING) || document.querySelector("dialog[open]")) return;
  const second = Date.now() - going < 1500;
  going = 0;
  if (second) return go(event.key);
  if (event.key === "g") return void (going = Date.now());
  const own = document.querySelector(`[data-shortcut="${CSS.escape(event.key)}"]`);
  if (!own && !ACTIONS[event.key]) return;
  if (event.key !== "Enter") event.preventDefault();
  if (own) own.click();
  else ACTIONS[event.key]();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-shortcuts-switch]")) return;
  root.dataset.shortcuts = event.target.checked ? "on" : "off";
  document.cookie = `shortcuts=${root.dataset.shortcuts}; Path=/; Max-Age=31536000; SameSite=Lax`;
});
