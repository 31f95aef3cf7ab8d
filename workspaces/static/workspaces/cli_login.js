// Hands the answer to the command that listens on this computer: [data-callback] gets {"api_key": …} or {"reason": …}.
const WAIT_MS = 3000;
const box = document.querySelector("[data-callback]");
const input = document.getElementById("id_key");

function show(outcome) {
  for (const section of box.querySelectorAll("[data-outcome]")) section.hidden = section.dataset.outcome !== outcome;
}

async function tell() {
  const body = "key" in box.dataset ? { api_key: input.value } : { reason: box.dataset.reason };
  show("waiting");
  try {
    const answer = await fetch(box.dataset.callback, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    if (answer.ok && "key" in box.dataset) input.value = ""; // it is where it belongs
    show(answer.ok ? "done" : "failed");
  } catch {
    show("failed"); // no answer, or the browser forbids it: the page shows what to paste
  }
}

tell();
