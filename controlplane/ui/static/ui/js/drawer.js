// What a field refers to is made in a drawer beside the form, which keeps all that was typed; docs/ui.md.
// Without this script the link opens another tab.
let asking = "";

function open(link) {
  document.querySelector("#drawer")?.remove();
  const drawer = Object.assign(document.createElement("dialog"), { id: "drawer", className: "drawer" });
  drawer.setAttribute("aria-label", link.textContent.trim());
  drawer.append(Object.assign(document.createElement("div"), { id: "drawer-body" }));
  drawer.addEventListener("close", () => { drawer.remove(); document.getElementById(asking)?.focus(); });
  document.body.append(drawer);
  drawer.showModal();
  asking = link.dataset.drawer;
  const url = new URL(link.href);
  url.searchParams.set("drawer", "1");
  window.htmx.ajax("GET", url.pathname + url.search, { target: "#drawer-body", swap: "innerHTML" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (link && !link.closest("#drawer") && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    open(link);
  }
  if (event.target.closest?.("#drawer [data-close]")) document.querySelector("#drawer").close();
});

// The server says what was made: it is one more choice of the field, and the one that is chosen.
document.addEventListener("ui:made", (event) => {
  const { id, words, group } = event.detail;
  const select = document.getElementById(asking);
  if (!select) return;
  let kind = [...select.querySelectorAll("optgroup")].find((each) => each.label === group);
  if (!kind) select.append(kind = Object.assign(document.createElement("optgroup"), { label: group }));
  kind.append(new Option(words, id, true, true));
  select.value = id;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  document.querySelector("#drawer")?.close();
  document.dispatchEvent(new CustomEvent("ui:announce", { detail: `${words} was made and chosen.` }));
});
