// Keeps the feed page up to date. The page is whole without it. Texts are set as text, never as markup.
"use strict";
(() => {
  const LINES = 200;
  const SILENCE_MS = 5000;
  const feed = document.getElementById("feed");
  const state = document.getElementById("state");
  const empty = document.getElementById("empty");
  const newest = document.getElementById("newest");
  const words = feed.dataset;
  let failures = 0;

  function tell(word) {
    if (state.dataset.now === word) return;
    state.dataset.now = word;
    state.className = `tag ${word === "live" ? "live" : "paused"}`;
    state.textContent = state.dataset[word];
  }

  function element(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function make(line) {
    const row = element("li", `line role-${line.role}`);
    row.dataset.id = line.id;
    const said = element("span", "said");
    const name = element("span", "name");
    name.append(element("bdi", "", line.name));
    said.append(name);
    if (words[line.role]) said.append(element("span", "role", words[line.role]));
    said.append(element("bdi", "line-text", line.text));
    row.append(clock(line.at), said, reportLink(line));
    return row;
  }

  function clock(at) {
    const when = new Date(at * 1000);
    const made = element("time", "", when.toLocaleTimeString(undefined, { hour12: false }));
    made.dateTime = when.toISOString();
    made.dataset.time = "clock";
    return made;
  }

  function reportLink(line) {
    const link = element("a", "report", words.reportWord);
    const address = new URL(words.report, location.href);
    address.searchParams.set("message", line.id);
    link.href = address.pathname + address.search;
    link.setAttribute("aria-label", words.reportLine.replace("{name}", () => line.name));
    return link;
  }

  const atEnd = () => feed.scrollHeight - feed.scrollTop - feed.clientHeight < 48;
  const toEnd = () => { feed.scrollTop = feed.scrollHeight; newest.hidden = true; };

  function apply(frame) {
    tell(frame.live ? "live" : "paused");
    const follow = atEnd() && !feed.contains(document.activeElement?.closest?.(".line") ?? null);
    if (frame.snapshot || frame.clear) feed.replaceChildren();
    const fresh = (frame.snapshot || frame.show || []).map(make);
    feed.append(...fresh);
    if (frame.hide) {
      const gone = new Set(frame.hide);
      for (const row of [...feed.children]) if (gone.has(row.dataset.id)) row.remove();
    }
    while (feed.children.length > LINES) feed.firstChild.remove();
    empty.hidden = feed.children.length > 0;
    if (follow || frame.snapshot) toEnd();
    else if (fresh.length) newest.hidden = false;
  }

  function connect() {
    const address = new URL(words.socket, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    let over = false;
    let watchdog = 0;
    const end = () => {
      if (over) return;
      over = true;
      clearTimeout(watchdog);
      socket.close();
      tell("lost");
      const longest = Math.min(30000, 1000 * 2 ** failures);
      failures = Math.min(failures + 1, 10);
      setTimeout(connect, 500 + Math.random() * longest);
    };
    const alive = () => { clearTimeout(watchdog); watchdog = setTimeout(end, SILENCE_MS); };
    socket.onopen = () => { failures = 0; alive(); };
    socket.onmessage = (event) => { if (!over) { alive(); apply(JSON.parse(event.data)); } };
    socket.onclose = end;
    socket.onerror = end;
    alive();
  }

  feed.addEventListener("scroll", () => { if (atEnd()) newest.hidden = true; }, { passive: true });
  newest.addEventListener("click", toEnd);
  toEnd();
  connect();
})();
