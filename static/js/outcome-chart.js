/* Draws the Plotly figures of a page. A figure comes as JSON beside its place, with colours by name,
   "var(--c1)" or "var(--c1/0.14)", which are read from the style sheet here: so a figure follows the theme.
   layout.meta: `read` one sentence a point and `curve` its trace, for the arrow keys; `page` the step of PageUp
   and PageDown; `narrow` dotted paths that replace parts of the layout on phones. Strict CSP: no mode bar, no
   tags in texts, and the link with id plotly.js-style-global keeps Plotly from adding a <style>. */
(function () {
  "use strict";
  const NARROW = 520;
  const COLOUR = /^var\(--([a-z0-9-]+)(?:\/([\d.]+))?\)$/;
  const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

  function colour(text) {
    const found = COLOUR.exec(text);
    if (!found) return text;
    const value = getComputedStyle(document.documentElement).getPropertyValue("--" + found[1]).trim();
    if (!found[2]) return value;
    let hex = value.slice(1);
    if (hex.length === 3) hex = hex.replace(/./g, "$&$&");
    return "rgba(" + [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(",") + "," + found[2] + ")";
  }

  function resolved(value) {
    if (typeof value === "string") return colour(value);
    if (Array.isArray(value)) return value.map(resolved);
    if (value && typeof value === "object") {
      const copy = {};
      Object.keys(value).forEach((key) => { copy[key] = resolved(value[key]); });
      return copy;
    }
    return value;
  }

  function put(target, path, value) {
    const parts = path.split(".");
    const last = parts.pop();
    parts.reduce((node, part) => (node[part] = node[part] || {}), target)[last] = value;
  }

  const day = (value) => String(value).slice(0, 10);
  function forPhone(figure) {
    const layout = figure.layout;
    const narrow = (layout.meta && layout.meta.narrow) || {};
    Object.keys(narrow).forEach((path) => put(layout, path, narrow[path]));
    const range = layout.xaxis && layout.xaxis.type === "date" && layout.xaxis.range;
    layout.annotations = (layout.annotations || []).filter(
      (note) => note.name !== "wide" && !(range && note.xref === "x" && day(note.x) < day(range[0]))
    );
    /* Without this the y axis would keep room for values that a phone does not show. */
    if (range && narrow["xaxis.range"]) fitValues(figure, range);
  }

  function fitValues(figure, range) {
    let low = Infinity;
    let high = -Infinity;
    figure.data.forEach((trace) => {
      (trace.x || []).forEach((x, index) => {
        const y = trace.y[index];
        if (typeof y === "number" && day(x) >= day(range[0]) && day(x) <= day(range[1])) {
          low = Math.min(low, y);
          high = Math.max(high, y);
        }
      });
    });
    if (low < high && figure.layout.yaxis && !figure.layout.yaxis.range) {
      const room = (high - low) * 0.08;
      figure.layout.yaxis.range = [low - room, high + room];
    }
  }

  function draw(el) {
    const figure = resolved(JSON.parse(document.getElementById(el.dataset.source).textContent));
    const family = getComputedStyle(document.documentElement).getPropertyValue("--font").trim();
    figure.layout.font = Object.assign({}, figure.layout.font, { family: family });
    if (figure.layout.hoverlabel) figure.layout.hoverlabel.font = Object.assign({}, figure.layout.hoverlabel.font, { family: family });
    if (el.clientWidth && el.clientWidth < NARROW) forPhone(figure);
    window.Plotly.react(el, figure.data, figure.layout, CONFIG);
    return figure;
  }

  function wire(el) {
    let figure = draw(el);
    const meta = () => figure.layout.meta || {};
    const sentences = () => meta().read || [];
    const lastSpoken = () => { let at = sentences().length - 1; while (at > 0 && !sentences()[at]) at -= 1; return at; };
    const live = el.closest("figure").querySelector("[role=status]");
    let at = lastSpoken();
    el.setAttribute("role", "img");
    const spoken = sentences()[at] || "";
    el.setAttribute(
      "aria-label",
      el.dataset.label + ". " + spoken + (spoken ? ". Left and right arrow keys read values; the table below has the same numbers." : "")
    );
    if (spoken) el.tabIndex = 0;
    el.addEventListener("keydown", (event) => {
      const page = meta().page || 13;
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -page, PageDown: page, Home: -1e6, End: 1e6 }[event.key];
      if (event.key === "Escape") { window.Plotly.Fx.unhover(el); return; }
      if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      let next = Math.max(0, Math.min(sentences().length - 1, at + by));
      const way = by < 0 ? -1 : 1;
      while (sentences()[next] === null && next + way >= 0 && next + way < sentences().length) next += way;
      if (sentences()[next] === null) return;
      at = next;
      if (meta().curve !== undefined) window.Plotly.Fx.hover(el, [{ curveNumber: meta().curve, pointNumber: at }]);
      live.textContent = sentences()[at];
    });
    const again = () => { if (el.isConnected) figure = draw(el); };
    new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    window.matchMedia("(max-width: 760px)").addEventListener("change", again);
    window.addEventListener("beforeprint", again);
  }

  function start(scope) {
    if (!window.Plotly) return;
    scope.querySelectorAll(".oc-plot:not([data-ready])").forEach((el) => { el.dataset.ready = "1"; wire(el); });
  }
  start(document);
  document.addEventListener("htmx:afterSwap", (event) => start(event.target.querySelectorAll ? event.target : document));
  document.addEventListener("htmx:historyRestore", () => {
    document.querySelectorAll(".oc-plot[data-ready]").forEach((el) => { el.textContent = ""; delete el.dataset.ready; });
    start(document);
  });
})();
