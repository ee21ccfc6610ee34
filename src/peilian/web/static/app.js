// Behaviour that every page shares. Nothing here is needed to read a page or to send a form.
(() => {
  const root = document.documentElement;
  const said = document.getElementById("said")?.dataset ?? {};
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const find = (selector, inside = document) => inside.querySelector(selector);
  const findAll = (selector, inside = document) => [...inside.querySelectorAll(selector)];

  /* Theme: the cookie lets the server draw the next page right at once. */
  const showTheme = () => {
    for (const button of findAll("[data-theme-switch] button")) {
      button.setAttribute("aria-pressed", String(button.value === root.dataset.themeChoice));
    }
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch] button");
    if (!button) return;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${button.value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    window.peilianTheme(button.value);
    showTheme();
  });
  showTheme();

  /* On a narrow screen tabs scroll sideways: the present one is in sight. */
  for (const tab of findAll(".tabs > [aria-current]")) {
    const strip = tab.parentElement;
    strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
  }

  /* Toasts */
  const toasts = document.getElementById("toasts");
  const toast = (text, kind = "info") => {
    if (!toasts || !text) return;
    const box = document.createElement("div");
    box.className = `toast toast-${kind}`;
    box.dataset.toast = "";
    const words = document.createElement("span");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "plain-button";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", said.dismiss ?? "×");
    close.textContent = "×";
    box.append(words, close);
    toasts.append(box);
    setTimeout(() => box.remove(), 8000);
  };
  document.addEventListener("click", (event) => {
    event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
    const why = event.target.closest(".figure[title], .figure-note[title]");
    if (why && window.matchMedia("(hover: none)").matches) toast(why.title);
  });

  /* Menus made of <details>: one open at a time, closed by Escape or a click elsewhere. */
  document.addEventListener("click", (event) => {
    for (const menu of findAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of findAll("details[data-menu][open]")) {
      menu.open = false;
      find("summary", menu)?.focus();
    }
  });

  /* Dialogs */
  const open = (id) => {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    if (id === "palette") {
      find("input", dialog)?.select();
      document.body.dispatchEvent(new CustomEvent("palette:open"));
    }
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      opener.closest("details[data-menu]")?.removeAttribute("open");
      open(opener.dataset.opens);
    }
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  /* Forms that ask first. Without JavaScript they post at once; what cannot be undone is confirmed by the server. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const dialog = document.getElementById("confirm");
    if (!form.dataset.confirm || form.dataset.confirmed || !dialog) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    const yes = find("[data-confirm-yes]", dialog);
    find("[data-confirm-text]", dialog).textContent = form.dataset.confirm;
    yes.textContent = form.dataset.confirmLabel || yes.dataset.default;
    yes.classList.toggle("btn-bad", "confirmDanger" in form.dataset);
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    }, { once: true });
    dialog.showModal();
  }, true);

  /* Forms that are sent once: a second press while the answer is on its way does nothing. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("once" in form.dataset)) return;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    form.dataset.sent = "1";
  }, true);
  document.addEventListener("htmx:afterRequest", (event) => event.target.closest?.("form")?.removeAttribute("data-sent"));
  window.addEventListener("pageshow", () => findAll("form[data-sent]").forEach((form) => form.removeAttribute("data-sent")));

  /* htmx: the CSRF token on every request, and words when a request fails. */
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = find('meta[name="csrf-token"]')?.content ?? "";
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    toast(status === 401 ? said.signedOut : said.requestFailed, "error");
  });
  document.addEventListener("htmx:sendError", () => toast(said.connectionLost, "warning"));

  /* Offline: what was typed stays in this tab until it was sent. */
  const offline = document.getElementById("offline");
  const showConnection = () => offline && (offline.hidden = navigator.onLine);
  window.addEventListener("online", showConnection);
  window.addEventListener("offline", showConnection);
  showConnection();

  const draftKey = (form) => `draft:${location.pathname}:${form.dataset.keep}`;
  const kept = (field) => field.name && !/^(hidden|password|file|submit|button)$/.test(field.type);
  const saveDraft = (form) => {
    const draft = {};
    for (const field of form.elements) {
      if (!kept(field)) continue;
      if (field.type === "radio" && !field.checked) continue;
      draft[field.name] = field.type === "checkbox" ? field.checked : field.value;
    }
    try { sessionStorage.setItem(draftKey(form), JSON.stringify(draft)); } catch { /* private mode: no drafts */ }
  };
  const restoreDraft = (form) => {
    let draft = null;
    try { draft = JSON.parse(sessionStorage.getItem(draftKey(form))); } catch { return; }
    if (!draft) return;
    let changed = false;
    for (const field of form.elements) {
      if (!kept(field) || !(field.name in draft)) continue;
      const wanted = draft[field.name];
      if (field.type === "checkbox") { changed ||= field.checked !== wanted; field.checked = wanted; }
      else if (field.type === "radio") { changed ||= !field.checked && field.value === wanted; field.checked = field.value === wanted; }
      else if (field.value !== wanted) { field.value = wanted; changed = true; }
    }
    if (changed) toast(said.draftRestored);
  };
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && "keep" in form.dataset) saveDraft(form);
  });
  // A sent draft is dropped by the page that follows: the server says so with data-drop-draft="<name>".
  for (const done of findAll("[data-drop-draft]")) {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith("draft:") && key.endsWith(`:${done.dataset.dropDraft}`)) sessionStorage.removeItem(key);
    }
  }
  for (const form of findAll("form[data-keep]")) restoreDraft(form);

  /* Tables: rows by keyboard, whole-row links, choice of columns. */
  const rows = () => findAll("[data-rows] tbody tr[data-href]");
  let chosen = -1;
  const choose = (step) => {
    const all = rows();
    if (!all.length) return;
    all[chosen]?.classList.remove("is-chosen");
    chosen = Math.max(0, Math.min(all.length - 1, chosen + step));
    all[chosen].classList.add("is-chosen");
    all[chosen].scrollIntoView({ block: "nearest" });
    find("a", all[chosen])?.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, select, label, summary, form")) return;
    if (String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  });
  const showColumns = (frame) => {
    for (const box of findAll("[data-column]", frame)) {
      for (const cell of findAll(`tr > :nth-child(${Number(box.dataset.column)})`, frame)) {
        cell.classList.toggle("is-hidden-column", !box.checked);
      }
    }
  };
  const columnsKey = (frame) => `columns:${frame.dataset.table}`;
  const restoreColumns = (frame) => {
    let hidden = null;
    try { hidden = JSON.parse(localStorage.getItem(columnsKey(frame))); } catch { /* no storage */ }
    if (Array.isArray(hidden)) {
      for (const box of findAll("[data-column]", frame)) box.checked = !hidden.includes(box.dataset.column);
    }
    showColumns(frame);
  };
  document.addEventListener("change", (event) => {
    const frame = event.target.closest("[data-column]")?.closest("[data-table]");
    if (!frame) return;
    const hidden = findAll("[data-column]", frame).filter((box) => !box.checked).map((box) => box.dataset.column);
    try { localStorage.setItem(columnsKey(frame), JSON.stringify(hidden)); } catch { /* no storage */ }
    showColumns(frame);
  });
  const wake = (inside) => findAll("[data-table]", inside).forEach(restoreColumns);
  wake(document);
  document.addEventListener("htmx:afterSettle", (event) => { chosen = -1; wake(event.target); });

  /* Command palette: arrows choose, Enter opens. */
  const hits = () => findAll("#palette-results [role=option]");
  const select = (index) => {
    const all = hits();
    all.forEach((hit, at) => hit.setAttribute("aria-selected", String(at === index)));
    all[index]?.scrollIntoView({ block: "nearest" });
    find("#palette input")?.setAttribute("aria-activedescendant", all[index]?.id ?? "");
  };
  const selected = () => hits().findIndex((hit) => hit.getAttribute("aria-selected") === "true");
  find("#palette")?.addEventListener("keydown", (event) => {
    const all = hits();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (all.length) select((selected() + step + all.length) % all.length);
    } else if (event.key === "Enter" && all.length && !event.isComposing) {
      event.preventDefault();
      all[Math.max(0, selected())].click();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "palette-results") select(0); });

  /* Keys */
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !("ownKeys" in document.body.dataset)) {
      event.preventDefault();
      open("palette");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || find("dialog[open]")) return;
    if (event.key === "?") open("keys");
    else if (event.key === "/") {
      const filter = find("[data-filters] input:not([type=hidden]), [data-filters] select");
      if (filter) { event.preventDefault(); filter.focus(); }
    } else if (event.key === "j") choose(1);
    else if (event.key === "k") choose(-1);
    else if (event.key === "Enter" && event.target === document.body && rows()[chosen]) location.assign(rows()[chosen].dataset.href);
  });
  if (isMac) for (const key of findAll("[data-mod-key]")) key.textContent = key.textContent.replace("Ctrl", "⌘");
})();
