// Texts of the library: copying what to say. Nothing here is needed to read them.
(() => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const words = button.querySelector("span");
    if (!source || !words) return;
    try { await navigator.clipboard.writeText(source.textContent.trim()); } catch {
      // Without a secure connection there is no clipboard: mark the words, so that one key copies them.
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return;
    }
    const before = words.textContent;
    words.textContent = button.dataset.copied;
    setTimeout(() => { words.textContent = before; }, 2000);
  });
})();
