// Draws judged lines over the stream. Texts are set as text, never as markup. When the server or its engine is gone,
// nothing new appears and a badge says so; what a lost connection could not take back is taken off soon.
"use strict";
(() => {
  const SILENCE_MS = 5000; // without any word from the server the connection counts as lost
  const WIPE_MS = 2000; // so long may lines stay that nobody could take back
  const NODES = 150;
  const WAITING = 60;
  const SCROLL_MS = 9000;
  const STAY_MS = 45000;
  const FADE_MS = 1000;

  const body = document.body;
  const stage = document.getElementById("stage");
  const badge = document.getElementById("badge");
  const option = (name) => Number(body.dataset[name]);
  const box = body.dataset.style === "box";
  const nodes = new Map(); // id -> {element, timers}, oldest first
  const waiting = []; // lines without a free lane, oldest first
  let lanes = [];
  stage.style.fontSize = `${option("size")}px`;
  stage.style.opacity = body.dataset.opacity;

  function part(name, text) {
    const element = document.createElement("bdi");
    element.className = name;
    element.textContent = text;
    return element;
  }

  function make(line) {
    const element = document.createElement("p");
    element.className = `line ${["moderator", "owner", "bot"].includes(line.role) ? line.role : ""}`;
    element.append(part("name", line.name), part("text", line.text));
    return element;
  }

  function keep(line, element, most) {
    nodes.set(line.id, { element, timers: [] });
    stage.append(element);
    while (nodes.size > most) remove(nodes.keys().next().value);
  }

  // A timer that outlives its line would keep the line in memory: they end together.
  function later(id, what, milliseconds) {
    nodes.get(id).timers.push(setTimeout(what, milliseconds));
  }

  function remove(id) {
    const node = nodes.get(id);
    if (!node) return;
    nodes.delete(id);
    node.timers.forEach(clearTimeout);
    node.element.remove();
  }

  function hide(id) {
    remove(id);
    const place = waiting.findIndex((line) => line.id === id);
    if (place >= 0) waiting.splice(place, 1);
  }

  function wipe() {
    [...nodes.keys()].forEach(remove);
    waiting.length = 0;
    lanes = [];
  }

  // A lane is free once the line before has wholly entered, and would not be caught up before it leaves.
  function freeLane(width, duration) {
    const height = option("size") * 1.4;
    const count = Math.max(1, Math.min(option("lines"), Math.floor(innerHeight / height) - 1));
    const now = performance.now();
    const arrives = now + duration * (innerWidth / (innerWidth + width));
    for (let index = 0; index < count; index += 1) {
      const last = lanes[index];
      if (!last || (last.entered <= now && last.gone <= arrives)) return { index, top: index * height + height * 0.2 };
    }
    return null;
  }

  function scroll(line) {
    const element = make(line);
    stage.append(element);
    const width = element.offsetWidth;
    const duration = (SCROLL_MS / option("speed")) * (0.75 + 0.25 * Math.min(2, (innerWidth + width) / innerWidth));
    const lane = freeLane(width, duration);
    if (!lane) {
      element.remove();
      return false;
    }
    const now = performance.now();
    lanes[lane.index] = { entered: now + (duration * (width + 24)) / (innerWidth + width), gone: now + duration };
    keep(line, element, NODES);
    const from = `translate(${innerWidth}px, ${lane.top}px)`;
    const to = `translate(${-width}px, ${lane.top}px)`;
    element.style.transform = to;
    element.animate([{ transform: from }, { transform: to }], { duration, easing: "linear" });
    later(line.id, () => remove(line.id), duration);
    return true;
  }

  function stack(line) {
    const element = make(line);
    keep(line, element, option("lines"));
    later(line.id, () => element.classList.add("old"), STAY_MS / option("speed"));
    later(line.id, () => remove(line.id), STAY_MS / option("speed") + FADE_MS);
  }

  function show(line) {
    if (nodes.has(line.id)) return;
    if (box) return stack(line);
    if (waiting.length || !scroll(line)) waiting.push(line);
    if (waiting.length > WAITING) waiting.shift();
  }

  if (!box) setInterval(() => { while (waiting.length && scroll(waiting[0])) waiting.shift(); }, 100);

  let failures = 0;
  let wiping = 0;

  function lose() {
    badge.hidden = false;
    waiting.length = 0;
    if (!wiping) wiping = setTimeout(wipe, WIPE_MS);
  }

  function found() {
    clearTimeout(wiping);
    wiping = 0;
    failures = 0;
    wipe(); // what was decided in between is not known here: begin anew
  }

  function apply(frame) {
    badge.hidden = frame.live;
    if (frame.clear) wipe();
    (frame.show || []).forEach(show);
    (frame.hide || []).forEach(hide);
  }

  function connect() {
    const address = new URL(`${location.pathname}/socket${location.search}`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    let over = false;
    let watchdog = 0;
    const end = () => {
      if (over) return;
      over = true;
      clearTimeout(watchdog);
      socket.close();
      lose();
      const longest = Math.min(30000, 1000 * 2 ** failures);
      failures = Math.min(failures + 1, 10);
      setTimeout(connect, 500 + Math.random() * longest);
    };
    const alive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(end, SILENCE_MS);
    };
    socket.onopen = () => { found(); alive(); };
    socket.onmessage = (event) => {
      if (over) return;
      alive();
      apply(JSON.parse(event.data));
    };
    socket.onclose = end;
    socket.onerror = end;
    alive();
  }

  badge.hidden = false;
  connect();
})();
