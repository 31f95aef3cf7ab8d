// <details data-menu> is a menu without this file; here it closes by Escape or a click elsewhere, and arrows walk it.
const open = () => document.querySelectorAll("details[data-menu][open]");
const items = (menu) => [...menu.querySelectorAll("a, button, input:not([type=hidden])")];

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details[data-menu][open]")) return;
  for (const menu of open()) if (menu !== event.target) menu.open = false;
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu]");
  if (!menu) return;
  if (event.key === "Escape" && menu.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  menu.open = true;
  const all = items(menu);
  const next = all.indexOf(document.activeElement) + step;
  all[(next + all.length) % all.length]?.focus();
});
