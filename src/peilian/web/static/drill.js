// The drill room: shows what the server tells, and sends what the trainee says and does. Nothing is decided here; the
// clock runs on between two texts of the server so that a line appears when its time has come.
(() => {
  const room = document.getElementById("room");
  if (!room) return;
  const words = document.getElementById("room-words").dataset;
  const find = (name) => room.querySelector(`[data-${name}]`);
  const make = (tag, className = "", text = "") => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };
  const { read, write } = window.drillStore;
  const draftKey = `drill:${room.dataset.run}:draft`;

  const box = find("say");
  const log = find("log");
  const scroller = find("scroll");
  const state = { seq: -1, lines: new Map(), shown: new Map(), kept: new Map(), clock: null, asked: new Map(), over: null };
  document.body.dataset.ownKeys = "";

  /* Clock */
  const now = () => {
    if (!state.clock) return 0;
    return state.clock.now_ms + (state.clock.is_paused ? 0 : performance.now() - state.clock.at);
  };
  const clockText = (ms) => {
    const seconds = Math.max(0, Math.ceil(ms / 1000));
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const warned = new Set();
  const setClock = (clock) => {
    state.clock = { ...clock, at: performance.now() };
    room.classList.toggle("is-paused", clock.is_paused);
    find("paused").hidden = !clock.is_paused || Boolean(state.over);
    find("composer").hidden = clock.is_paused || Boolean(state.over);
    find("pauses-left").textContent = words.pausesLeft.replace("{n}", clock.pauses_left);
    showPause();
  };
  const showPause = () => {
    const button = find("pause");
    button.hidden = !state.mode?.can_pause || Boolean(state.over);
    button.disabled = Boolean(state.clock?.is_paused) || !(state.clock?.pauses_left > 0);
    find("pause-key").hidden = button.hidden;
  };
  const tick = () => {
    if (!state.clock) return;
    const left = state.clock.limit_ms - now();
    find("clock").textContent = clockText(state.over ? Math.max(0, left) : left);
    room.classList.toggle("is-late", left < 30000 && !state.over);
    for (const limit of [60, 20]) {
      if (!state.over && !state.clock.is_paused && left < limit * 1000 && left > 0 && !warned.has(limit)) {
        warned.add(limit);
        if (state.clock.limit_ms > limit * 2000) find("told").textContent = words.timeLeft.replace("{n}", limit);
      }
    }
    if (state.clock.is_paused && state.clock.resumes_in_ms !== null) {
      find("resumes").textContent = clockText(state.clock.resumes_in_ms - (performance.now() - state.clock.at));
    }
    showDue();
  };

  /* Chat */
  const isNearEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 120;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; find("newer").hidden = true; };
  const settle = (wasNearEnd) => { if (wasNearEnd) toEnd(); else find("newer").hidden = false; };

  // A time of the talk, cut to whole seconds as everywhere else; the clock of what is left counts up to the full one.
  const timeText = (ms) => {
    const seconds = Math.floor(ms / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  const turn = (line) => {
    const item = make("li", `chat-turn is-${line.role}`);
    const who = make("span", "chat-who", { customer: state.customer, agent: words.you, system: "" }[line.role]);
    if (line.at_ms !== undefined) who.append(make("span", "chat-when", timeText(line.at_ms)));
    item.append(who, make("p", "chat-bubble", line.text));
    item.lastChild.lang = state.language === "zh" ? "zh-CN" : "en";
    item.dataset.at = line.at_ms ?? Infinity;
    return item;
  };
  const place = (item) => {
    const at = Number(item.dataset.at);
    const next = [...log.children].find((other) => Number(other.dataset.at) > at);
    log.insertBefore(item, next ?? null);
  };
  const showDue = () => {
    const at = now();
    const wasNearEnd = isNearEnd();
    let isTyping = false;
    let isNew = false;
    for (const line of state.lines.values()) {
      if (state.shown.has(line.id)) continue;
      if (line.at_ms > at && line.role === "customer") { isTyping = true; continue; }
      state.kept.get(line.client_id)?.remove();
      state.kept.delete(line.client_id);
      const item = turn(line);
      place(item);
      state.shown.set(line.id, item);
      isNew = true;
    }
    if (isNew) settle(wasNearEnd);
    const typing = find("typing");
    if (typing.hidden === isTyping) {
      typing.hidden = !isTyping;
      if (isTyping && wasNearEnd) toEnd();
    }
  };
  const takeLines = (lines) => {
    for (const line of lines) state.lines.set(line.id, line);
    showDue();
  };
  const showKept = (message) => {
    const item = turn({ role: "agent", text: message.text });
    item.classList.add("is-kept");
    item.append(make("span", "chat-notes", words.sending));
    log.append(item);
    state.kept.set(message.id, item);
  };
  const nameKept = () => {
    for (const item of state.kept.values()) item.querySelector(".chat-notes").textContent = link.isOpen ? words.sending : words.kept;
  };

  /* Indices */
  const showAllReasons = (isAll) => {
    find("reasons").classList.toggle("is-all", isAll);
    find("more-reasons").setAttribute("aria-expanded", String(isAll));
  };
  find("more-reasons").addEventListener("click", () => showAllReasons(!find("reasons").classList.contains("is-all")));
  const showGauge = (gauge) => {
    for (const name of ["satisfaction", "efficiency"]) {
      const meter = room.querySelector(`[data-gauge="${name}"]`);
      const value = Math.round(gauge[name]);
      meter.setAttribute("aria-valuenow", value);
      meter.querySelector(".gauge-fill").style.inlineSize = `${value}%`;
      const before = Number(meter.dataset.value ?? value);
      meter.dataset.value = value;
      meter.querySelector(".gauge-number").textContent = value;
      const by = name === "satisfaction" ? gauge.moved ?? value - before : value - before;
      // A tool moves no customer: what the last words did stays in view, with its reasons.
      if (name === "satisfaction" && !by && !gauge.reasons?.length) continue;
      const moved = meter.querySelector(".gauge-moved");
      moved.textContent = by === 0 ? "" : by > 0 ? `▲ ${by}` : `▼ ${-by}`;
      moved.dataset.way = by > 0 ? "up" : "down";
    }
    find("mood").textContent = gauge.mood;
    find("mood").dataset.level = gauge.level;
    const reasons = find("reasons");
    if (!gauge.reasons?.length) return;
    reasons.replaceChildren(...gauge.reasons.map(({ delta, text }) => {
      const item = make("li");
      const amount = make("span", `reason-amount ${delta > 0 ? "is-up" : "is-down"}`, delta > 0 ? `+${delta}` : `−${-delta}`);
      item.append(amount, make("span", "", text));
      return item;
    }));
    const more = find("more-reasons");
    more.hidden = gauge.reasons.length <= 2;
    more.textContent = words.allReasons.replace("{n}", gauge.reasons.length);
    showAllReasons(false);
  };

  /* World */
  const facts = (panel) => {
    const section = make("section", "world-part");
    section.append(make("h3", "", panel.title));
    const list = make("dl", "world-facts");
    for (const row of panel.rows) {
      const pair = make("div");
      pair.append(make("dt", "", row.label), make("dd", "", row.text));
      list.append(pair);
    }
    section.append(list);
    return section;
  };
  const toolField = (argument, id) => {
    const label = make("label", "", argument.label);
    label.htmlFor = id;
    let input;
    if (argument.choices.length) {
      input = make("select", "input");
      for (const choice of argument.choices) input.append(new Option(choice, choice));
    } else {
      input = make("input", "input");
      input.type = argument.kind === "number" ? "number" : "text";
      if (argument.kind === "number") {
        input.step = "any";
        input.inputMode = "decimal";
        if (argument.least !== null) input.min = argument.least;
        if (argument.most !== null) input.max = argument.most;
      } else input.maxLength = 200;
    }
    input.id = id;
    input.name = argument.name;
    input.required = true;
    const field = make("div", "tool-field");
    field.append(label, input);
    return field;
  };
  const toolForm = (tool) => {
    const form = make("form", "tool");
    form.dataset.tool = tool.name;
    for (const argument of tool.arguments) form.append(toolField(argument, `tool-${tool.name}-${argument.name}`));
    const button = make("button", "btn", tool.label);
    form.append(button, make("p", "tool-answer"));
    form.lastChild.setAttribute("role", "status");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (state.over || state.clock?.is_paused) return;
      const args = {};
      for (const argument of tool.arguments) {
        const value = form.elements[argument.name].value;
        args[argument.name] = argument.kind === "number" ? Number(value) : value;
      }
      state.asked.set(link.send({ type: "act", tool: tool.name, args }).id, form);
      answer(form, link.isOpen ? words.working : words.kept, "");
    });
    return form;
  };
  const answer = (form, text, kind) => {
    const place = form.querySelector(".tool-answer");
    place.className = `tool-answer ${kind}`;
    place.textContent = text;
  };
  const showUsed = (used, isFresh) => {
    const form = room.querySelector(`form[data-tool="${CSS.escape(used.tool)}"]`);
    if (form) answer(form, used.text, used.is_done ? "is-done" : "is-refused");
    state.asked.delete(used.client_id);
    const id = `used-${used.seq}-${used.tool}`;
    if (state.shown.has(id)) return;
    const item = make("li", `chat-turn is-system is-used${used.is_done ? "" : " is-refused"}`);
    item.dataset.at = used.at_ms;
    const said = make("p", "chat-bubble");
    const given = Object.values(used.args ?? {}).join(" ");
    const name = `${used.label}${given ? ` ${given}` : ""}${used.is_done ? "" : words.refused}`;
    said.append(make("strong", "", `${name}${words.colon}`), used.text);
    item.append(said);
    const wasNearEnd = isNearEnd();
    place(item);
    state.shown.set(id, item);
    if (isFresh) settle(wasNearEnd);
  };
  const showPanels = (panels) => find("panels").replaceChildren(...panels.map(facts));
  const showWorld = (scenario) => {
    find("policies").replaceChildren(...scenario.policies.map((text) => make("li", "", text)));
    find("tools").replaceChildren(...scenario.tools.map(toolForm));
    find("tools-part").hidden = !scenario.tools.length;
    find("policies-part").hidden = !scenario.policies.length;
    room.querySelectorAll("[data-world-words]").forEach((each) => { each.lang = scenario.language === "zh" ? "zh-CN" : "en"; });
    showPhrases(scenario.phrases);
  };

  /* Script: which required elements have been said */
  let scriptTimer;
  const askScript = () => {
    if (!room.dataset.script) return;
    clearTimeout(scriptTimer);
    scriptTimer = setTimeout(async () => {
      try {
        const response = await fetch(room.dataset.script, { headers: { Accept: "application/json" } });
        if (!response.ok) return;
        for (const item of (await response.json()).required) {
          const row = room.querySelector(`[data-required="${CSS.escape(item.id)}"]`);
          if (!row) continue;
          row.dataset.share = item.is_met ? "full" : item.share > 0 ? "half" : "none";
          row.hidden = item.is_due === false;
          row.querySelector(".required-said").textContent = item.is_met ? words.said : item.share > 0 ? words.half : "";
        }
      } catch { /* the next line asks again */ }
    }, 150);
  };

  /* Phrases at hand */
  const phrases = find("phrases");
  const phraseHits = () => [...phrases.querySelectorAll("[role=option]:not([hidden])")];
  const choosePhrase = (index) => {
    const all = phraseHits();
    phrases.querySelectorAll("[role=option]").forEach((each) => each.setAttribute("aria-selected", "false"));
    const chosen = all[(index + all.length) % all.length];
    chosen?.setAttribute("aria-selected", "true");
    chosen?.scrollIntoView({ block: "nearest" });
    find("phrase-search").setAttribute("aria-activedescendant", chosen?.id ?? "");
  };
  const chosenPhrase = () => phraseHits().findIndex((each) => each.getAttribute("aria-selected") === "true");
  const phraseOption = (text, id) => {
    const option = make("div", "phrase", text);
    option.id = id;
    option.dataset.text = text;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    return option;
  };
  const showPhrases = (texts) => {
    find("phrase-list").replaceChildren(...texts.map((text, at) => phraseOption(text, `phrase-${at}`)));
    find("open-phrases").hidden = !texts.length && !room.dataset.answers;
  };
  // What the library has for the customer's last message stands first; without it the list is as it was.
  let answered = "";
  const askAnswers = async () => {
    const said = [...state.lines.values()].filter((line) => line.role === "customer" && state.shown.has(line.id)).pop()?.text;
    if (!room.dataset.answers || !said || said === answered) return;
    try {
      const response = await fetch(`${room.dataset.answers}?text=${encodeURIComponent(said)}`, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      const { answers: found, known } = await response.json();
      answered = said;
      phrases.querySelectorAll(".is-suggested").forEach((each) => each.remove());
      const options = found.map((each, at) => {
        const option = phraseOption(each.text, `answer-${at}`);
        option.classList.add("is-suggested");
        option.append(make("small", "phrase-why", each.when));
        return option;
      });
      find("phrase-list").prepend(...options);
      find("phrase-about").hidden = !options.length;
      find("phrase-known").hidden = !known.length;
      find("phrase-known").querySelector("ul").replaceChildren(...known.map((each) => {
        const line = make("li", "");
        const link = make("a", "", each.title);
        link.href = each.href;
        link.target = "_blank";
        line.append(link, ...(each.inside ? [make("small", "phrase-why", each.inside)] : []));
        return line;
      }));
      filterPhrases();
    } catch { /* the next opening asks again */ }
  };
  const openPhrases = () => {
    if (find("open-phrases").hidden || find("composer").hidden || phrases.open) return;
    closeWorld();
    phrases.showModal();
    find("phrase-search").value = "";
    filterPhrases();
    find("phrase-search").focus();
    askAnswers();
  };
  const filterPhrases = () => {
    const wanted = find("phrase-search").value.trim().toLowerCase();
    phrases.querySelectorAll("[role=option]").forEach((each) => { each.hidden = !each.textContent.toLowerCase().includes(wanted); });
    find("phrase-none").hidden = phraseHits().length > 0;
    choosePhrase(0);
  };
  const insert = (text) => {
    phrases.close();
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    typed();
  };
  find("phrase-search").addEventListener("input", filterPhrases);
  phrases.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choosePhrase(chosenPhrase() + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const chosen = phraseHits()[chosenPhrase()];
      if (chosen) insert(chosen.dataset.text);
    }
  });
  phrases.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) insert(option.dataset.text);
  });
  phrases.addEventListener("close", () => box.focus());
  find("open-phrases").addEventListener("click", openPhrases);

  /* The box */
  const typed = () => {
    write(draftKey, box.value || null);
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight + 2, 160)}px`;
  };
  box.value = read(draftKey, "") || "";
  box.addEventListener("input", typed);
  const say = () => {
    const text = box.value.trim();
    if (!text || state.over || state.clock?.is_paused) return;
    find("fault").hidden = true;
    find("hints").hidden = true;
    showKept(link.send({ type: "say", text }));
    nameKept();
    toEnd();
    box.value = "";
    typed();
    box.focus();
  };
  find("composer").addEventListener("submit", (event) => { event.preventDefault(); say(); });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    say();
  });

  /* Pause, end, stop */
  const leave = find("leave");
  const stop = () => {
    if (state.over) return;
    link.send({ type: "stop" });
    leave.close();
    showStopping();
  };
  // The customer is gone at once, whatever the connection does; that it is stopped is said when the server has said so.
  const showStopping = () => showOver({ label: words.stopping, note: link.isOpen ? words.stoppingSoon : words.stoppingKept, debrief_url: null });
  find("stop").addEventListener("click", () => { if (state.mode?.is_abuse || !state.clock) stop(); else leave.showModal(); });
  find("end").addEventListener("click", () => leave.showModal());
  find("end-now").addEventListener("click", () => { leave.close(); link.send({ type: "end" }); });
  find("stop-now").addEventListener("click", stop);
  find("pause").addEventListener("click", () => link.tell({ type: "pause" }));
  find("resume").addEventListener("click", () => { link.tell({ type: "resume" }); });

  const showOver = (over) => {
    state.over = over;
    closeWorld();
    if (phrases.open) phrases.close();
    if (leave.open) leave.close();
    const panel = find("over");
    find("over-label").textContent = over.label;
    find("over-note").textContent = over.note ?? "";
    find("over-note").hidden = !over.note;
    const debrief = find("debrief");
    debrief.hidden = !over.debrief_url;
    if (over.debrief_url) debrief.href = over.debrief_url;
    for (const name of ["composer", "paused", "pause", "end", "stop", "hints", "fault", "pause-key"]) find(name).hidden = true;
    room.classList.add("is-over");
    if (panel.hidden) {
      panel.hidden = false;
      panel.focus();
      toEnd();
    }
    write(draftKey, null);
  };

  /* World as a drawer on a phone */
  const side = find("side");
  const openWorld = () => { side.classList.add("is-open"); find("close-world").focus(); find("open-world").setAttribute("aria-expanded", "true"); };
  const closeWorld = () => {
    if (!side.classList.contains("is-open")) return false;
    side.classList.remove("is-open");
    find("open-world").setAttribute("aria-expanded", "false");
    find("open-world").focus();
    return true;
  };
  find("open-world").addEventListener("click", openWorld);
  find("close-world").addEventListener("click", closeWorld);

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPhrases();
    } else if (event.key === "Escape" && !event.isComposing && !document.querySelector("dialog[open]")) {
      if (closeWorld() || state.over || !state.mode?.can_pause) return;
      event.preventDefault();
      if (state.clock?.is_paused) link.tell({ type: "resume" });
      else if (!find("pause").disabled) link.tell({ type: "pause" });
    }
  });
  find("newer").addEventListener("click", toEnd);

  /* What the server tells */
  const told = {
    room(message) {
      const isFirst = state.seq < 0;
      const wasNearEnd = isNearEnd();
      state.seq = message.seq;
      state.mode = message.mode;
      state.customer = message.scenario.customer;
      state.language = message.scenario.language;
      const arrived = new Set([...message.lines, ...message.used].map((each) => each.client_id));
      for (const each of [...link.kept]) if (arrived.has(each.id)) link.forget(each.id);
      if (isFirst) {
        find("reasons-part").hidden = !message.mode.shows_reasons;
        showWorld(message.scenario);
        find("notes").replaceChildren(...message.notes.map((text) => make("p", "", text)));
        find("notes").hidden = !message.notes.length;
        find("waiting").hidden = true;
        // What was said before this page was opened is there to be read, and not read out once more.
        if (message.seq > 1) {
          log.setAttribute("aria-live", "off");
          setTimeout(() => log.setAttribute("aria-live", "polite"), 1000);
        }
      }
      showPanels(message.scenario.panels);
      setClock(message.clock);
      message.used.forEach((each) => showUsed(each, !isFirst));
      takeLines(message.lines);
      for (const item of state.kept.values()) item.remove();
      state.kept.clear();
      for (const each of link.kept) if (each.type === "say") showKept(each);
      nameKept();
      message.gauges.forEach(showGauge);
      if (message.over) { link.end(); showOver(message.over); }
      else if (link.isStopping) showStopping();
      askScript();
      if (isFirst || wasNearEnd) toEnd();
    },
    lines(message) { takeLines(message.lines); askScript(); },
    gauge(message) { showGauge(message); askScript(); },
    used(message) { showUsed(message, true); askScript(); },
    panels(message) { showPanels(message.panels); },
    hints(message) {
      find("hint-list").replaceChildren(...message.hints.map((text) => make("li", "", text)));
      find("hints").hidden = !message.hints.length;
    },
    clock(message) {
      const wasPaused = state.clock?.is_paused;
      setClock(message);
      if (message.is_paused && !wasPaused) find("resume").focus();
      if (!message.is_paused && wasPaused && !state.over) box.focus();
    },
    over(message) { link.end(); showOver(message); },
    fault(message) {
      const item = state.kept.get(message.id);
      if (item) {
        box.value = [item.querySelector(".chat-bubble").textContent, box.value].filter(Boolean).join("\n");
        item.remove();
        state.kept.delete(message.id);
        typed();
      }
      const form = state.asked.get(message.id);
      if (form) {
        state.asked.delete(message.id);
        answer(form, message.message, "is-refused");
        return;
      }
      find("fault-text").textContent = message.message;
      find("fault").hidden = Boolean(state.over);
    },
  };
  const link = new window.DrillLink(room.dataset.socket, room.dataset.run, {
    text(message) {
      if (["lines", "gauge", "used", "panels", "hints", "over"].includes(message.type)) {
        if (message.seq < state.seq) return;
        state.seq = message.seq;
      }
      told[message.type]?.(message);
    },
    state(name) {
      room.dataset.link = name;
      find("lost").hidden = name !== "waiting" || Boolean(state.over);
      find("gone").hidden = name !== "gone" || (Boolean(state.over) && !link.isStopping);
      if (link.isStopping && name !== "gone") showStopping();
      if (name === "gone") for (const each of ["composer", "paused", "waiting"]) find(each).hidden = true;
      nameKept();
    },
  });
  // The keyboard of a phone covers the page; the room takes what is left.
  const view = window.visualViewport;
  const fit = () => {
    const wasNearEnd = isNearEnd();
    room.style.setProperty("--room-height", `${view.height}px`);
    if (wasNearEnd) toEnd();
  };
  if (view) { view.addEventListener("resize", fit); fit(); }
  typed();
  setInterval(tick, 200);
})();
