"use strict";
/* The page around the plots: figures, the table of streams, what keys and pointers do. Text
   of the data is only ever set as text. */
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const make = (tag, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  const part = (x) => (x === null || x === undefined ? "–" : x === 1 || x === 0 ? String(x) : x.toFixed(3).replace(/^0/, ""));
  const few = (x) => (x === null || x === undefined ? "–" : Math.abs(x) >= 100 ? Math.round(x).toLocaleString("en") : String(+x.toPrecision(2)));
  const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
  const duration = (ms) => {
    if (!ms) return "at once";
    for (const [unit, size] of [["d", 864e5], ["h", 36e5], ["min", 6e4], ["s", 1e3]])
      if (ms >= size) return `${+(ms / size).toPrecision(ms / size >= 10 ? 3 : 2)} ${unit}`;
    return `${Math.round(ms)} ms`;
  };
  const delay = (a) => (!a || a.delay_rows === null ? "–" : a.delay_ms === null ? count(a.delay_rows, "row") : duration(a.delay_ms));

  /* ---- light and dark ---- */
  const themes = ["auto", "light", "dark"];
  let theme = "auto";
  try { theme = localStorage.getItem("kiri-theme") || "auto"; } catch { /* a file may have no storage */ }
  if (!themes.includes(theme)) theme = "auto";
  const redraws = new Set();
  const applyTheme = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    byId("theme").textContent = { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" }[theme];
    byId("theme").setAttribute("aria-label", `Colours: ${theme}`);
    for (const redraw of redraws) redraw();
  };
  byId("theme").addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    try { localStorage.setItem("kiri-theme", theme); } catch { /* then until the page is closed */ }
    applyTheme();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);

  /* ---- figures ---- */
  const all = data.overall, pooled = all.pooled, alarms = pooled.alarms;
  document.title = `${data.title} – kiri eval`;
  byId("title").textContent = data.title;
  byId("subtitle").textContent = `${count(all.streams, "stream")}, ${count(all.rows, "row")} of which ${all.judged.toLocaleString("en")} were judged, ${count(all.events, "event")} in ${count(all.anomalous, "row")}`;
  const mean = (x) => (all.streams === 1 ? "" : `mean of ${count(x.streams, "stream")}`);
  const tile = (value, what, ...notes) =>
    byId("tiles").append(make("div", { className: "tile" }, make("b", { textContent: value }), make("div", { className: "what", textContent: what }),
      ...notes.filter((n) => n).map((n) => make("div", { className: "note", textContent: n }))));
  if (alarms) {
    tile(part(alarms.f1), "F1 at the budget", `precision ${part(alarms.precision)}: ${alarms.right} of ${count(alarms.opened, "alarm")}`,
      `recall ${part(alarms.recall)}: ${alarms.events_found} of ${count(all.events, "event")}`,
      `${all.streams === 1 ? "" : `mean of streams ${part(all.f1.mean)}, `}at best ${part(all.best_events_oracle.mean)} (oracle)`, `by rows ${part(alarms.rows_f1)}`);
    tile(delay(alarms), "delay", `median of the ${count(alarms.events_found, "event")} found`, alarms.delay_ms === null ? "" : count(alarms.delay_rows, "row"));
    const daily = alarms.false_per_day !== null;
    tile(few(daily ? alarms.false_per_day : alarms.false_per_1000_rows), daily ? "false alarms a day" : "false alarms in 1,000 rows",
      (daily ? alarms.promised_per_day : alarms.promised_per_1000_rows) === null ? "no budget was promised" : `${few(daily ? alarms.promised_per_day : alarms.promised_per_1000_rows)} promised`,
      `${count(alarms.false, "alarm")} outside of events`);
  }
  const poolNote = (x) => (all.streams === 1 ? "" : `${part(x)} with all rows ranked together`);
  tile(part(all.auroc.mean), "AUROC", mean(all.auroc), poolNote(pooled.auroc));
  tile(part(all.average_precision.mean), "average precision", mean(all.average_precision), poolNote(pooled.average_precision));
  tile(part(all.vus_pr.mean), "VUS-PR", mean(all.vus_pr), `buffers of 0 to ${count(data.buffer, "row")}`);
  if (data.remarks) {
    byId("remarks").textContent = data.remarks;
    byId("remarks-box").hidden = false;
  }
  const thinned = data.streams.filter((s) => s.plot.k > 1).length;
  byId("foot").textContent = `kiri ${data.version}, ${data.scores ? `scores from ${data.scores}` : `scored by kiri detect, seed ${data.seed}`}` +
    `${data.threshold === null ? "" : `, an alarm is a score of ${data.threshold} or more`}. Labels and rows: ${data.path}. Times are UTC. ` +
    (thinned ? `Plots of ${count(thinned, "long stream")} are thinned: each point stands for several rows, with their smallest and greatest value and their greatest score. No spike, event or alarm is left out.`
      : "Every row is drawn.");

  /* ---- the table ---- */
  const streams = data.streams.map((s, i) => {
    const stream = new Stream({ ...s.plot, said: s.alarms !== null });
    return { ...s, stream, id: `stream-${i + 1}`, i };
  });
  const a = (get) => (s) => (s.alarms ? get(s.alarms) : null);
  const columns = [
    { head: "stream", text: (s) => s.name, value: (s) => s.name, first: 1 },
    { head: "", strip: true },
    { head: "rows", value: (s) => s.rows, text: (s) => s.rows.toLocaleString("en") },
    { head: "found", title: "Events in which an alarm opens, of all", value: (s) => (s.alarms && s.events ? s.alarms.events_found / s.events : null),
      text: (s) => (s.alarms ? `${s.alarms.events_found} of ${s.events}` : `– of ${s.events}`), bad: (s) => s.alarms && s.alarms.events_found < s.events },
    { head: "false", title: "Alarms outside of all events", value: a((x) => x.false), text: (s) => (s.alarms ? String(s.alarms.false) : "–"), first: 1 },
    { head: "delay", title: "Median, from an event's first row to the alarm", value: a((x) => x.delay_ms ?? x.delay_rows), text: (s) => delay(s.alarms), first: 1 },
    { head: "F1", title: "Of alarms at the budget", part: true, value: a((x) => x.f1) },
    { head: "best F1", title: "At the best threshold for these labels: an oracle", part: true, value: (s) => (s.best_events_oracle ? s.best_events_oracle.f1 : null) },
    { head: "AUROC", part: true, value: (s) => s.auroc },
    { head: "avg. prec.", title: "Average precision", part: true, value: (s) => s.average_precision },
    { head: "VUS-PR", part: true, value: (s) => s.vus_pr },
  ];
  const rows = new Map();
  let sorted = { column: -1, up: true };
  const sortBy = (c, up) => {
    const { value } = columns[c], none = (v) => v === null || v === undefined;
    const order = [...streams].sort((x, y) => {
      const p = value(x), q = value(y);
      if (none(p) || none(q)) return none(p) - none(q) || x.i - y.i;
      return (p < q ? -1 : p > q ? 1 : 0) * (up ? 1 : -1) || x.i - y.i;
    });
    sorted = { column: c, up };
    byId("table").tHead.rows[0].querySelectorAll("th").forEach((th, i) => {
      if (i === c) th.setAttribute("aria-sort", up ? "ascending" : "descending");
      else th.removeAttribute("aria-sort");
    });
    byId("table").tBodies[0].append(...order.map((s) => rows.get(s)));
  };
  columns.forEach((column, c) => {
    const th = make("th", { scope: "col", title: column.title || "" });
    if (column.strip) th.append(make("span", { className: "hidden", textContent: "events and alarms" }));
    else {
      const button = make("button", { type: "button", textContent: column.head });
      button.addEventListener("click", () => sortBy(c, sorted.column === c ? !sorted.up : column.first === 1));
      th.append(button);
    }
    byId("table").tHead.rows[0].append(th);
  });
  const strips = [];
  for (const s of streams) {
    const tr = make("tr");
    for (const column of columns) {
      const td = make("td");
      if (column.strip) {
        const canvas = make("canvas");
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", `${count(s.events, "event")}, ${s.alarms ? count(s.alarms.opened, "alarm") : "no alarms"}`);
        strips.push(() => canvas.offsetParent && drawStrip(canvas, s.stream));
        td.append(canvas);
      } else if (column.first === 1 && column.head === "stream") {
        const link = make("a", { href: `#${s.id}`, title: s.name });
        link.append(make("span", { className: "name", textContent: s.name }));
        td.append(link);
      } else if (column.part) {
        const v = column.value(s);
        td.textContent = part(v);
        td.className = "part";
        td.style.setProperty("--v", `${100 * (v || 0)}%`);
      } else {
        td.textContent = column.text(s);
        if (column.bad && column.bad(s)) td.className = "bad";
      }
      tr.append(td);
    }
    rows.set(s, tr);
    byId("table").tBodies[0].append(tr);
  }
  redraws.add(() => strips.forEach((draw) => draw()));

  /* ---- plots ---- */
  const svg = (inner) => {
    const box = make("span");
    box.innerHTML = `<svg width="18" height="14" viewBox="0 0 18 14" aria-hidden="true">${inner}</svg>`; // constants only
    return box;
  };
  const legend = (inner, text) => { const item = svg(inner); item.append(text); byId("legend").append(item); };
  legend('<rect width="18" height="14" fill="var(--event)"/><rect width="18" height="3" fill="var(--event-edge)"/>', "event, as labelled");
  if (streams.some((s) => s.alarms)) {
    legend('<path d="M3 1h12L9 13z" fill="var(--right)"/>', "alarm inside an event");
    legend('<path d="M4 2h10L9 12z" fill="none" stroke="var(--wrong)" stroke-width="1.6"/>', "false alarm");
  }
  legend('<rect x="1" y="3" width="3" height="11" fill="var(--score)"/><rect x="7" y="8" width="3" height="6" fill="var(--score)"/><rect x="13" y="0" width="3" height="14" fill="var(--score)"/>', "score");
  if (streams.some((s) => s.plot.from)) legend('<rect width="18" height="14" fill="var(--quiet)"/>', "warm-up, not judged");

  const cards = new Map();
  function addPlot(s) {
    const canvas = make("canvas", { tabIndex: 0 }), frame = make("div", { className: "frame" }, canvas);
    const tip = make("div", { className: "tip", hidden: true }), say = make("div", { className: "hidden" });
    const nudge = make("div", { className: "nudge" }, make("span", { textContent: "click the plot, then the wheel zooms" }));
    const tools = make("div", { className: "tools" });
    const facts = make("p", { className: "facts" });
    const plot = new Plot(canvas, s.stream);
    let seen = false, asked = false, leave = 0;
    const redraw = () => {
      if (asked || !seen) return;
      asked = true;
      requestAnimationFrame(() => { asked = false; if (frame.offsetParent) plot.draw(); });
    };
    /* Several signals have lanes, and lanes need room. */
    const size = () => {
      const lanes = plot.shown.filter((x) => x).length;
      canvas.style.height = lanes > 1 ? `${150 + 64 * lanes}px` : "";
    };
    size();
    say.setAttribute("aria-live", "polite");
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "plot");
    canvas.setAttribute("aria-label", `${s.name}: ${count(s.events, "event")}, ${s.alarms ? `${count(s.alarms.opened, "alarm")} of which ${s.alarms.false} false` : "no alarms"}. Arrows move the cursor, plus and minus zoom, n and p go to marks, 0 shows all.`);
    frame.append(tip, nudge);

    const fact = (text, value) => facts.append(facts.childNodes.length ? " · " : "", make("b", { textContent: value }), ` ${text}`);
    if (s.alarms) {
      fact(`of ${count(s.events, "event")} found`, String(s.alarms.events_found));
      fact(s.alarms.false === 1 ? "false alarm" : "false alarms", String(s.alarms.false));
    } else fact(s.events === 1 ? "event" : "events", String(s.events));
    if (s.auroc !== null) { fact("AUROC", part(s.auroc)); fact("average precision", part(s.average_precision)); fact("VUS-PR", part(s.vus_pr)); }
    if (s.stream.time) facts.append(` · ${dayText(s.plot.t[0])} to ${dayText(s.plot.t[2])}`);
    if (s.plot.k > 1) fact("rows a point", String(s.plot.k));
    if (s.plot.more) fact("more columns are not drawn", String(s.plot.more));

    const showTip = (x, y) => {
      tip.replaceChildren();
      for (const [name, text] of plot.describe())
        tip.append(make("div", {}, make("b", { textContent: name }), name && text ? ": " : "", text));
      tip.hidden = false;
      const w = tip.offsetWidth, h = tip.offsetHeight, left = x + 14 + w < plot.width ? x + 14 : Math.max(x - w - 14, 0);
      tip.style.transform = `translate(${left}px, ${Math.min(Math.max(y - h / 2, 0), Math.max(plot.height - h, 0))}px)`;
    };
    const sayCursor = () => { say.textContent = plot.describe().map(([name, text]) => (name && text ? `${name}: ${text}` : name || text)).join(" · "); };
    const place = (e) => { const box = canvas.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    let pan = null;
    canvas.addEventListener("pointerdown", (e) => {
      if (e.button !== 0) return;
      const [x] = place(e), p = plot.toPosition(x);
      canvas.setPointerCapture(e.pointerId);
      if (e.shiftKey) pan = { x, from: plot.from, to: plot.to };
      else plot.drag = [p, p];
    });
    canvas.addEventListener("pointermove", (e) => {
      const [x, y] = place(e), p = plot.toPosition(Math.min(Math.max(x, 54), plot.width - 10));
      plot.cursor = p;
      if (pan) {
        const by = ((pan.x - x) / plot.inner) * (pan.to - pan.from);
        plot.view(pan.from + by, pan.to + by);
      }
      if (plot.drag) plot.drag[1] = p;
      showTip(x, y);
      redraw();
    });
    const end = (take) => () => {
      if (take && plot.drag && Math.abs(plot.toX(plot.drag[1]) - plot.toX(plot.drag[0])) > 5) {
        const [from, to] = plot.drag;
        plot.view(Math.min(from, to), Math.max(from, to));
      }
      plot.drag = pan = null;
      redraw();
    };
    canvas.addEventListener("pointerup", end(true));
    canvas.addEventListener("pointercancel", end(false));
    canvas.addEventListener("pointerleave", () => { tip.hidden = true; plot.cursor = null; redraw(); });
    canvas.addEventListener("dblclick", () => { plot.view(s.stream.first, s.stream.last); redraw(); });
    canvas.addEventListener("wheel", (e) => {
      const mine = document.activeElement === canvas;
      if (!mine && !e.ctrlKey && !e.metaKey) {
        nudge.classList.add("on");
        clearTimeout(leave);
        leave = setTimeout(() => nudge.classList.remove("on"), 900);
        return;
      }
      e.preventDefault();
      const [x, y] = place(e);
      if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
        const by = (e.deltaX / plot.inner) * (plot.to - plot.from);
        plot.view(plot.from + by, plot.to + by);
      } else {
        const lines = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? 160 : 1;
        plot.zoom(Math.exp(Math.max(Math.min(e.deltaY * lines, 240), -240) * 0.0022), plot.toPosition(x));
      }
      plot.cursor = plot.toPosition(x);
      showTip(x, y);
      redraw();
    }, { passive: false });

    const acts = {
      ArrowLeft: (e) => plot.step(e.shiftKey ? -20 : -1), ArrowRight: (e) => plot.step(e.shiftKey ? 20 : 1),
      "+": () => plot.zoom(0.5, plot.cursor), "=": () => plot.zoom(0.5, plot.cursor), "-": () => plot.zoom(2, plot.cursor),
      Home: () => { plot.step(-s.stream.buckets); }, End: () => { plot.step(s.stream.buckets); },
      n: () => plot.goTo(1), p: () => plot.goTo(-1),
      0: () => plot.view(s.stream.first, s.stream.last), Escape: () => plot.view(s.stream.first, s.stream.last),
    };
    canvas.addEventListener("keydown", (e) => {
      const act = acts[e.key];
      if (!act || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      act(e);
      tip.hidden = plot.cursor === null || plot.cursor < plot.from || plot.cursor > plot.to;
      if (plot.cursor !== null) sayCursor();
      if (!tip.hidden) showTip(plot.toX(plot.cursor), plot.height / 2);
      redraw();
    });
    canvas.addEventListener("blur", () => { tip.hidden = true; say.textContent = ""; plot.cursor = null; redraw(); });
    const button = (text, title, act) => {
      const b = make("button", { type: "button", className: "button", textContent: text, title });
      b.setAttribute("aria-label", `${title}: ${s.name}`);
      b.addEventListener("click", () => { act(); redraw(); });
      tools.append(b);
      return b;
    };
    if (s.stream.name.length > 1)
      s.stream.name.forEach((name, k) => {
        const b = button(name, "Show or hide", () => {
          plot.shown[k] = !plot.shown[k];
          b.setAttribute("aria-pressed", String(plot.shown[k]));
          size();
        });
        b.style.borderBottom = `3px solid var(--s${k % 6})`;
        b.setAttribute("aria-pressed", "true");
      });
    const jump = (direction) => () => {
      if (plot.cursor === null && !plot.zoomed) plot.cursor = direction > 0 ? s.stream.first - 1 : s.stream.last + 1;
      if (!plot.goTo(direction)) return;
      if (!plot.zoomed) plot.zoom(0.2, plot.cursor);
      const half = (plot.to - plot.from) / 2;
      plot.view(plot.cursor - half, plot.cursor + half);
      sayCursor();
    };
    if (plot.marks().length) {
      button("◂ mark", "Previous alarm or missed event", jump(-1));
      button("mark ▸", "Next alarm or missed event", jump(1));
    }
    button("−", "Zoom out", () => plot.zoom(2, plot.cursor));
    button("+", "Zoom in", () => plot.zoom(0.5, plot.cursor));
    button("all", "Show all of it", () => { plot.cursor = null; plot.view(s.stream.first, s.stream.last); });

    const card = make("article", { className: "stream", id: s.id },
      make("div", { className: "head" }, make("h3", { textContent: s.name }), tools), facts, frame, say);
    byId("plots").append(card);
    redraws.add(redraw);
    s.card = card;
    cards.set(card, s);
    s.draw = () => { seen = true; plot.draw(); };
    s.see = () => { if (!seen) { seen = true; redraw(); } };
  }
  streams.forEach(addPlot);
  const watch = new IntersectionObserver((entries) => {
    for (const e of entries) if (e.isIntersecting) { cards.get(e.target).see(); watch.unobserve(e.target); }
  }, { rootMargin: "600px" });
  streams.forEach((s) => watch.observe(s.card));
  addEventListener("beforeprint", () => streams.forEach((s) => s.draw()));
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; for (const redraw of redraws) redraw(); } });

  /* ---- which are shown ---- */
  const choose = () => {
    const words = byId("filter").value.trim().toLowerCase(), kind = byId("show").value;
    let n = 0;
    for (const s of streams) {
      const found = !s.alarms || s.alarms.events_found === s.events;
      const ok = s.name.toLowerCase().includes(words) && (kind === "all" || (kind === "missed" ? !found : s.alarms && s.alarms.false > 0));
      rows.get(s).hidden = s.card.hidden = !ok;
      n += ok;
    }
    byId("shown").textContent = n === streams.length ? "" : `${n} of ${streams.length}`;
    for (const redraw of redraws) redraw();
  };
  byId("filter").addEventListener("input", choose);
  byId("show").addEventListener("change", choose);
  if (streams.length === 1) byId("overview").hidden = true;
  applyTheme();
})();
