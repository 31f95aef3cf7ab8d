// Forms cannot be sent twice, say "Saving…" when it takes long, and put the focus on the first thing to correct.
const SLOW = 300;

// First of all listeners: what is being sent, or may not be, goes no further.
document.addEventListener("submit", (event) => {
  if (event.submitter?.getAttribute("aria-disabled") !== "true" && !event.target.dataset.sending) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// Last of all listeners: what nobody else took over is now on its way.
addEventListener("submit", (event) => {
  const form = event.target;
  const taken = event.defaultPrevented && !form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");
  if (form.method !== "post" || taken) return;
  form.dataset.sending = "true";
  const button = event.submitter;
  form.slow = setTimeout(() => {
    if (!button?.matches(".button")) return;
    button.contents = [...button.childNodes];
    button.textContent = form.dataset.saying ?? "Saving…";
  }, SLOW);
});

// A disabled button that says why must not act, also when it is not in a form.
document.addEventListener("click", (event) => {
  if (event.target.closest?.("button[aria-disabled=true]")) event.preventDefault();
}, true);

function free(form) {
  clearTimeout(form.slow);
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("button")) {
    if (button.contents) button.replaceChildren(...button.contents);
    delete button.contents;
  }
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form");
  if (form) free(form);
});
// The back button brings the page back as it was left: with a form that is being sent.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(free));

function focusFirstError(root) {
  const invalid = root.querySelector("[data-focus]") ?? root.querySelector("[aria-invalid=true]");
  invalid?.focus();
}

focusFirstError(document);
document.addEventListener("htmx:load", (event) => focusFirstError(event.target));
