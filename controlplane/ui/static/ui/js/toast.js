// ui:toast { detail: { text, tone } }, which a response can send as HX-Trigger: {"ui:toast": {...}}.
// Goes after six seconds; what failed stays until it is closed.
const STAY = 6000;
const place = document.querySelector("[data-toasts]");
const sprite = document.querySelector("svg.icon use")?.getAttribute("href").replace(/#.*/, "");

function settle(toast) {
  const failed = toast.dataset.tone === "failed";
  if (failed) toast.append(closer(toast));
  else setTimeout(() => toast.remove(), STAY);
}

function closer(toast) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset.kind = "icon";
  button.setAttribute("aria-label", "Close");
  button.append(icon("cross"));
  button.addEventListener("click", () => toast.remove());
  return button;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

document.addEventListener("ui:toast", (event) => {
  const { text, tone = "done" } = event.detail;
  const toast = document.createElement("div");
  const words = document.createElement("span");
  toast.className = "toast";
  toast.dataset.tone = tone;
  toast.setAttribute("role", tone === "failed" ? "alert" : "status");
  words.textContent = text;
  toast.append(icon({ failed: "cross", warning: "alert" }[tone] ?? "check"), words);
  place.append(toast);
  settle(toast);
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const id = xhr.getResponseHeader("X-Request-Id");
  const text = `The server refused this (${xhr.status}).${id ? ` Request ${id}` : ""}`;
  document.dispatchEvent(new CustomEvent("ui:toast", { detail: { text, tone: "failed" } }));
});
document.addEventListener("htmx:sendError", () => {
  const text = "No connection to the server. Nothing was changed.";
  document.dispatchEvent(new CustomEvent("ui:toast", { detail: { text, tone: "failed" } }));
});

place?.querySelectorAll(".toast").forEach(settle);
