// The page: who speaks, what is said, which crowd plays, and what the server answers.

import { Lines, element, hueOf } from "./lines.js";
import { language, translate, word } from "./words.js";

const byId = (id) => document.getElementById(id);
const room = decodeURIComponent(location.pathname.split("/")[2] ?? "demo");
const roomPath = encodeURIComponent(room);
const KINDS = ["calm", "cheer", "raid", "flooder", "reporters"];
const OTHER = " other";
const precise = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

const state = {
  scene: null,
  me: null,
  socket: null,
  failures: 0,
  live: true,
  sanction: null,
  silence: null,
  replyTo: null,
  playing: [],
  ahead_s: 0, // how far the server's clock is ahead of ours
};

const lines = new Lines(byId("lines"), byId("newer"), { onReply: reply, onReport: report });

/* ---- the socket ---- */

function speakAs(name) {
  sessionStorage.setItem(`speaker:${room}`, name);
  state.failures = 0;
  connect(name);
}

function connect(name) {
  state.socket?.close();
  const socket = new WebSocket(`ws://${location.host}/ws/${roomPath}?name=${encodeURIComponent(name)}`);
  state.socket = socket;
  let refused = false;
  socket.addEventListener("message", (event) => {
    if (socket !== state.socket) return;
    const frame = JSON.parse(event.data);
    refused ||= frame.kind === "refused" && ["bad-name", "name-taken"].includes(frame.why);
    take(frame);
  });
  socket.addEventListener("close", () => socket === state.socket && !refused && later(name, socket));
}

function later(name, socket) {
  state.failures += 1;
  showLive();
  const wait_ms = Math.min(10_000, 250 * 2 ** state.failures);
  setTimeout(() => socket === state.socket && connect(name), wait_ms);
}

function isConnected() {
  return state.socket?.readyState === WebSocket.OPEN && state.me !== null;
}

/* ---- what the server says ---- */

const deeds = {
  welcome(frame) {
    state.failures = 0;
    state.me = frame.you;
    state.ahead_s = frame.at_s - Date.now() / 1000;
    Object.assign(state, { live: frame.live, sanction: frame.sanction, silence: frame.silence });
    lines.clear(frame.you);
    const all = [...frame.lines, ...frame.whispers].sort((a, b) => a.at_s - b.at_s);
    for (const each of all) deeds[each.kind](each);
    lines.toEnd();
    refuse("");
    answerTo(null);
    showPlaying(frame.playing);
    showFace();
    showLive();
    showNotice();
  },
  message: (frame) => lines.add(frame),
  removed: (frame) => lines.remove(frame.id),
  whisper: (frame) => lines.whisper(frame),
  silenced: (frame) => setSanction(frame),
  freed: () => setSanction(null),
  roles(frame) {
    if (frame.sender.id === state.me?.id) state.me = frame.sender;
    showNotice();
  },
  "room-silence"(frame) {
    state.silence = frame.on ? frame : null;
    showNotice();
  },
  live: () => setLive(true),
  closed: () => setLive(false),
  crowd: (frame) => showPlaying(frame.playing),
  refused: (frame) => refuse(word(`no-${frame.why}`, { limit: limitOf(frame.why) }) || frame.text),
};

function take(frame) {
  deeds[frame.kind]?.(frame);
}

function limitOf(why) {
  return why === "bad-name" ? state.scene.name_limit : state.scene.line_limit;
}

function setSanction(frame) {
  state.sanction = frame;
  showNotice();
  if (!frame) refuse(word("free"), "good");
}

function setLive(on) {
  state.live = on;
  showLive();
}

/* ---- what a person does ---- */

function say(event) {
  event.preventDefault();
  const field = byId("text");
  if (!field.value.trim()) return;
  if (!isConnected()) {
    refuse(word("no-connection"));
    return;
  }
  state.socket.send(JSON.stringify({ kind: "say", text: field.value, reply_to: state.replyTo?.id ?? null }));
  field.value = "";
  refuse("");
  answerTo(null);
  lines.toEnd();
}

function reply(line) {
  answerTo(line);
  byId("text").focus();
}

function report(line) {
  answerTo(line);
  const field = byId("text");
  field.value = `${language === "en" ? "!report" : "!举报"} @${line.sender.name} `;
  field.focus();
}

function answerTo(line) {
  state.replyTo = line;
  byId("answer").hidden = line === null;
  byId("answer-text").textContent = line ? word("reply-to", { name: line.sender.name }) : "";
}

function choose() {
  const chosen = byId("speaker").value;
  byId("other").hidden = chosen !== OTHER;
  if (chosen === OTHER) byId("name").focus();
  else speakAs(chosen);
}

function takeName() {
  const name = byId("name").value.trim();
  if (!name) return;
  addSpeaker(name);
  byId("other").hidden = true;
  byId("name").value = "";
  speakAs(name);
  byId("text").focus();
}

async function crowd(kind) {
  const stop = kind === "stop";
  const path = `/api/rooms/${roomPath}/crowd${stop ? "" : `/${kind}`}`;
  try {
    const answer = await fetch(path, { method: stop ? "DELETE" : "POST" });
    if (answer.ok) showPlaying((await answer.json()).playing);
  } catch {
    refuse(word("no-connection"));
  }
}

/* ---- what a person sees ---- */

function showNotice() {
  const words = noticeWords();
  byId("notice").hidden = words === null;
  byId("notice-title").textContent = words?.title ?? "";
  byId("notice-text").textContent = words?.text ?? "";
  byId("text").disabled = byId("send").disabled = words !== null;
}

function noticeWords() {
  const { sanction, silence, me } = state;
  const text = sanction?.reason || word("no-reason");
  if (sanction?.banned) return { title: word("is-banned"), text };
  if (sanction) return { title: word("is-muted", spanTo(sanction.until_s)), text };
  if (silence?.mode === "silent" && me?.role === "viewer") {
    return { title: word(silence.until_s ? "is-silent-until" : "is-silent", spanTo(silence.until_s)), text: "" };
  }
  return null;
}

/** The instant on this computer's clock, and what is left until then. */
function spanTo(until_s) {
  if (!until_s) return {};
  const here_s = until_s - state.ahead_s;
  const left_s = Math.max(0, Math.ceil(here_s - Date.now() / 1000));
  const parts = [Math.floor(left_s / 3600), Math.floor(left_s / 60) % 60, left_s % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  const left = shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
  const far = left_s > 43_200 ? `${new Date(here_s * 1000).toLocaleDateString(language)} ` : "";
  return { time: far + precise.format(here_s * 1000), left };
}

function showLive() {
  const pill = byId("live");
  const mood = state.failures ? "away" : state.live ? "live" : "closed";
  pill.className = `pill ${mood}`;
  pill.textContent = word(mood);
}

function showFace() {
  const face = byId("face");
  face.textContent = [...state.me.name][0];
  face.style.setProperty("--hue", hueOf(state.me.id));
  byId("composer").dataset.role = state.me.role;
}

function showPlaying(playing) {
  for (const button of byId("crowds").children) {
    const on = playing.includes(button.dataset.kind);
    button.classList.toggle("on", on);
    if (button.dataset.kind !== "stop") button.setAttribute("aria-pressed", String(on));
    else button.disabled = playing.length === 0;
  }
  state.playing = playing;
  showScene();
}

/** The play button is pressed in while the chosen scene plays. */
function showScene() {
  const on = state.playing.includes(byId("scene").value);
  byId("play").classList.toggle("on", on);
  byId("play").setAttribute("aria-pressed", String(on));
}

function refuse(text, mood = "bad") {
  const line = byId("refusal");
  line.textContent = text;
  line.dataset.mood = mood;
}

/* ---- the set-up ---- */

function addSpeaker(name, group = "viewers", label = name) {
  const list = byId("speaker");
  let option = [...list.options].find((each) => each.value === name);
  if (!option) {
    option = element("option", "", label);
    option.value = name;
    byId(`group-${group}`).append(option);
  }
  list.value = name;
}

function fillSpeakers({ viewers, moderator, streamer }) {
  for (const group of ["viewers", "staff"]) {
    const made = element("optgroup");
    made.id = `group-${group}`;
    made.label = word(group);
    byId("speaker").append(made);
  }
  for (const name of viewers) addSpeaker(name);
  addSpeaker(moderator, "staff", `${moderator} · ${word("as-moderator")}`);
  addSpeaker(streamer, "staff", `${streamer} · ${word("as-streamer")}`);
  const other = element("option", "", word("somebody-else"));
  other.value = OTHER;
  byId("speaker").append(other);
}

function fillCrowds() {
  for (const kind of [...KINDS, "stop"]) {
    const button = element("button", `crowd ${kind}`);
    button.type = "button";
    button.dataset.kind = kind;
    button.append(element("strong", "", word(kind)), element("span", "", word(`${kind}-hint`)));
    button.addEventListener("click", () => crowd(kind));
    byId("crowds").append(button);
  }
  showPlaying([]);
}

/** Attacks, and innocents who look like one, in a list: there are too many for buttons. */
function fillScenes({ attacks, innocents }) {
  for (const [group, kinds] of Object.entries({ attacks, innocents })) {
    const made = element("optgroup");
    made.label = word(group);
    for (const kind of kinds) {
      const option = element("option", "", sceneWord(kind));
      option.value = kind;
      made.append(option);
    }
    byId("scene").append(made);
  }
  byId("scene").addEventListener("change", showScene);
  byId("play").addEventListener("click", () => crowd(byId("scene").value));
  showScene();
}

function sceneWord(kind) {
  const [, evasion] = kind.match(/^wave-(.+)$/) ?? [];
  return evasion ? word("scene-wave-by", { by: word(`by-${evasion}`) }) : word(`scene-${kind}`);
}

function showOverlay(url) {
  if (!url) return;
  const frame = element("iframe");
  frame.title = word("overlay");
  frame.src = url;
  byId("stage").append(frame);
  byId("stage").classList.add("has-overlay");
}

async function begin() {
  translate(document);
  document.title = word("title", { room });
  byId("room").textContent = room;
  fillCrowds();
  byId("composer").addEventListener("submit", say);
  byId("speaker").addEventListener("change", choose);
  byId("take").addEventListener("click", takeName);
  byId("answer-off").addEventListener("click", () => answerTo(null));
  byId("name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    takeName();
  });
  state.scene = await (await fetch(`/rooms/${roomPath}/scene`)).json();
  byId("text").maxLength = state.scene.line_limit;
  byId("name").maxLength = state.scene.name_limit;
  fillSpeakers(state.scene);
  fillScenes(state.scene);
  showOverlay(state.scene.overlay_url);
  const before = new URLSearchParams(location.search).get("as") ?? sessionStorage.getItem(`speaker:${room}`);
  addSpeaker(before || state.scene.viewers[0]);
  speakAs(before || state.scene.viewers[0]);
  setInterval(() => (state.sanction || state.silence) && showNotice(), 1000);
}

begin();
