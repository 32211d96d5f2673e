// Keeps the estimate of a GPU pledge in step with what is typed. Without it the estimate follows on submit.
const form = document.getElementById("gpu-pledge");
let timer = 0;

async function refresh() {
  const typed = new FormData(form);
  const address = new URL(form.dataset.estimateUrl, location.href);
  const query = address.searchParams;
  for (const name of ["catalog_slug", "pledged_us", "device", "hours_text", "time_zone"]) query.set(name, typed.get(name) || "");
  for (const slot of typed.getAll("slots")) query.append("slots", slot);
  query.set("kwh_price", document.querySelector("[name=kwh_price]")?.value || "");
  const response = await fetch(address);
  if (!response.ok) return;
  const box = document.createElement("template");
  box.innerHTML = await response.text();
  document.getElementById("estimate").replaceWith(box.content.querySelector("#estimate"));
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(refresh, 250);
}

form?.addEventListener("input", soon);
document.addEventListener("change", (event) => {
  if (event.target.name === "kwh_price") soon();
});
