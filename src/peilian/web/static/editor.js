// The editor of a text: keeps what is typed, shows it as readers will see it, moves parts without a new page.
// Without this script every button works by sending the form.
(() => {
  const form = document.querySelector("form[data-editor]");
  if (!form) return;
  const status = form.querySelector("[data-status]");
  const edition = form.elements.edition;
  const box = document.querySelector("[data-preview-box]");
  const said = form.dataset;
  const PAUSE = 2500;
  let changed = 0; // counts what was typed; kept holds the count that the server has
  let kept = 0;
  let queue = Promise.resolve(true);
  let isSending = false;
  let isStale = false;
  let isLeaving = false;
  let isWaiting = false; // a button was pressed while something was being sent
  let timer = 0;

  const tell = (state, words) => {
    const isBad = state === "stale" || state === "failed";
    form.dataset.state = state;
    status.textContent = words;
    status.classList.toggle("is-bad", isBad);
  };
  const headers = () => ({ "X-CSRFToken": document.querySelector('meta[name="csrf-token"]')?.content ?? "" });

  /* Keeping: one request after the other, each with the edition that the one before it was told. */
  const save = () => {
    clearTimeout(timer);
    queue = queue.then(() => (changed === kept || isStale ? changed === kept : send()));
    return queue;
  };
  const send = async () => {
    const upTo = changed;
    isSending = true;
    tell("saving", said.saving);
    const data = new FormData(form);
    data.set("do", "save");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, headers: { ...headers(), "X-Autosave": "1" } });
      const isBusy = answer.status >= 500 || answer.status === 429;
      if (isBusy) throw new Error(String(answer.status));
      return heed(answer, await told(answer), upTo);
    } catch { // nobody answered, or not for the moment
      tell("failed", said.failed);
      timer = setTimeout(save, 4 * PAUSE);
      return false;
    } finally {
      isSending = false;
    }
  };
  // What the server says; null for a page, which is no answer to this: signed out, or never taken in.
  const told = (answer) => (/json/.test(answer.headers.get("Content-Type") ?? "") ? answer.json() : null);
  const heed = (answer, words, upTo) => {
    if (answer.status === 409) {
      isStale = true;
      tell("stale", said.staleWords);
      return false;
    }
    if (!answer.ok || !words) { // the same again would be refused again: the next change is tried, nothing before it
      const isTooLarge = answer.status === 400 || answer.status === 413;
      const isOut = answer.redirected || answer.status === 403 || answer.status === 404;
      tell("failed", words?.said ?? (isTooLarge ? said.tooLarge : isOut ? said.signedOut : said.refused));
      return false;
    }
    edition.value = words.edition;
    for (const other of document.querySelectorAll('form:not([data-editor]) input[name="edition"]')) other.value = words.edition;
    kept = upTo;
    // What was rehearsed is another wording now.
    if (document.getElementById("rehearsal")) {
      window.htmx?.ajax("GET", location.pathname + location.search, { target: "#rehearsal", select: "#rehearsal", swap: "outerHTML show:none" });
    }
    const faults = document.getElementById("faults");
    if (faults) faults.hidden = words.faults === 0;
    tell(changed === kept ? "saved" : "unsaved", changed === kept ? words.said : said.unsaved);
    return true;
  };
  const touch = () => {
    changed += 1;
    isLeaving = false;
    if (!isStale) tell("unsaved", said.unsaved);
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
    preview();
  };
  form.addEventListener("input", touch);
  window.addEventListener("online", save);
  window.addEventListener("beforeunload", (event) => {
    if (changed !== kept && !isLeaving) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { isLeaving = false; });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!isSending) { // another listener may still refuse it
      isLeaving = true;
      setTimeout(() => { if (event.defaultPrevented) isLeaving = false; });
      return;
    }
    // What is on its way raises the edition; sent with the old one, this would be taken for somebody else's.
    event.preventDefault();
    if (isWaiting) return;
    isWaiting = true;
    const submitter = event.submitter;
    queue.then(() => { isWaiting = false; form.requestSubmit(submitter); });
  });
  // Other forms of the page act on what is kept, so what was typed is kept first.
  document.addEventListener("submit", async (event) => {
    const other = event.target;
    if (!other.matches("form[data-saves-first]") || changed === kept || other.dataset.goes) return;
    event.preventDefault();
    const submitter = event.submitter;
    if (!(await save())) return;
    other.dataset.goes = "1";
    other.requestSubmit(submitter);
  });

  /* Preview */
  let asked = 0;
  let previewTimer = 0;
  const preview = (pause = 700) => {
    if (!box) return;
    const number = (asked += 1);
    box.setAttribute("aria-busy", "true");
    clearTimeout(previewTimer);
    previewTimer = setTimeout(async () => {
      const data = new FormData(form);
      data.set("preview_language", shows === "en" ? "en" : "zh");
      box.classList.add("is-waiting");
      try {
        const answer = await fetch(said.preview, { method: "POST", body: data, headers: headers() });
        const html = await answer.text();
        if (answer.ok && number === asked) box.querySelector("[data-preview-body]").innerHTML = html;
      } catch { /* the next change asks again */ }
      if (number !== asked) return;
      box.classList.remove("is-waiting");
      box.removeAttribute("aria-busy");
    }, pause);
  };

  /* Languages */
  let shows = "both";
  const switcher = form.querySelector("[data-languages]");
  const show = (wanted) => {
    shows = wanted;
    form.dataset.shows = wanted;
    for (const button of switcher?.querySelectorAll("button") ?? []) button.setAttribute("aria-pressed", String(button.value === wanted));
    try { localStorage.setItem("editor:languages", wanted); } catch { /* private mode */ }
  };
  switcher?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) { show(button.value); preview(0); }
  });
  if (switcher) {
    let wanted = null;
    try { wanted = localStorage.getItem("editor:languages"); } catch { /* private mode */ }
    if (["zh", "en", "both"].includes(wanted)) show(wanted);
  }

  /* Parts of lists */
  let fresh = Date.now() % 1e9;
  form.addEventListener("click", async (event) => {
    const button = event.target.closest('button[name="do"]');
    const [what, name, token] = (button?.value ?? "").split(":");
    if (!["add", "up", "down", "remove"].includes(what)) return;
    event.preventDefault();
    const list = form.querySelector(`[data-list="${CSS.escape(name)}"]`);
    if (what === "add") {
      if (list.matches(".ed-rows")) addRow(list); else await addCard(list, name);
    } else {
      const card = [...list.children].find((one) => one.dataset.token === token);
      if (what === "remove") {
        const next = card.nextElementSibling ?? card.previousElementSibling;
        card.remove();
        (next?.querySelector("summary") ?? list.parentElement.querySelector("[data-add]"))?.focus();
      } else {
        const other = what === "up" ? card.previousElementSibling : card.nextElementSibling;
        if (!other) return;
        other[what === "up" ? "before" : "after"](card);
        button.focus();
      }
    }
    touch();
  });
  // A new card is called by the first words that are written in it.
  form.addEventListener("input", (event) => {
    const card = event.target.closest(".ed-card");
    const title = card?.querySelector(":scope > details > summary > .ed-title");
    if (!title || (title.textContent !== "…" && !("live" in title.dataset))) return;
    const first = [...card.querySelectorAll("textarea")].find((area) => area.value.trim());
    title.dataset.live = "";
    title.textContent = first ? first.value.trim().split("\n")[0].slice(0, 80) : "…";
  });
  const addRow = (list) => {
    const row = list.lastElementChild.cloneNode(true);
    const token = `n${(fresh += 1)}`;
    const old = row.querySelector('input[type="hidden"]');
    for (const area of row.querySelectorAll("textarea")) {
      area.value = "";
      area.name = area.name.replace(new RegExp(`\\.${old.value}\\.(zh|en)$`), `.${token}.$1`);
    }
    old.value = token;
    row.querySelector("[id]")?.removeAttribute("id");
    list.append(row);
    row.querySelector("textarea").focus();
  };
  const addCard = async (list, name) => {
    const type = form.querySelector(`[data-new="${CSS.escape(name)}"]`)?.value ?? "";
    const answer = await fetch(`${said.card}?${new URLSearchParams({ name, type, token: `n${(fresh += 1)}` })}`);
    if (!answer.ok) return;
    list.insertAdjacentHTML("beforeend", await answer.text());
    const card = list.lastElementChild;
    window.htmx?.process(card); // its fields ask for what they may name like those that came with the page
    card.querySelector("details").open = true;
    card.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  };

  /* Markdown */
  const around = (area, before, after, sample) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const chosen = value.slice(from, to) || sample;
    area.setRangeText(before + chosen + after, from, to, "end");
    area.setSelectionRange(from + before.length, from + before.length + chosen.length);
    area.focus();
    touch();
  };
  const lines = (area, prefix) => {
    const { selectionStart: from, selectionEnd: to, value } = area;
    const start = value.lastIndexOf("\n", from - 1) + 1;
    const chosen = value.slice(start, to).split("\n").map((line, n) => (typeof prefix === "function" ? prefix(n) : prefix) + line);
    area.setRangeText(chosen.join("\n"), start, to, "end");
    area.focus();
    touch();
  };
  const acts = {
    heading: (area) => lines(area, "## "),
    bold: (area) => around(area, "**", "**", "…"),
    list: (area) => lines(area, "- "),
    numbers: (area) => lines(area, (n) => `${n + 1}. `),
    quote: (area) => lines(area, "> "),
    link: (area) => around(area, "[", "](https://)", "…"),
    table: (area) => around(area, "\n|  |  |\n|---|---|\n| ", " |  |\n", "…"),
  };
  let lastArea = null;
  form.addEventListener("focusin", (event) => { if (event.target.closest(".is-markdown textarea")) lastArea = event.target; });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-md]");
    if (button) acts[button.dataset.md](document.getElementById(button.parentElement.dataset.toolbar));
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    const area = lastArea ?? form.querySelector(".is-markdown textarea");
    if (!button || !area) return;
    const name = encodeURI(button.dataset.insert);
    const isPicture = /^(image|video)\//.test(button.dataset.media);
    area.setRangeText(`${isPicture ? "!" : ""}[${button.dataset.insert}](${name})`, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    touch();
  });

  /* Ctrl+S keeps; fields grow with what is in them where the style sheet cannot make them. */
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      save();
    }
  });
  if (!CSS.supports("field-sizing", "content")) {
    const grow = (area) => { area.style.height = "auto"; area.style.height = `${area.scrollHeight + 2}px`; };
    form.addEventListener("input", (event) => { if (event.target.matches("textarea")) grow(event.target); });
    form.addEventListener("toggle", (event) => event.target.querySelectorAll("textarea").forEach(grow), true);
    form.querySelectorAll("textarea").forEach(grow);
  }

  /* Leading to a fault opens what hides it. */
  const reveal = () => {
    const there = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let each = there; each; each = each.parentElement) if (each.matches?.("details")) each.open = true;
    if (there) there.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", reveal);
  reveal();
  preview(0);
})();
