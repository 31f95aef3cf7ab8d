// Forms out of a JSON Schema: says at the field what the browser finds wrong, and shows another kind at once.

function explain(control) {
  const text = document.getElementById(`${control.id}-error`);
  if (!text) return;
  const valid = control.validity.valid;
  text.hidden = valid;
  text.querySelector("span").textContent = valid ? "" : control.validationMessage;
  control.closest(".field")?.toggleAttribute("data-invalid", !valid);
  control.toggleAttribute("aria-invalid", !valid);
  if (!valid) control.setAttribute("aria-invalid", "true");
}

function check(control) {
  let problem = "";
  const text = control.value.trim();
  if (text && control.hasAttribute("data-json")) {
    try { JSON.parse(text); } catch (error) { problem = `This is not JSON: ${error.message}`; }
  }
  const { min, max } = control.dataset;
  if (text && min !== undefined && Number(text) < Number(min)) problem = `This must be ${min} or more.`;
  if (text && max !== undefined && Number(text) > Number(max)) problem = `This must be ${max} or less.`;
  control.setCustomValidity(problem);
}

// The browser's bubble goes away by itself; what stands at the field stays until it is right.
document.addEventListener("invalid", (event) => {
  const control = event.target;
  if (!control.closest(".schema-form")) return;
  event.preventDefault();
  explain(control);
  const fold = control.closest("details:not([open])");
  if (fold) fold.open = true;
  const first = control.form.querySelector(":invalid:not(fieldset)");
  if (first === control) control.focus();
}, true);

document.addEventListener("change", (event) => {
  const control = event.target;
  if (!control.closest?.(".schema-form")) return;
  if (control.matches("[data-refresh]")) {
    control.parentElement.querySelector("button[value=refresh]").click();
    return;
  }
  if (!control.validity) return;
  check(control);
  explain(control);
});

// Many lines pasted into a row become as many rows.
document.addEventListener("paste", (event) => {
  const control = event.target.closest?.(".schema-form input[data-row]");
  const lines = (event.clipboardData?.getData("text") ?? "").split(/\r?\n/).filter((line) => line.trim());
  if (!control || lines.length < 2) return;
  event.preventDefault();
  const group = control.name.slice(0, control.name.lastIndexOf("/"));
  const rows = control.form.elements[`${group}#rows`];
  let next = Math.max(...rows.value.split(",").map(Number)) + 1;
  control.value = lines.shift();
  for (const line of lines) {
    const more = Object.assign(document.createElement("input"), { type: "hidden", name: `${group}/${next}`, value: line });
    control.form.append(more);
    rows.value += `,${next++}`;
  }
  const refresh = Object.assign(document.createElement("button"), { name: "do", value: "refresh", hidden: true, formNoValidate: true });
  control.form.append(refresh);
  refresh.click();
});

// Where a button went with its row, the focus stays in the group that it was in.
let pressed = "";
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".schema-form button[name=do]");
  pressed = button ? button.value : "";
  // The form may have been drawn anew since its fields were looked at.
  const saving = event.target.closest?.("button[type=submit]:not([formnovalidate])");
  saving?.form?.querySelectorAll(".schema-form :is(input, textarea)").forEach(check);
}, true);
document.addEventListener("htmx:afterSettle", () => {
  const [verb, name] = [pressed.slice(0, pressed.indexOf(":")), pressed.slice(pressed.indexOf(":") + 1)];
  pressed = "";
  if (!name || (document.activeElement !== document.body && verb !== "add" && verb !== "replace")) return;
  const selector = (text) => `.schema-form [name="${CSS.escape(text)}"]`;
  const last = [...document.querySelectorAll(`.schema-form [name^="${CSS.escape(name)}/"]:not([type=hidden])`)].at(-1);
  const group = document.querySelector(`.schema-form button[value="add:${CSS.escape(name.slice(0, name.lastIndexOf("/")))}"]`);
  (verb === "add" ? last : document.querySelector(`${selector(name)}:not([type=hidden])`) ?? group)?.focus();
});
