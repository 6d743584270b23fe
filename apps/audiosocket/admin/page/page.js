// The page polls the server: its figures, the calls that are shown, and the opened call. There is one request of a kind
// at a time, and the next follows some time after the answer, so a slow server is not asked more often.

import { Calls } from "./calls.js";
import { Card } from "./outline.js";

const statusInterval = 1000;
const callsInterval = 500;
const outlineInterval = 250;
const patience = 4000; // the server gives up after three seconds
const historyLength = 120; // answers to /status: two minutes
const minute = 60; // seconds

const $ = (id) => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, signal: AbortSignal.timeout(patience), cache: "no-store" });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.error), { status: answer.status, pid: body.pid });
  return body;
}

function repeat(interval, look) {
  const again = async () => {
    if (!document.hidden) await look();
    setTimeout(again, interval);
  };
  again();
}

// --- Whether the server answers ---

let answeredAt = new Date();

function answered() {
  answeredAt = new Date();
  document.body.classList.remove("is-gone");
  $("gone").hidden = true;
}

function unanswered(error) {
  if (error.status) return; // the server answered with an error
  document.body.classList.add("is-gone");
  showState("gone", "No answer");
  $("gone").textContent = `The server has not answered since ${answeredAt.toLocaleTimeString()}; still trying.`;
  $("gone").hidden = false;
}

function showState(state, text) {
  $("state").dataset.state = state;
  $("state").querySelector("b").textContent = text;
  document.title = text === "Serving" ? "AudioSocket" : `${text} · AudioSocket`;
}

// --- The tiles ---

const history = [];

// How much a counter has grown in the last seconds, and in how many seconds exactly.
function growth(seconds, counter) {
  const last = history.at(-1);
  const first = history.find((h) => last.at - h.at < (seconds + 0.5) * 1000);
  return { by: Math.max(0, counter(last) - counter(first)), seconds: (last.at - first.at) / 1000 };
}

// Shows the growth in the last minute, or since this page was opened.
function showRecent(name, counted, text) {
  $(name).textContent = !counted.seconds ? "–" : counted.by ? text : "None";
  $(name).classList.toggle("hot", counted.by > 0);
  const seen = Math.round(counted.seconds);
  $(`${name}-span`).textContent = seen && seen < minute - 1 ? `last ${seen} s` : "last minute";
}

function rates(counter) {
  const out = [];
  for (let i = 1; i < history.length; ++i) {
    const seconds = (history[i].at - history[i - 1].at) / 1000;
    out.push(Math.max(0, counter(history[i]) - counter(history[i - 1])) / Math.max(seconds, 0.1));
  }
  return out;
}

function drawLine(canvas, values, color, least) {
  const scale = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  if (values.length < 2) return;
  const most = Math.max(least, ...values);
  const x = (i) => width - ((values.length - 1 - i) * width) / (historyLength - 1);
  const y = (v) => height - 2 - (v / most) * (height - 6);
  pen.beginPath();
  values.forEach((v, i) => pen.lineTo(x(i), y(v)));
  pen.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue(color);
  pen.lineWidth = 1.6;
  pen.lineJoin = "round";
  pen.stroke();
  pen.lineTo(width, height);
  pen.lineTo(x(0), height);
  pen.globalAlpha = 0.13;
  pen.fillStyle = pen.strokeStyle;
  pen.fill();
}

const states = { serving: "Serving", full: "Full", stopping: "Draining" };

function showStatus(s) {
  // A restarted server counts from zero, so the history of the old one is dropped.
  if (history.length && s.statistics.frames_sent < history.at(-1).statistics.frames_sent) history.length = 0;
  history.push({ ...s, at: performance.now() });
  if (history.length > historyLength) history.shift();
  showState(s.state, states[s.state]);
  $("about").textContent = `${s.version} on ${location.host} · ${s.threads} ${s.threads === 1 ? "thread" : "threads"}` +
    ` · ${whole.format(s.calls_started)} calls so far`;

  $("calls-up").textContent = whole.format(s.calls_up);
  $("calls-max").textContent = `of ${whole.format(s.calls_max)}` + (s.refused ? ` · ${whole.format(s.refused)} refused` : "");
  const share = Math.min(1, s.calls_up / s.calls_max);
  $("calls-room").style.transform = `scaleX(${share})`;
  $("calls-room").classList.toggle("hot", share > 0.9);
  drawLine($("calls-line"), history.map((h) => h.calls_up), "--caller", 4);

  const received = (h) => h.statistics.frames_received;
  const sent = (h) => h.statistics.frames_sent;
  const late = (h) => h.statistics.late_frames + h.statistics.skipped_frames;
  const underruns = (h) => h.statistics.underruns;
  const cpu = (h) => h.cpu_seconds;
  const perSecond = (counter, format) => {
    const g = growth(3, counter);
    return g.seconds ? format(g.by / g.seconds) : "–";
  };
  $("frames-in").textContent = perSecond(received, whole.format);
  $("frames-out").textContent = perSecond(sent, whole.format);
  drawLine($("frames-line"), rates(sent), "--us", 50);

  const lateNow = growth(minute, late);
  showRecent("late", lateNow, `${((100 * lateNow.by) / Math.max(1, growth(minute, sent).by)).toPrecision(2)} %`);
  $("late-all").textContent = `${whole.format(late(s))} of ${whole.format(sent(s))} in all`;
  drawLine($("late-line"), rates(late), "--warn", 5);

  const ranDry = growth(minute, underruns);
  showRecent("underruns", ranDry, whole.format(ranDry.by));
  $("underruns-all").textContent = `${whole.format(underruns(s))} in all`;
  drawLine($("underruns-line"), rates(underruns), "--warn", 5);

  $("cpu").textContent = perSecond(cpu, (share) => tenths.format(100 * share));
  $("memory").textContent = `${tenths.format(s.resident_bytes / 2 ** 20)} MiB · ${whole.format(s.open_files)} files open`;
  drawLine($("cpu-line"), rates(cpu), "--us", 0.1);
}

// --- The cluster ---

function nodeRow(n) {
  const row = document.createElement("tr");
  row.dataset.node = n.node;
  const cells = [n.node + (n.this ? " (this one)" : ""), n.state, `${whole.format(n.calls)} of ${whole.format(n.calls_max)}`,
    whole.format(n.waiting), `${whole.format(100 * n.load)} %`, n.connect];
  row.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  row.firstChild.className = "call";
  row.lastChild.className = "wide";
  return row;
}

function showCluster(cluster) {
  $("nodes").hidden = !cluster;
  if (!cluster) return;
  const all = cluster.nodes.reduce((sum, n) => sum + n.calls, 0);
  $("directory").textContent = cluster.directory.connected
    ? `${cluster.nodes.length} nodes with ${whole.format(all)} calls, by ${cluster.directory.where}`
    : `The directory is away: ${cluster.directory.why}. Calls go on; this is what was known before.`;
  $("node-rows").replaceChildren(...cluster.nodes.map(nodeRow));
}

// --- All together ---

const card = new Card();
const calls = new Calls((call) => open(call && call.id));

function open(id) {
  history.length && window.history.replaceState(null, "", id ? `#${id}` : location.pathname);
  card.open(id);
  calls.mark(id);
}

card.onClose = () => open(null);
card.onHangUp = (id) => ask(`/calls/${id}`, { method: "DELETE" });

repeat(statusInterval, async () => {
  try {
    const status = await ask("/status");
    showStatus(status);
    showCluster(status.cluster);
    answered();
  } catch (error) {
    unanswered(error);
  }
});

repeat(callsInterval, async () => {
  const id = card.id;
  try {
    calls.show(await ask(calls.path()));
    if (id) card.showCall(await ask(`/calls/${id}`), history.at(-1)?.pid);
  } catch (error) {
    if (error.status === 404 && card.id === id) card.ended(error.pid);
  }
});

repeat(outlineInterval, async () => {
  if (!card.drawing()) return;
  const id = card.id;
  try {
    card.addOutline(id, await ask(`/calls/${id}/outline?from=${card.nextSlot}`));
    card.note("");
  } catch (error) {
    if (error.status === 503) card.note(error.message);
  }
});

const wanted = /^#([0-9a-f-]{36})$/i.exec(location.hash);
if (wanted) open(wanted[1].toLowerCase());
