// Proof of work before another card may be tried: find the number behind the challenge, then let the form go.
const form = document.querySelector("form[data-proof]");

async function solve() {
  const challenge = await (await fetch(form.dataset.proof)).json();
  const encoder = new TextEncoder();
  for (let number = 0; number <= challenge.maxNumber; number += 1) {
    const digest = await crypto.subtle.digest("SHA-256", encoder.encode(challenge.salt + number));
    const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hex === challenge.challenge) {
      const { algorithm, salt, signature } = challenge;
      return btoa(JSON.stringify({ algorithm, challenge: hex, number, salt, signature }));
    }
  }
  throw new Error("The challenge has no answer.");
}

if (form) {
  const button = form.querySelector("[type=submit]");
  const label = button.textContent;
  button.disabled = true;
  button.textContent = form.dataset.proving;
  solve()
    .then((answer) => { form.elements.proof.value = answer; })
    .finally(() => { button.disabled = false; button.textContent = label; });
}
