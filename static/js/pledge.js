// Preset amounts fill the field in place; without this script they are links that do the same.
const amount = document.getElementById("id_amount");
for (const preset of document.querySelectorAll("[data-amount]")) {
  preset.addEventListener("click", (event) => {
    event.preventDefault();
    amount.value = preset.dataset.amount;
    amount.focus();
  });
}
