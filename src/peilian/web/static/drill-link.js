// The line to the drill's server. What was typed is kept in the browser until the server says that it is stored; a lost
// connection comes back by itself, and then everything that is still kept is sent again under the same ids.
(() => {
  const GONE = 4404;
  const RETRY = 1500;
  const WAITS = [500, 1000, 2000, 4000, 8000, 15000];

  // randomUUID is there on secure addresses only; an office network often has none.
  const newId = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  };

  const read = (key, otherwise) => {
    try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
  };
  const write = (key, value) => {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch { /* no storage: kept as long as the page is open */ }
  };

  class DrillLink {
    // told: {text(message), state("open" | "waiting" | "gone")}
    constructor(path, run, told) {
      this.address = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
      this.key = `drill:${run}:kept`;
      this.told = told;
      this.kept = read(this.key, []);
      this.tries = 0;
      this.isGone = false;
      window.addEventListener("online", () => this.hurry());
      window.addEventListener("offline", () => { if (!this.isGone) this.told.state("waiting"); });
      document.addEventListener("visibilitychange", () => { if (!document.hidden) this.hurry(); });
      this.connect();
    }

    get isOpen() { return navigator.onLine && this.socket?.readyState === WebSocket.OPEN; }

    connect() {
      clearTimeout(this.timer);
      if (this.isGone || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
      const socket = this.socket = new WebSocket(this.address);
      socket.addEventListener("message", (event) => {
        const message = JSON.parse(event.data);
        if (message.type === "room") this.welcome();
        if (message.type === "fault" && this.isKeptStop(message.id)) {
          // Somebody wants out: that is never given up, whatever the server is busy with.
          clearTimeout(this.retry);
          this.retry = setTimeout(() => this.sendKept("stop"), RETRY);
          return;
        }
        if (message.type === "ack" || (message.type === "fault" && message.id)) this.forget(message.id);
        this.told.text(message);
        if (message.type === "room") this.sendKept();
      });
      socket.addEventListener("close", (event) => this.closed(event.code));
    }

    welcome() {
      this.tries = 0;
      this.told.state("open");
    }

    closed(code) {
      if (code === GONE) {
        this.isGone = true;
        this.told.state("gone");
        return;
      }
      this.told.state("waiting");
      const wait = WAITS[Math.min(this.tries, WAITS.length - 1)];
      this.tries += 1;
      this.timer = setTimeout(() => this.connect(), wait * (0.8 + 0.4 * Math.random()));
    }

    hurry() {
      if (this.isGone) return;
      if (this.isOpen) this.socket.send(JSON.stringify({ type: "sync" }));
      else { this.tries = 0; this.connect(); }
    }

    // Kept until it is acknowledged.
    send(message) {
      const whole = { ...message, id: newId() };
      this.kept.push(whole);
      write(this.key, this.kept);
      if (this.isOpen) this.socket.send(JSON.stringify(whole));
      return whole;
    }

    // Only of use now: lost when there is no connection.
    tell(message) {
      if (this.isOpen) this.socket.send(JSON.stringify(message));
      return this.isOpen;
    }

    forget(id) {
      this.kept = this.kept.filter((each) => each.id !== id);
      write(this.key, this.kept.length ? this.kept : null);
    }

    sendKept(type) {
      for (const message of this.kept) if (!type || message.type === type) this.tell(message);
    }

    get isStopping() { return this.kept.some((each) => each.type === "stop"); }

    isKeptStop(id) { return this.kept.some((each) => each.id === id && each.type === "stop"); }

    end() {
      this.kept = [];
      write(this.key, null);
    }
  }

  window.DrillLink = DrillLink;
  window.drillStore = { read, write };
})();
