// ui:announce { detail: "words" }: says the words to a screen reader.
const region = document.querySelector("[data-announcer]");

document.addEventListener("ui:announce", (event) => {
  if (!region) return;
  region.textContent = "";
  // A region that is emptied and filled in one go is not read again when the words are the same.
  setTimeout(() => { region.textContent = event.detail; }, 50);
});
