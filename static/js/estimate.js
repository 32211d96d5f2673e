// Keeps the estimate of a GPU pledge in step with what is typed. Without it the estimate follows on submit.
const form = document.getElementById("gpu-pledge");
let timer = 0;

async function refresh() {
  const typed = new FormData(form);
  const query = new URLSearchParams();
  for (const name of ["catalog_slug", "pledged_us", "device"]) query.set(name, typed.get(name) || "");
  const response = await fetch(`${form.dataset.estimateUrl}?${query}`);
  if (!response.ok) return;
  const box = document.createElement("template");
  box.innerHTML = await response.text();
  document.getElementById("estimate").replaceWith(box.content.querySelector("#estimate"));
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(refresh, 250);
});
