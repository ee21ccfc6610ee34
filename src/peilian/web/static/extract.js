// Words of a conversation are hidden and shown by click or key where they stand; selected ones join the list. Without
// this script the boxes beside the conversation do the same, with a button to show the result.
(() => {
  const page = () => document.getElementById("extract");
  if (!page()) return;

  const paint = (box) => {
    for (const word of page().querySelectorAll(`[data-box="${CSS.escape(box.id)}"]`)) {
      word.classList.toggle("is-hidden", box.checked);
      word.setAttribute("aria-pressed", String(box.checked));
    }
  };

  const prepare = () => {
    for (const word of page().querySelectorAll(".extract-word")) {
      word.tabIndex = 0;
      word.setAttribute("role", "button");
      word.setAttribute("aria-pressed", String(word.classList.contains("is-hidden")));
    }
  };

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.name === "hide") paint(box);
    if (box.name?.startsWith("told.")) box.closest(".chat-turn")?.classList.toggle("is-left-out", !box.checked);
  });

  document.addEventListener("keydown", (event) => {
    const word = event.target.closest?.(".extract-word");
    if (!word || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    document.getElementById(word.dataset.box)?.click();
  });

  const chosen = () => {
    const selection = window.getSelection();
    const text = selection?.toString().trim() ?? "";
    if (text.length < 2 || text.length > 60 || text.includes("\n")) return null;
    const bubble = selection.anchorNode?.parentElement?.closest(".extract-chat .chat-bubble");
    if (!bubble || !bubble.contains(selection.focusNode)) return null;
    return { text, box: selection.getRangeAt(0).getBoundingClientRect() };
  };

  document.addEventListener("selectionchange", () => {
    const button = document.getElementById("extract-hide");
    if (!button) return;
    const found = chosen();
    button.hidden = !found;
    if (!found) return;
    button.textContent = `${button.dataset.label}: ${found.text}`;
    button.dataset.text = found.text;
    const left = Math.min(found.box.left, document.documentElement.clientWidth - 240);
    button.style.left = `${Math.max(8, left) + window.scrollX}px`;
    button.style.top = `${found.box.bottom + 6 + window.scrollY}px`;
  });

  // The selection is lost before a click arrives, so the words are taken when the pointer goes down.
  document.addEventListener("pointerdown", (event) => {
    const button = event.target.closest?.("#extract-hide");
    if (!button) return;
    event.preventDefault();
    const more = document.getElementById("more");
    more.value = [more.value.trim(), button.dataset.text].filter(Boolean).join("\n");
    button.hidden = true;
    window.getSelection()?.removeAllRanges();
    more.dispatchEvent(new Event("change", { bubbles: true }));
  });

  document.addEventListener("htmx:afterSwap", () => { if (page()) prepare(); });
  prepare();
})();
