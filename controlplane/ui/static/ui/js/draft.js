// What was typed into a form with `data-draft` outlives a lost session: the tab keeps it for an hour, without secrets.
const HOUR = 3_600_000, PREFIX = "draft:";
const key = PREFIX + location.pathname;
let changed = false;

function fresh(name) {
  const draft = JSON.parse(sessionStorage.getItem(name) ?? "null");
  if (draft && Date.now() - draft.at < HOUR) return draft;
  sessionStorage.removeItem(name);
  return null;
}

function keep(form, sent) {
  const secret = new Set([...form.querySelectorAll("input[type=password]")].map((input) => input.name));
  const texts = [...new FormData(form)].filter(([name, text]) =>
    typeof text === "string" && name !== "csrfmiddlewaretoken" && name !== "do" && !secret.has(name));
  sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), texts, sent }));
}

// Nothing on the way in, so that a form is only kept once somebody has typed into it.
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-draft]")) return;
  changed = true;
  keep(form, false);
});
document.addEventListener("submit", (event) => {
  if (changed && event.target.matches("[data-draft]")) keep(event.target, true);
}, true);
document.addEventListener("click", (event) => {
  // Whoever leaves by the form's own link has no use for it.
  if (event.target.closest?.("form[data-draft] a.button:not([data-drawer])")) sessionStorage.removeItem(key);
});

function restore(form, draft) {
  const values = { do: "refresh" };
  for (const [name, text] of draft.texts) values[name] = text;
  values.csrfmiddlewaretoken = form.elements.csrfmiddlewaretoken.value;
  window.htmx.ajax("POST", form.getAttribute("hx-post"), { target: `#${form.id}`, swap: "outerHTML", values });
  changed = true;
}

function offer(form, draft) {
  const note = document.createElement("div");
  note.className = "notice draft";
  note.dataset.tone = "info";
  note.setAttribute("role", "status");
  const words = Object.assign(document.createElement("p"), { textContent: "What you typed here before was not saved. Secrets are not kept." });
  const take = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Take it up again" });
  const drop = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Drop it" });
  take.addEventListener("click", () => { note.remove(); restore(form, draft); });
  drop.addEventListener("click", () => { note.remove(); sessionStorage.removeItem(key); });
  note.append(words, take, drop);
  form.before(note);
}

const form = document.querySelector("form[data-draft][hx-post]");
const draft = form && fresh(key);
if (draft) offer(form, draft);
// A page of the workspace after a form was sent: it was saved. The page for signing in is none.
if (!form && document.querySelector("nav[aria-label]")) {
  for (const name of Object.keys(sessionStorage).filter((each) => each.startsWith(PREFIX))) {
    if (fresh(name)?.sent) sessionStorage.removeItem(name);
  }
}
