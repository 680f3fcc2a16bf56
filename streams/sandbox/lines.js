// The list of chat lines. Texts of people are set as textContent, never as markup, each isolated from its neighbours.

import { language, word } from "./words.js";

const MOST_LINES = 300;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hour12: false });

/** The colour of an account, the same in every browser. */
export function hueOf(id) {
  let hash = 0;
  for (const each of id) hash = (hash * 31 + each.codePointAt(0)) >>> 0;
  return hash % 360;
}

/** A new element with a class and, when given, a text. */
export function element(tag, className = "", text = null) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== null) made.textContent = text;
  return made;
}

export class Lines {
  /** onReply(line) and onReport(line) are called by the buttons of a line. */
  constructor(list, newer, { onReply, onReport }) {
    this.list = list;
    this.newer = newer;
    this.onReply = onReply;
    this.onReport = onReport;
    this.items = new Map();
    this.me = null;
    this.unseen = 0;
    this.following = true; // the reader is at the end, and stays there when lines come or the list shrinks
    this.height = list.clientHeight;
    list.addEventListener("scroll", () => this.look());
    new ResizeObserver(() => this.resized()).observe(list);
    newer.addEventListener("click", () => this.toEnd());
  }

  /** Begin anew, as this account. */
  clear(me) {
    this.me = me;
    this.items.clear();
    this.list.replaceChildren();
    this.showNewer(0);
  }

  add(line) {
    const item = this.drawn(line);
    this.items.set(line.id, { item, line });
    this.append(item);
  }

  whisper(frame) {
    const item = element("div", "line whisper");
    item.append(this.time(frame.at_s), this.author(frame.sender), element("em", "aside", word("whisper")));
    item.append(this.words(frame.text));
    this.append(item);
  }

  /** Take a line out: its words leave the page, a small trace stays. */
  remove(id) {
    const known = this.items.get(id);
    if (!known) return;
    this.items.delete(id);
    known.item.className = "line removed";
    known.item.replaceChildren(element("span", "trace", word("removed")));
  }

  lineOf(id) {
    return this.items.get(id)?.line ?? null;
  }

  resized() {
    this.height = this.list.clientHeight;
    if (this.following) this.toEnd();
  }

  look() {
    if (this.list.clientHeight !== this.height) return; // nobody scrolled: the list was resized
    this.following = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    if (this.following) this.showNewer(0);
  }

  toEnd() {
    this.following = true;
    this.list.scrollTop = this.list.scrollHeight;
    this.showNewer(0);
  }

  append(item) {
    this.list.append(item);
    if (this.list.childElementCount > MOST_LINES) this.list.firstElementChild.remove();
    if (this.items.size > MOST_LINES) this.items.delete(this.items.keys().next().value);
    if (this.following) this.toEnd();
    else this.showNewer(this.unseen + 1);
  }

  showNewer(count) {
    this.unseen = count;
    this.newer.hidden = count === 0;
    this.newer.textContent = word("newer", { n: count });
  }

  drawn(line) {
    const item = element("div", `line ${line.sender.role ?? "viewer"}`);
    item.dataset.id = line.id;
    item.classList.toggle("mine", line.sender.id === this.me?.id);
    item.classList.toggle("to-me", this.me !== null && this.concernsMe(line));
    if (line.reply_to) item.append(this.quote(line.reply_to));
    item.append(this.time(line.at_s), this.author(line.sender), this.words(line.text), this.tools(line));
    return item;
  }

  concernsMe(line) {
    return line.reply_to_sender === this.me.id || line.text.includes(`@${this.me.name}`);
  }

  time(seconds) {
    const made = element("time", "", clock.format(seconds * 1000));
    made.dateTime = new Date(seconds * 1000).toISOString();
    return made;
  }

  author(sender) {
    const made = element("span", "author");
    made.style.setProperty("--hue", hueOf(sender.id));
    const role = word(sender.role ?? "viewer");
    if (role) made.append(element("span", "badge", role));
    made.append(element("bdi", "name", sender.name));
    return made;
  }

  words(text) {
    return element("bdi", "words", text);
  }

  quote(id) {
    const answered = this.lineOf(id);
    const made = element("span", "quote");
    if (answered) made.append(element("bdi", "", answered.sender.name), " ", element("bdi", "", answered.text));
    return made;
  }

  tools(line) {
    const made = element("span", "tools");
    const name = line.sender.name;
    made.append(this.tool("↩", word("reply", { name }), () => this.onReply(line)));
    if ((line.sender.role ?? "viewer") === "viewer" && line.sender.id !== this.me?.id) {
      made.append(this.tool("⚑", word("report", { name }), () => this.onReport(line)));
    }
    return made;
  }

  tool(sign, label, deed) {
    const made = element("button", "", sign);
    made.type = "button";
    made.title = label;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", deed);
    return made;
  }
}
