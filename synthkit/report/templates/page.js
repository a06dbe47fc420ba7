"use strict";
(() => {
  const root = document.documentElement;
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = JSON.parse(document.getElementById("dark").textContent);
  const hidden = {};           // figure -> legend groups that the reader switched off
  const drawn = new Set();

  // ---- theme: the system's, until the reader chooses
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = { get() { try { return localStorage.getItem("synthkit-theme"); } catch { return null; } },
                       set(v) { try { localStorage.setItem("synthkit-theme", v); } catch { /* a private window */ } } };
  let chosen = remembered.get();
  const isDark = () => (chosen ? chosen === "dark" : system.matches);
  const button = document.getElementById("theme");
  function paint() {
    root.dataset.theme = isDark() ? "dark" : "light";
    document.getElementById("theme-name").textContent = isDark() ? "light" : "dark";
    button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
    drawn.forEach(draw);
  }
  button.addEventListener("click", () => { chosen = isDark() ? "light" : "dark"; remembered.set(chosen); paint(); });
  system.addEventListener("change", paint);

  // ---- plots: drawn when they come near, drawn again in another theme
  const inDark = (value) => (typeof value === "string" ? dark[value.toLowerCase()] || value : value);
  const themed = (figure) => JSON.parse(JSON.stringify(figure), (key, value) => {
    if (!isDark() || !/color/i.test(key)) return value;
    return Array.isArray(value) ? value.map(inDark) : inDark(value);
  });

  function draw(id) {
    const place = document.getElementById(id);
    const figure = themed(figures[id]);
    figure.layout.width = undefined;
    for (const trace of figure.data) {
      const off = hidden[id] && hidden[id].get(trace.legendgroup);
      if (trace.legendgroup !== undefined && off !== undefined) trace.visible = !off;
      if (trace.visible === "legendonly") trace.visible = false;
    }
    Plotly.react(place, figure.data, figure.layout, { displayModeBar: false, responsive: true });
    drawn.add(id);
    place.dataset.drawn = "true";
    legend(id);
  }

  // A legend of buttons: reached by the keyboard, read aloud with its state, wrapped on a phone.
  const SYMBOLS = { circle: "●", "circle-open": "○", square: "■", diamond: "◆", "triangle-up": "▲", x: "✖", star: "★",
                    "triangle-down": "▼", cross: "✚" };
  const DASHES = { dash: "7 4", dot: "2 4", dashdot: "7 3 2 3", longdash: "10 4" };
  function legend(id) {
    const place = document.querySelector(`.legend[data-for="${id}"]`);
    const entries = new Map();
    for (const trace of figures[id].data) {
      if (trace.legendgroup !== undefined && !entries.has(trace.legendgroup)) entries.set(trace.legendgroup, trace);
    }
    if (!place || entries.size < 1) return;
    hidden[id] = hidden[id] || new Map([...entries].map(([group, trace]) => [group, trace.visible === "legendonly"]));
    const focused = place.contains(document.activeElement) ? document.activeElement.dataset.group : null;
    place.replaceChildren(...[...entries].map(([group, trace]) => {
      const item = document.createElement("button");
      item.type = "button";
      item.dataset.group = group;
      item.setAttribute("aria-pressed", String(!hidden[id].get(group)));
      item.append(swatch(trace), Object.assign(document.createElement("span"), { textContent: group }));
      item.addEventListener("click", () => { hidden[id].set(group, !hidden[id].get(group)); draw(id); });
      return item;
    }));
    if (focused !== null) [...place.children].find((item) => item.dataset.group === focused)?.focus();
  }
  function swatch(trace) {
    const colour = (trace.line && trace.line.color) || (trace.marker && trace.marker.color);
    const shown = (isDark() && dark[colour.toLowerCase()]) || colour;
    if (trace.mode === "markers") {
      const mark = document.createElement("i");
      mark.textContent = SYMBOLS[trace.marker.symbol] || "●";
      mark.style.color = shown;
      mark.setAttribute("aria-hidden", "true");
      return mark;
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    svg.setAttribute("width", "30"); svg.setAttribute("height", "8"); svg.setAttribute("aria-hidden", "true");
    for (const [key, value] of Object.entries({ x1: 0, y1: 4, x2: 30, y2: 4, stroke: shown, "stroke-width": 2.5,
      "stroke-dasharray": DASHES[trace.line.dash] || "none" })) line.setAttribute(key, value);
    svg.append(line);
    return svg;
  }

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target.id); }
    }
  }, { rootMargin: "600px" });

  // ---- one classifier's evidence at a time
  const panels = [...document.querySelectorAll(".panel")];
  function show(id) {
    for (const panel of panels) panel.hidden = panel.id !== id;
    for (const place of document.querySelectorAll(`#${id} .plot`)) {
      if (drawn.has(place.id)) Plotly.Plots.resize(place);  // the window may have changed while it was hidden
    }
  }
  for (const radio of document.querySelectorAll("#switch input")) {
    radio.addEventListener("change", () => show(radio.value));
  }

  // ---- sorting: by the button in the heading; arms without the figure stay last
  for (const table of document.querySelectorAll("table.arms")) {
    const heads = [...table.querySelectorAll("thead tr:last-child th")];
    heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", (event) => {
      const first = event.currentTarget.dataset.first;
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.setAttribute("aria-sort", each === head ? order : "none"));
      const body = table.querySelector(".arms-body");
      const value = (row) => (row.cells[column] ? row.cells[column].dataset.v : undefined);
      const sign = order === "ascending" ? 1 : -1;
      body.append(...[...body.rows].sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
        return sign * (column === 0 ? x.localeCompare(y) : Number(x) - Number(y));
      }));
    }));
  }

  // ---- on paper: everything, in light
  addEventListener("beforeprint", () => {
    panels.forEach((panel) => { panel.hidden = false; });
    document.querySelectorAll(".plot").forEach((place) => draw(place.id));
  });

  const checked = document.querySelector("#switch input:checked");
  if (panels.length) show(checked ? checked.value : panels[0].id);
  paint();
  document.querySelectorAll(".plot").forEach((place) => near.observe(place));
})();
