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

  /* What is marked in a text is what its button keeps; pressing the button must not lose it. */
  const button = document.querySelector("[data-keep] [data-marked]");
  const field = document.querySelector("[data-keep] [data-words]");
  const body = document.querySelector(".text-body");
  if (!button || !field || !body) return;
  const words = button.querySelector("span");
  const usual = words.textContent;
  let isPressed = false;
  button.addEventListener("pointerdown", () => { isPressed = true; });
  document.addEventListener("pointerup", () => setTimeout(() => { isPressed = false; }, 0));
  document.addEventListener("selectionchange", () => {
    if (isPressed || !button.isConnected) return;
    const marked = getSelection();
    const isInside = !marked.isCollapsed && body.contains(marked.anchorNode) && body.contains(marked.focusNode);
    field.value = isInside ? marked.toString().trim().slice(0, 8000) : "";
    words.textContent = field.value ? button.dataset.marked : usual;
  });
})();
