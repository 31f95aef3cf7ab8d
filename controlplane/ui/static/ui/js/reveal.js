// [data-reveal] holds an input and an eye. A password field shows what is typed; [data-mask] hides a given value.
function ready(root) {
  for (const box of root.querySelectorAll("[data-reveal]:not([data-ready])")) {
    box.dataset.ready = "";
    const input = box.querySelector("input");
    const eye = box.querySelector("[data-eye]");
    if ("mask" in input.dataset) input.type = "password";
    eye.hidden = false;
    eye.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      eye.setAttribute("aria-pressed", String(shown));
    });
  }
}

ready(document);
document.addEventListener("htmx:load", (event) => ready(event.target));
