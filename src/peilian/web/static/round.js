// Keys of the daily round: a number chooses, Enter answers and goes on. Everything works without them.
(() => {
  const typed = "textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]";
  document.addEventListener("keydown", (event) => {
    const round = document.getElementById("round");
    if (!round || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest(typed) || document.querySelector("dialog[open]")) return;
    if (/^[1-9]$/.test(event.key) && round.querySelectorAll("[data-item]").length === 1) {
      const option = round.querySelectorAll(".option input")[Number(event.key) - 1];
      if (!option) return;
      event.preventDefault();
      option.click();
      option.focus();
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary")) {
      event.preventDefault(); // once, not by the form as well; held down it goes no further than the verdict
      if (!event.repeat) round.querySelector("[data-go]")?.click();
    }
  });
})();
