// <ui-copy><button data-text="…"> or data-from="ID of an input" or data-from-snippet (the code beside it).
class Copy extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.copy(button);
    });
  }

  text(button) {
    if (button.dataset.from) return document.getElementById(button.dataset.from).value;
    if ("fromSnippet" in button.dataset) return this.closest(".snippet").querySelector("code").textContent;
    return button.dataset.text;
  }

  async copy(button) {
    const done = await write(this.text(button));
    document.dispatchEvent(new CustomEvent("ui:announce", { detail: done ? "Copied" : "Could not copy" }));
    if (!done) return;
    this.dispatchEvent(new CustomEvent("ui:copied", { bubbles: true }));
    const use = button.querySelector("use");
    const before = use.getAttribute("href");
    if (button.hasAttribute("data-done")) return;
    button.toggleAttribute("data-done", true);
    use.setAttribute("href", before.replace(/#.*/, "#check"));
    setTimeout(() => {
      button.removeAttribute("data-done");
      use.setAttribute("href", before);
    }, 1500);
  }
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text);
  }
}

// Without https there is no clipboard API, and a first look at a self-hosted server is often plain http.
function writeBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  const focused = document.activeElement;
  // Inside an open dialog nothing outside it can take the focus.
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}

customElements.define("ui-copy", Copy);
