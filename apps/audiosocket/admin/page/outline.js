// The opened call: its outlines, which run from right to left, and its figures.

import { age, decibels } from "./calls.js";

const slots = 1000; // twenty seconds
const behind = 24; // slots: the drawing is this much behind the data, so that it moves evenly
const leastScale = 0.2; // of full scale: quieter sound is drawn small

const $ = (id) => document.getElementById(id);
const milliseconds = (ms) => (ms === null ? "–" : `${ms.toFixed(0)} ms`);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

// One direction: the latest slots, each at its number modulo their count.
class Side {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
  }

  clear() {
    this.low = new Int8Array(slots);
    this.high = new Int8Array(slots);
    this.next = 0;
    this.scale = leastScale;
  }

  add(part) {
    part.slots.forEach((value, i) => {
      const at = (part.from + (i >> 1)) % slots;
      (i % 2 ? this.high : this.low)[at] = value;
    });
    this.next = part.from + part.slots.length / 2;
  }

  draw(edge) {
    const { canvas } = this;
    const density = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * density)) canvas.width = Math.round(width * density);
    if (canvas.height !== Math.round(height * density)) canvas.height = Math.round(height * density);
    const pen = canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const middle = height / 2;
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--line");
    for (const share of [0.25, 0.5, 0.75]) pen.fillRect(width * share, 0, 1, height);
    pen.fillStyle = style.color;
    pen.globalAlpha = 0.35;
    pen.fillRect(0, middle - 0.5, width, 1);
    pen.globalAlpha = 1;

    const first = Math.max(0, this.next - slots, Math.floor(edge) - slots);
    const last = Math.min(this.next, Math.ceil(edge));
    let loudest = leastScale * 128;
    for (let n = first; n < last; ++n) loudest = Math.max(loudest, this.high[n % slots], -this.low[n % slots]);
    this.scale += (Math.min(1, loudest / 118) - this.scale) * 0.08;

    const step = width / slots;
    const tall = (middle - 4) / (128 * this.scale);
    pen.beginPath();
    for (let n = first; n < last; ++n) pen.lineTo(width - (edge - n) * step, middle - Math.max(0.5, this.high[n % slots] * tall));
    for (let n = last - 1; n >= first; --n) pen.lineTo(width - (edge - n) * step, middle + Math.max(0.5, -this.low[n % slots] * tall));
    pen.closePath();
    pen.fill();
  }
}

export class Card {
  constructor() {
    this.id = null;
    this.received = new Side($("received-wave"));
    this.sent = new Side($("sent-wave"));
    $("close").addEventListener("click", () => this.onClose());
    document.addEventListener("keydown", (e) => {
      if (e.key === "Escape" && this.id && !$("sure").open) this.onClose();
    });
    $("hang-up").addEventListener("click", () => {
      $("sure").returnValue = "";
      $("sure-which").textContent = this.id;
      this.asked = this.id;
      $("sure").showModal();
    });
    $("sure").addEventListener("close", () => {
      if ($("sure").returnValue === "yes") this.hangUp(this.asked);
    });
    const draw = () => {
      if (this.id && !document.hidden) this.draw();
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }

  async hangUp(id) {
    try {
      await this.onHangUp(id);
    } catch (error) {
      if (this.id !== id) return;
      error.status === 404 ? this.ended(error.pid) : this.note(error.message);
    }
  }

  open(id) {
    this.id = id;
    this.over = false;
    this.seenIn = null; // the process that has the call
    this.nextSlot = 0;
    this.edge = null;
    this.received.clear();
    this.sent.clear();
    this.note("");
    $("card").hidden = !id;
    $("hang-up").disabled = !id;
    $("card-id").textContent = id ?? "";
    $("card-peer").textContent = "";
    $("facts").replaceChildren();
  }

  drawing() {
    return this.id && !this.over;
  }

  // The process with this number does not have the call. After an upgrade the old process may still have it.
  ended(pid) {
    if (!this.id) return;
    this.over = true;
    $("hang-up").disabled = true;
    this.note(
      this.seenIn && this.seenIn !== pid
        ? "After an upgrade, another process answers here. This call goes on in the old process and cannot be shown here."
        : "This call has ended.",
    );
  }

  note(text) {
    if (!text && this.over) return;
    $("card-note").textContent = text;
    $("card-note").hidden = !text;
  }

  addOutline(id, parts) {
    if (id !== this.id || !parts.received) return;
    this.received.add(parts.received);
    this.sent.add(parts.sent);
    this.nextSlot = Math.min(this.received.next, this.sent.next);
    this.known = Math.max(this.received.next, this.sent.next);
    this.knownAt = performance.now();
  }

  // The position of "now" moves evenly, and is corrected slowly towards the data.
  draw() {
    if (!this.known || this.over) return;
    const wanted = this.known + (performance.now() - this.knownAt) / 20 - behind;
    const now = performance.now();
    const moved = this.edge === null ? wanted : this.edge + (now - this.drawnAt) / 20;
    this.edge = Math.abs(wanted - moved) > 50 ? wanted : moved + (wanted - moved) * 0.05;
    this.drawnAt = now;
    this.received.draw(this.edge);
    this.sent.draw(this.edge);
  }

  showCall(call, pid) {
    if (call.id !== this.id) return;
    this.seenIn ??= pid;
    const s = call.statistics;
    $("card-peer").textContent = call.peer;
    $("received-db").textContent = decibels(call.received);
    $("sent-db").textContent = decibels(call.sent);
    const silent = s.frames_sent ? Math.round((100 * s.silence_frames_sent) / s.frames_sent) : 0;
    this.showFacts([
      ["Duration", age(call.age_seconds)],
      ["Received as", call.receive_format],
      ["Sent as", call.send_format],
      ["Jitter", `${call.jitter_ms.toFixed(1)} ms`],
      ["Longest gap", `${s.arrival_gap_max_ms.toFixed(0)} ms`, s.arrival_gap_max_ms > 100],
      ["Queued", `${(call.queue_ms / 1000).toFixed(1)} s`],
      ["Frames received", whole.format(s.frames_received)],
      ["Frames sent", whole.format(s.frames_sent)],
      ["Silence sent", `${silent} %`],
      ["Underruns", whole.format(s.underruns), s.underruns > 0],
      ["Late frames", whole.format(s.late_frames), s.late_frames > 0],
      ["Skipped", whole.format(s.skipped_frames), s.skipped_frames > 0],
      ["Worst lateness", `${s.lateness_max_ms.toFixed(1)} ms`, s.lateness_max_ms > 5],
      ["Dropped", whole.format(s.frames_dropped), s.frames_dropped > 0],
      ["Above max rate", whole.format(s.frames_above_rate), s.frames_above_rate > 0],
      ["Digits", whole.format(s.digits_received)],
      ...(call.backend ? this.backendFacts(call.backend) : []),
    ]);
  }

  // Only calls of a gateway have a back end.
  backendFacts(backend) {
    return [
      ["Back end", `${backend.dialect}, ${backend.state}`, backend.state === "connecting"],
      ["Connected after", `${backend.connect_ms.toFixed(0)} ms`],
      ["Turns", whole.format(backend.turns)],
      ...(backend.last_turn ? this.turnFacts(backend.last_turn) : []),
      ["Round trip", milliseconds(backend.round_trip_ms)],
      ["Slowest ping", milliseconds(backend.slowest_ping_ms), backend.slowest_ping_ms > 500],
      ["Barge-ins", whole.format(backend.barge_ins)],
      ["Audio refused", `${backend.audio_refused_seconds.toFixed(1)} s`, backend.audio_refused_seconds > 0],
      ["Caller not passed on", `${backend.caller_lost_seconds.toFixed(1)} s`, backend.caller_lost_seconds > 0],
    ];
  }

  turnFacts(turn) {
    return [
      ["Last answer after", milliseconds(turn.total_ms)],
      ["– of that the network", milliseconds(turn.network_ms)],
      ["– of that the back end", milliseconds(turn.backend_ms)],
      ["– of that our queue", milliseconds(turn.queue_ms)],
    ];
  }

  showFacts(facts) {
    $("facts").replaceChildren(
      ...facts.map(([name, value, hot]) => {
        const pair = document.createElement("div");
        const term = document.createElement("dt");
        const text = document.createElement("dd");
        term.textContent = name;
        text.textContent = value;
        text.classList.toggle("hot", Boolean(hot));
        pair.append(term, text);
        return pair;
      }),
    );
  }
}
