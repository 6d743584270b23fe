// The table of calls. The server sorts, filters and cuts, so at most a page of rows is shown. A row is created once and
// then only updated.

const pageSize = 100;
const quietest = -60; // dBFS: where a meter begins

const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function age(seconds) {
  const s = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

export function decibels(level) {
  return level && level.rms_dbfs > -90 ? `${level.rms_dbfs.toFixed(0)} dB` : "silent";
}

const reach = (dbfs) => Math.min(1, Math.max(0, 1 - dbfs / quietest));

function cell(row, kind) {
  const td = document.createElement("td");
  if (kind) td.className = kind;
  row.append(td);
  return td;
}

function meter(td, kind) {
  const bar = document.createElement("div");
  bar.className = `meter ${kind}`;
  const fill = document.createElement("i");
  const peak = document.createElement("u");
  bar.append(fill, peak);
  td.append(bar);
  return (level) => {
    const loud = level ? reach(level.rms_dbfs) : 0;
    const most = level ? reach(level.peak_dbfs) : 0;
    fill.style.clipPath = `inset(0 ${(100 - 100 * loud).toFixed(1)}% 0 0)`;
    peak.style.left = `calc(${(100 * most).toFixed(1)}% - 2px)`;
    peak.style.opacity = most > 0 ? 1 : 0;
    bar.title = decibels(level);
  };
}

// A counter that should stay zero; it is highlighted when it grows.
function counter(td) {
  let last = null;
  return (value) => {
    if (value === last) return;
    td.textContent = whole.format(value);
    td.className = value ? "some" : "zero";
    if (last !== null && value > last) {
      void td.offsetWidth; // restarts the animation
      td.classList.add("fresh");
    }
    last = value;
  };
}

function measured(td, unit) {
  const number = document.createTextNode("");
  const name = document.createElement("span");
  name.className = "unit";
  name.textContent = unit;
  td.append(number, name);
  return (text) => (number.data = text);
}

class Row {
  constructor(call) {
    this.element = document.createElement("tr");
    this.element.dataset.id = call.id;
    const who = cell(this.element, "call");
    const peer = document.createElement("b");
    const link = document.createElement("a");
    link.href = `#${call.id}`;
    link.textContent = call.peer;
    peer.append(link);
    const id = document.createElement("small");
    id.textContent = call.id;
    who.append(peer, id);
    this.age = cell(this.element);
    this.received = meter(cell(this.element, "level"), "caller");
    this.sent = meter(cell(this.element, "level"), "us");
    this.format = cell(this.element, "format wide");
    this.jitter = measured(cell(this.element), "ms");
    this.queue = measured(cell(this.element, "wide"), "s");
    this.underruns = counter(cell(this.element));
    this.late = counter(cell(this.element));
  }

  show(call) {
    this.age.textContent = age(call.age_seconds);
    this.received(call.received);
    this.sent(call.sent);
    const formats =
      call.receive_format === call.send_format ? call.send_format : `${call.receive_format} / ${call.send_format}`;
    const found = call.findings.map((f) => `${f.text}; ${f.advice}`).join("\n");
    this.format.textContent = found ? `⚠ ${formats}` : formats;
    this.format.title = found;
    this.jitter(call.jitter_ms.toFixed(1));
    this.queue((call.queue_ms / 1000).toFixed(1));
    this.underruns(call.statistics.underruns);
    this.late(call.statistics.late_frames + call.statistics.skipped_frames);
  }
}

export class Calls {
  constructor(onOpen) {
    this.rows = new Map();
    this.sort = "-age";
    this.offset = 0;
    this.opened = null;
    $("filter").addEventListener("input", () => (this.offset = 0));
    $("before").addEventListener("click", () => (this.offset = Math.max(0, this.offset - pageSize)));
    $("after").addEventListener("click", () => (this.offset += pageSize));
    $("rows").addEventListener("click", (e) => {
      const id = e.target.closest("tr")?.dataset.id;
      e.preventDefault();
      if (id) onOpen(id === this.opened ? null : { id });
    });
    for (const button of document.querySelectorAll("[data-sort]"))
      button.addEventListener("click", () => this.sortBy(button.dataset.sort));
    this.markSort();
  }

  // The first click on a column of numbers sorts the largest first.
  sortBy(key) {
    const first = key === "peer" ? key : `-${key}`;
    const other = key === "peer" ? `-${key}` : key;
    this.sort = this.sort === first ? other : first;
    this.offset = 0;
    this.markSort();
  }

  markSort() {
    for (const button of document.querySelectorAll("[data-sort]")) {
      const chosen = button.dataset.sort === this.sort.replace("-", "");
      const direction = this.sort.startsWith("-") ? "descending" : "ascending";
      chosen ? button.parentNode.setAttribute("aria-sort", direction) : button.parentNode.removeAttribute("aria-sort");
    }
  }

  path() {
    const filter = encodeURIComponent($("filter").value.trim());
    return `/calls?levels=1&limit=${pageSize}&offset=${this.offset}&sort=${this.sort}&filter=${filter}`;
  }

  show(answer) {
    if (this.offset >= answer.matching) this.offset = 0;
    const gone = new Map(this.rows);
    const body = $("rows");
    answer.calls.forEach((call, place) => {
      const key = `${call.id} ${call.peer}`;
      let row = this.rows.get(key);
      if (!row) this.rows.set(key, (row = new Row(call)));
      gone.delete(key);
      row.show(call);
      if (body.children[place] !== row.element) body.insertBefore(row.element, body.children[place] ?? null);
    });
    for (const [key, row] of gone) {
      row.element.remove();
      this.rows.delete(key);
    }
    this.mark(this.opened);
    this.showCounts(answer);
  }

  showCounts(answer) {
    const shown = answer.calls.length;
    const filtered = $("filter").value.trim() !== "";
    const of = `${whole.format(answer.matching)} ${filtered ? "that match" : answer.matching === 1 ? "call" : "calls"}`;
    $("shown").textContent = !answer.truncated
      ? of
      : `${whole.format(this.offset + 1)}–${whole.format(this.offset + shown)} of ${of}`;
    $("pager").hidden = !answer.truncated;
    $("before").disabled = this.offset === 0;
    $("after").disabled = this.offset + shown >= answer.matching;
    $("no-calls").hidden = shown > 0;
    $("no-calls").textContent = filtered ? "No call matches." : "No calls in progress. New calls appear here.";
  }

  mark(id) {
    this.opened = id;
    for (const row of this.rows.values()) row.element.classList.toggle("open", row.element.dataset.id === id);
    document.body.classList.toggle("has-card", Boolean(id));
  }
}
