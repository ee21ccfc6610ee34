// Draws what the server has decided. Options come as JSON; colours are names of tokens ("--series-1"), words of the axis
// and of the tooltip come ready from the server's one format helper.
(() => {
  const source = document.querySelector('meta[name="echarts-src"]')?.content;
  const drawn = new Map();
  let library = null;

  const load = () => library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  });

  const coloured = (value, style) => {
    if (typeof value === "string") return value.startsWith("--") ? style.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map((each) => coloured(each, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, coloured(each, style)]));
    }
    return value;
  };

  const tooltip = (params) => {
    const all = (Array.isArray(params) ? params : [params]).filter((each) => each.data && each.data.said);
    const seen = new Set();
    const lines = [];
    for (const each of all) {
      if (seen.has(each.data.said)) continue;
      seen.add(each.data.said);
      lines.push(`${each.marker}${each.data.said}`);
    }
    const head = all[0]?.data.head;
    return lines.length ? [head, ...lines].filter(Boolean).join("\n") : "";
  };

  const labelled = (axis) => {
    for (const each of [axis].flat()) {
      if (!each?.ticks) continue;
      const words = new Map(each.ticks.map(([at, text]) => [Number(at.toPrecision(10)), text]));
      each.axisLabel = { ...each.axisLabel, formatter: (value) => words.get(Number(value.toPrecision(10))) ?? "" };
      delete each.ticks;
    }
  };

  const option = (figure) => {
    const style = getComputedStyle(document.documentElement);
    const made = coloured(JSON.parse(figure.querySelector('script[type="application/json"]').textContent), style);
    labelled(made.xAxis);
    labelled(made.yAxis);
    made.animation = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    made.animationDuration = 300;
    made.textStyle = { fontFamily: style.getPropertyValue("--font").trim(), color: style.getPropertyValue("--ink-2").trim() };
    made.tooltip = {
      ...made.tooltip, renderMode: "richText", confine: true, formatter: tooltip,
      backgroundColor: style.getPropertyValue("--surface").trim(), borderColor: style.getPropertyValue("--line-strong").trim(),
      textStyle: { color: style.getPropertyValue("--ink").trim(), fontSize: 13, lineHeight: 20 },
    };
    return made;
  };

  const draw = async (figure) => {
    if (drawn.has(figure)) return;
    drawn.set(figure, null);
    const echarts = await load();
    const canvas = figure.querySelector(".chart-canvas");
    const chart = echarts.init(canvas, null, { renderer: "canvas" });
    drawn.set(figure, chart);
    chart.setOption(option(figure));
    chart.on("click", (params) => { if (params.data?.href) location.assign(params.data.href); });
    new ResizeObserver(() => chart.resize()).observe(canvas);
  };

  const drawAll = (inside) => {
    for (const [figure, chart] of drawn) {
      if (!figure.isConnected) { chart?.dispose(); drawn.delete(figure); }
    }
    inside.querySelectorAll("figure[data-chart]").forEach((figure) => draw(figure).catch(() => {
      // Without the library the server's drawing takes its place.
      figure.classList.add("is-undrawn");
    }));
  };

  document.addEventListener("theme", () => {
    for (const [figure, chart] of drawn) chart?.setOption(option(figure), true);
  });
  document.addEventListener("htmx:afterSettle", (event) => drawAll(event.target));
  drawAll(document);
})();
