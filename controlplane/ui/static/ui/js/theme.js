// Changes the theme without a reload; the cookie is the one the server reads for the next page.
const YEAR = 365 * 86400;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-themes]");
  const theme = event.submitter?.value;
  if (!form || !theme) return;
  event.preventDefault();
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  for (const button of document.querySelectorAll("[data-themes] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  document.dispatchEvent(new CustomEvent("ui:announce", { detail: `Theme: ${theme}` }));
});
