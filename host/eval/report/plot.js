"use strict";
/* One stream as a picture: its signal above, its score below, what is true and what was
   said of it. A plot draws the part of the stream in [from, to], in rows, or in ms where
   the times never run backwards. */

const numberText = (x) => {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  const size = Math.abs(x);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return x.toExponential(2);
  return String(+x.toPrecision(size >= 1e5 ? 7 : 5));
};
/* As short as an axis needs: 40k, 1.2M, 5e-7. */
const shortText = (x) => {
  const size = Math.abs(x);
  for (const [unit, one] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]])
    if (size >= one * (one === 1e3 ? 10 : 1) && size < 1e15) return `${+(x / one).toPrecision(4)}${unit}`;
  if (size !== 0 && (size >= 1e15 || size < 1e-3)) return x.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return String(+x.toPrecision(5));
};
const two = (n) => String(n).padStart(2, "0");
const dayText = (ms) => {
  const d = new Date(ms);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
};
const timeText = (ms) => {
  const d = new Date(ms), rest = ms % 1000;
  return `${dayText(ms)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}` +
    (rest ? `.${String(rest).padStart(3, "0")}` : "");
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/* Steps that people count in: 1, 2 or 5 of a power of ten. */
function niceStep(span, most) {
  const raw = span / Math.max(most, 1), power = 10 ** Math.floor(Math.log10(raw));
  for (const k of [1, 2, 5]) if (k * power >= raw * 0.75) return k * power;
  return 10 * power;
}
const MINUTE = 6e4, HOUR = 36e5, DAY = 864e5;
const TIME_STEPS = [1, 10, 100, 1e3, 5e3, 15e3, 3e4, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];

/* [[position, text]...] for an axis of time. */
function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((s) => (to - from) / s <= most), ticks = [];
  if (!step) return monthTicks(from, to, most);
  const week = 4 * DAY; // 1970 began on a Thursday: weeks begin on a Monday
  const start = step % (7 * DAY) === 0 ? Math.ceil((from - week) / step) * step + week : Math.ceil(from / step) * step;
  for (let t = start; t <= to; t += step) {
    const d = new Date(t), midnight = t % DAY === 0;
    let text = midnight ? `${MONTHS[d.getUTCMonth()]} ${d.getUTCDate()}` : `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
    if (!midnight && step < MINUTE) text += `:${two(d.getUTCSeconds())}`;
    if (step < 1e3) text += `.${String(t % 1000).padStart(3, "0")}`;
    ticks.push([t, text]);
  }
  const first = ticks[0];
  if (first && ticks.every(([t]) => t % DAY !== 0)) first[1] = `${MONTHS[new Date(first[0]).getUTCMonth()]} ${new Date(first[0]).getUTCDate()}, ${first[1]}`;
  return ticks;
}
function monthTicks(from, to, most) {
  const first = new Date(from), ticks = [], months = (to - from) / (30.4 * DAY);
  const step = [1, 2, 3, 6, 12, 24, 60, 120, 600].find((s) => months / s <= most) || 1200;
  let m = first.getUTCFullYear() * 12 + first.getUTCMonth();
  m = Math.ceil(m / step) * step;
  for (let t; (t = Date.UTC(Math.floor(m / 12), m % 12, 1)) <= to; m += step)
    if (t >= from) ticks.push([t, m % 12 ? `${MONTHS[m % 12]} ${Math.floor(m / 12)}` : String(Math.floor(m / 12))]);
  return ticks;
}
function numberTicks(from, to, most) {
  const step = niceStep(to - from || 1, most), ticks = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++) ticks.push([i * step, shortText(+(i * step).toPrecision(12))]);
  return ticks;
}

/* What the data say, as arrays: bucket i has the rows from i*k on. */
class Stream {
  constructor(plot) {
    Object.assign(this, plot);
    this.buckets = Math.ceil(this.n / this.k);
    this.lo = this.lo || this.x;
    this.hi = this.hi || this.x;
    this.at = new Float64Array(this.buckets);
    this.timed = false;
    this.time = null;
    if (this.t) this.readTimes();
    if (!this.timed) for (let i = 0; i < this.buckets; i++) this.at[i] = i * this.k;
    this.first = this.at[0];
    this.last = this.timed ? this.t[2] : this.n - 1;
    if (this.last <= this.first) this.last = this.first + 1;
  }
  /* Times of the buckets; a position is a time only where they never run backwards. */
  readTimes() {
    const time = new Float64Array(this.buckets);
    let now = this.t[0], i = 0, forward = this.t[2] > this.t[0];
    time[i++] = now;
    for (const [step, often] of this.t[1]) {
      if (step < 0) forward = false;
      for (let k = 0; k < often; k++) time[i++] = now += step;
    }
    this.time = time;
    this.timed = forward && this.t[2] >= now;
    if (this.timed) this.at = time;
  }
  /* Position of a row, between those of the buckets around it. */
  position(row) {
    const i = Math.min(Math.floor(row / this.k), this.buckets - 1), into = row - i * this.k;
    const next = i + 1 < this.buckets ? this.at[i + 1] : this.last;
    const rows = i + 1 < this.buckets ? this.k : this.n - 1 - i * this.k;
    return into === 0 ? this.at[i] : this.at[i] + ((next - this.at[i]) * into) / Math.max(rows, 1);
  }
  timeOf(row) {
    if (!this.time) return null;
    return Math.round(this.timed ? this.position(row) : this.time[Math.floor(row / this.k)]);
  }
  /* The last bucket at or before a position. */
  bucket(position) {
    let low = 0, high = this.buckets - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.at[middle] <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
  /* The bucket whose beginning is nearest. */
  nearest(position) {
    const i = this.bucket(position);
    return i + 1 < this.buckets && this.at[i + 1] - position < position - this.at[i] ? i + 1 : i;
  }
}

const LEFT = 54, RIGHT = 10, TOP = 20, GAP = 16, AXIS = 20;

class Plot {
  constructor(canvas, stream) {
    this.canvas = canvas;
    this.s = stream;
    this.from = stream.first;
    this.to = stream.last;
    this.shown = stream.name.map(() => true);
    this.cursor = null; // position
    this.drag = null;   // [position, position] while a part is chosen
  }
  get zoomed() { return this.from > this.s.first || this.to < this.s.last; }
  view(from, to) {
    const s = this.s, whole = s.last - s.first;
    const least = Math.min(whole, Math.max((whole / Math.max(s.n - 1, 1)) * 4, s.timed ? 4 : 1));
    let span = Math.min(Math.max(to - from, least), whole);
    from = (from + to) / 2 - span / 2;
    from = Math.min(Math.max(from, s.first), s.last - span);
    this.from = from;
    this.to = from + span;
  }
  zoom(factor, around) {
    const p = around ?? (this.from + this.to) / 2, span = (this.to - this.from) * factor;
    const part = (p - this.from) / (this.to - this.from);
    this.view(p - span * part, p + span * (1 - part));
  }
  toX(position) { return LEFT + ((position - this.from) / (this.to - this.from)) * this.inner; }
  toPosition(x) { return this.from + ((x - LEFT) / this.inner) * (this.to - this.from); }

  draw() {
    const box = this.canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    this.width = Math.max(box.width, 120);
    this.height = Math.max(box.height, 120);
    this.inner = this.width - LEFT - RIGHT;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    const g = (this.g = this.canvas.getContext("2d")), room = this.height - TOP - GAP - AXIS;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.font = "11px system-ui, sans-serif";
    const style = getComputedStyle(document.documentElement);
    this.color = (name) => style.getPropertyValue(`--${name}`).trim();
    const score = Math.round(Math.min(room * 0.32, 84));
    this.above = { top: TOP, height: room - score };
    this.below = { top: TOP + this.above.height + GAP, height: score };
    this.low = Math.max(this.s.bucket(this.from) - 1, 0);
    this.high = Math.min(this.s.bucket(this.to) + 1, this.s.buckets - 1);
    this.clip(() => { this.drawWarmup(); this.drawEvents(); });
    this.drawAxis();
    this.drawSignals();
    this.drawScore();
    this.clip(() => { this.drawAlarms(); this.drawDrag(); this.drawCursor(); }, 6);
  }
  clip(draw, beyond = 0) {
    const g = this.g;
    g.save();
    g.beginPath();
    g.rect(LEFT - beyond, 0, this.inner + 2 * beyond, this.height - AXIS);
    g.clip();
    draw();
    g.restore();
  }
  panes(draw) { for (const p of [this.above, this.below]) draw(p.top, p.height); }

  drawWarmup() {
    if (!this.s.from) return;
    const x = this.toX(this.s.position(this.s.from));
    if (x <= LEFT) return;
    this.g.fillStyle = this.color("quiet");
    this.panes((top, height) => this.g.fillRect(LEFT, top, x - LEFT, height));
    if (x - LEFT > 60) {
      this.g.fillStyle = this.color("muted");
      this.g.textAlign = "left";
      this.g.textBaseline = "middle";
      this.g.fillText("warm-up", LEFT + 6, this.below.top + this.below.height / 2);
    }
  }
  drawEvents() {
    const g = this.g;
    for (const [first, last, met] of this.s.events) {
      const a = this.toX(this.s.position(first)), b = Math.max(this.toX(this.s.position(last)), a + 2);
      if (b < LEFT || a > this.width) continue;
      g.fillStyle = this.color("event");
      this.panes((top, height) => g.fillRect(a, top, b - a, height));
      g.fillStyle = this.color("event-edge");
      g.fillRect(a, TOP - 3, b - a, 3);
      if (met < 0) this.drawMissed(a, b);
    }
  }
  /* Hatched, and said where there is room. */
  drawMissed(a, b) {
    const g = this.g, { top, height } = this.above, right = Math.min(b, this.width), left = Math.max(a, LEFT);
    g.save();
    g.beginPath();
    g.rect(left, top, right - left, height);
    g.clip();
    g.strokeStyle = this.color("event-edge");
    g.globalAlpha = 0.45;
    g.lineWidth = 1;
    g.beginPath();
    for (let x = left - height - (left % 8); x < right; x += 8) {
      g.moveTo(x, top + height);
      g.lineTo(x + height, top);
    }
    g.stroke();
    g.restore();
    if (this.s.said && right - left > 44) {
      g.fillStyle = this.color("muted");
      g.textAlign = "left";
      g.textBaseline = "top";
      g.fillText("missed", left + 4, top + 4);
    }
  }

  drawAxis() {
    const g = this.g, most = Math.max(Math.floor(this.inner / 84), 2);
    const ticks = this.s.timed ? timeTicks(this.from, this.to, most) : numberTicks(this.from, this.to, most);
    g.textBaseline = "top";
    g.textAlign = "center";
    for (const [p, text] of ticks) {
      const x = Math.round(this.toX(p)) + 0.5;
      g.fillStyle = this.color("grid");
      this.panes((top, height) => g.fillRect(x - 0.5, top, 1, height));
      g.fillStyle = this.color("muted");
      const half = g.measureText(text).width / 2;
      if (x - half > 2 && x + half < this.width - 1) g.fillText(text, x, this.height - AXIS + 5);
    }
  }
  /* Lines and numbers beside a pane; low..high is what it shows. */
  scale(pane, low, high) {
    const g = this.g, most = Math.max(Math.floor(pane.height / 34), 2);
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (const [v, text] of numberTicks(low, high, most)) {
      const y = pane.top + pane.height * (1 - (v - low) / (high - low));
      g.fillStyle = this.color("grid");
      g.fillRect(LEFT, Math.round(y), this.inner, 1);
      g.fillStyle = this.color("muted");
      g.fillText(text, LEFT - 6, y);
    }
  }
  range(k) {
    let low = Infinity, high = -Infinity;
    for (let i = this.low; i <= this.high; i++) {
      const a = this.s.lo[k][i], b = this.s.hi[k][i];
      if (a !== null && a < low) low = a;
      if (b !== null && b > high) high = b;
    }
    if (low > high) return [0, 1];
    const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [low - pad, high + pad];
  }
  /* Each signal that is shown has a lane of its own, with its own scale. */
  lanes() {
    const shown = this.s.name.map((_, k) => k).filter((k) => this.shown[k]), gap = 8;
    const height = (this.above.height - gap * (shown.length - 1)) / shown.length;
    return shown.map((k, i) => ({ k, top: this.above.top + i * (height + gap), height }));
  }
  drawSignals() {
    const g = this.g, lanes = this.lanes();
    for (const lane of lanes) {
      const [low, high] = this.range(lane.k);
      this.scale(lane, low, high);
      this.clip(() => this.drawLine(lane, low, high));
      if (this.s.name.length < 2) continue;
      g.textAlign = "left";
      g.textBaseline = "top";
      g.lineWidth = 4;
      g.lineJoin = "round";
      g.strokeStyle = this.color("card");
      g.strokeText(this.s.name[lane.k].slice(0, 60), LEFT + 4, lane.top + 1);
      g.fillStyle = this.color(`s${lane.k % 6}`);
      g.fillText(this.s.name[lane.k].slice(0, 60), LEFT + 4, lane.top + 1);
    }
  }
  /* Each column of pixels from its smallest to its greatest value. */
  drawLine({ k, top, height }, low, high) {
    const g = this.g, s = this.s;
    const toY = (v) => top + height * (1 - (v - low) / (high - low));
    const dense = (this.high - this.low) / this.inner;
    let column = NaN, min = 0, max = 0, last = 0, pen = false;
    g.strokeStyle = this.color(`s${k % 6}`);
    g.lineWidth = dense > 1 ? 1 : 1.4;
    g.lineJoin = "round";
    g.beginPath();
    const flush = () => {
      if (Number.isNaN(column)) return;
      if (min !== max) { g.lineTo(column, min); g.lineTo(column, max); g.lineTo(column, last); }
      column = NaN;
    };
    for (let i = this.low; i <= this.high; i++) {
      const a = s.lo[k][i], b = s.hi[k][i];
      if (a === null || b === null) { flush(); pen = false; continue; }
      const x = Math.round(this.toX(s.at[i]) * 2) / 2, ya = toY(a), yb = toY(b);
      if (x !== column) {
        flush();
        if (pen) g.lineTo(x, yb);
        else { g.moveTo(x, yb); if (i === this.high || s.lo[k][i + 1] === null) g.lineTo(x + 1, yb); }
        pen = true;
        column = x;
        min = Math.min(ya, yb);
        max = Math.max(ya, yb);
      } else {
        min = Math.min(min, ya, yb);
        max = Math.max(max, ya, yb);
      }
      last = yb;
    }
    flush();
    g.stroke();
  }
  drawScore() {
    const g = this.g, s = this.s, { top, height } = this.below;
    if (this.most === undefined) {
      this.most = -Infinity;
      this.least = 0;
      for (const x of s.s) { if (x > this.most) this.most = x; if (x < this.least) this.least = x; }
      if (!(this.most > this.least)) this.most = this.least + 1;
      this.most += (this.most - this.least) * 0.06;
    }
    this.scale(this.below, this.least, this.most);
    g.fillStyle = this.color("muted");
    g.textAlign = "left";
    g.textBaseline = "bottom";
    g.fillText("score", LEFT, top - 2);
    const toY = (v) => top + height * (1 - (v - this.least) / (this.most - this.least)), base = toY(Math.max(this.least, 0));
    this.clip(() => {
      g.fillStyle = this.color("score");
      let column = NaN, best = base, wide = 1;
      const flush = () => { if (!Number.isNaN(column)) g.fillRect(column, best, wide, Math.max(base - best, 0.5)); };
      for (let i = this.low; i <= this.high; i++) {
        const x = Math.floor(this.toX(s.at[i])), next = i + 1 < s.buckets ? this.toX(s.at[i + 1]) : x + 1;
        if (x !== column) {
          flush();
          column = x;
          best = base;
        }
        wide = Math.max(Math.min(next - x, 7) - 1, 1.2);
        best = Math.min(best, toY(s.s[i]));
      }
      flush();
    });
  }
  drawAlarms() {
    const g = this.g, s = this.s;
    g.fillStyle = this.color("muted");
    g.globalAlpha = 0.55;
    for (const [first, last] of s.open) {
      const a = Math.max(this.toX(s.position(first)), LEFT), b = Math.min(this.toX(s.position(last)), this.width - RIGHT);
      if (b >= a) g.fillRect(a, TOP, Math.max(b - a, 1), 2);
    }
    g.globalAlpha = 1;
    for (const [row, right] of s.alarms) {
      const x = this.toX(s.position(row));
      if (x < LEFT - 1 || x > this.width - RIGHT + 1) continue;
      g.strokeStyle = g.fillStyle = this.color(right ? "right" : "wrong");
      g.lineWidth = 1.2;
      g.setLineDash(right ? [] : [3, 3]);
      g.beginPath();
      this.panes((top, height) => { g.moveTo(x, top); g.lineTo(x, top + height); });
      g.stroke();
      g.setLineDash([]);
      g.beginPath();
      g.moveTo(x - 5, 4);
      g.lineTo(x + 5, 4);
      g.lineTo(x, 14);
      g.closePath();
      if (right) g.fill();
      else { g.lineWidth = 1.5; g.stroke(); }
    }
  }
  drawDrag() {
    if (!this.drag) return;
    const a = this.toX(this.drag[0]), b = this.toX(this.drag[1]);
    this.g.fillStyle = this.color("bar");
    this.g.fillRect(Math.min(a, b), 0, Math.abs(b - a), this.height);
    this.g.fillStyle = this.color("accent");
    this.g.fillRect(a, 0, 1, this.height);
    this.g.fillRect(b, 0, 1, this.height);
  }
  drawCursor() {
    if (this.cursor === null) return;
    const i = this.s.nearest(this.cursor), x = this.toX(this.s.at[i]);
    this.g.fillStyle = this.color("muted");
    this.g.fillRect(Math.round(x), TOP, 1, this.height - TOP - AXIS);
    for (const { k, top, height } of this.lanes()) {
      const [low, high] = this.range(k), v = this.s.hi[k][i];
      if (v === null) continue;
      this.g.fillStyle = this.color(`s${k % 6}`);
      this.g.beginPath();
      this.g.arc(x, top + height * (1 - (v - low) / (high - low)), 3.5, 0, 7);
      this.g.fill();
    }
  }

  /* What there is at the cursor: [[name, text]...]. */
  describe() {
    const s = this.s, i = s.nearest(this.cursor), row = i * s.k, end = Math.min(row + s.k, s.n) - 1, lines = [];
    const time = s.timeOf(row);
    lines.push([time === null ? `row ${row + 1}` : timeText(time), end > row ? `rows ${row + 1} to ${end + 1}` : time === null ? "" : `row ${row + 1}`]);
    s.name.forEach((name, k) => {
      if (!this.shown[k]) return;
      const a = s.lo[k][i], b = s.hi[k][i];
      lines.push([name, a === b ? numberText(a) : `${numberText(a)} to ${numberText(b)}`]);
    });
    lines.push(["score", numberText(s.s[i]) + (end > row ? " at most" : "")]);
    if (end < s.from) lines.push(["", "warm-up: not judged"]);
    s.events.forEach(([first, last, met], k) => {
      if (first <= end && last >= row) lines.push([`event ${k + 1}`, met < 0 ? (s.said ? "missed" : "") : `found after ${met - first} row${met - first === 1 ? "" : "s"}`]);
    });
    /* An alarm is said some pixels around, too. */
    const reach = ((this.to - this.from) / this.inner) * 5, at = s.at[i];
    for (const [r, right, why] of s.alarms)
      if ((r >= row && r <= end) || Math.abs(s.position(r) - at) <= reach)
        lines.push([right ? "alarm, right" : "false alarm", why || ""]);
    return lines;
  }
  /* Positions of what is worth a look, in order. */
  marks() {
    const s = this.s, all = s.alarms.map(([row]) => s.position(row));
    for (const [first, , met] of s.events) if (met < 0) all.push(s.position(first));
    return all.sort((a, b) => a - b);
  }
  goTo(direction) {
    const marks = this.marks(), here = this.cursor ?? (this.from + this.to) / 2, small = (this.s.last - this.s.first) * 1e-9;
    const next = direction > 0 ? marks.find((m) => m > here + small) : marks.filter((m) => m < here - small).pop();
    if (next === undefined) return false;
    if (next < this.from || next > this.to) {
      const half = (this.to - this.from) / 2;
      this.view(next - half, next + half);
    }
    this.cursor = next;
    return true;
  }
  step(rows) {
    const s = this.s, i = s.nearest(this.cursor ?? (this.from + this.to) / 2);
    this.cursor = s.at[Math.min(Math.max(i + rows, 0), s.buckets - 1)];
    const half = (this.to - this.from) / 2;
    if (this.cursor < this.from || this.cursor > this.to) this.view(this.cursor - half, this.cursor + half);
  }
}

/* The whole of a stream in a strip: where events are, which alarms were right. */
function drawStrip(canvas, s) {
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1, g = canvas.getContext("2d");
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  const style = getComputedStyle(document.documentElement), color = (name) => style.getPropertyValue(`--${name}`).trim();
  const toX = (row) => ((s.position(row) - s.first) / (s.last - s.first)) * (box.width - 2) + 1;
  g.fillStyle = color("quiet");
  g.fillRect(0, 4, box.width, box.height - 8);
  for (const [first, last] of s.events) {
    g.fillStyle = color("event-edge");
    g.globalAlpha = 0.55;
    g.fillRect(toX(first), 4, Math.max(toX(last) - toX(first), 2), box.height - 8);
  }
  g.globalAlpha = 1;
  for (const [row, right] of s.alarms) {
    g.fillStyle = color(right ? "right" : "wrong");
    g.fillRect(toX(row) - 1, right ? 0 : 3, 2, right ? box.height : box.height - 6);
  }
}
