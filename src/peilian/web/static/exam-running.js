// Choosing people for an exam: all at once, or none.
(() => {
  const tick = (on) => {
    for (const box of document.querySelectorAll(".people-choice input[type=checkbox]")) box.checked = on;
  };
  document.querySelector("[data-tick-all]")?.addEventListener("click", () => tick(true));
  document.querySelector("[data-tick-none]")?.addEventListener("click", () => tick(false));
})();
