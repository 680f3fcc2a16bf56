// Every text of the page, one catalogue per language. {braces} are filled in.

const en = {
  title: "danmod sandbox · {room}",
  tagline: "a live room to try things in",
  skip: "Go to the chat input",
  language: "Language",
  live: "Live",
  closed: "Offline",
  away: "Reconnecting …",
  stage: "Stage",
  "stage-title": "Imagine a stream here",
  "stage-text": "With danmod running, its overlay plays on this stage: only lines it has let through.",
  overlay: "danmod's overlay",
  crowds: "Bring in a crowd",
  "crowds-hint": "Everybody here is invented. Speak as anyone, try the commands: !report, !why, !help.",
  calm: "Calm chatter",
  "calm-hint": "an ordinary evening",
  cheer: "Cheer",
  "cheer-hint": "regulars rejoice alike",
  raid: "Raid",
  "raid-hint": "30 accounts, one advert",
  flooder: "Flooder",
  "flooder-hint": "one who cannot stop",
  reporters: "Reporters",
  "reporters-hint": "rudeness, reported",
  stop: "Stop",
  "stop-hint": "send everyone home",
  chat: "Chat",
  lines: "Chat lines",
  newer: "{n} new ↓",
  "speak-as": "Speak as",
  viewers: "Viewers",
  staff: "Staff",
  "as-streamer": "the streamer",
  "as-moderator": "a moderator",
  "somebody-else": "somebody else …",
  name: "Your name",
  "name-hint": "any name",
  take: "Take",
  text: "Your line",
  "text-hint": "Say something, or !help",
  send: "Send",
  reply: "Reply to {name}",
  "reply-to": "Replying to {name}",
  "no-reply": "Do not reply",
  report: "Report {name}",
  removed: "a line was removed",
  whisper: "only you see this",
  viewer: "",
  streamer: "Streamer",
  moderator: "Mod",
  bot: "Bot",
  "is-muted": "You are muted until {time} ({left})",
  "is-banned": "You are banned from this room",
  "is-silent": "The room is silenced",
  "is-silent-until": "The room is silenced until {time}",
  "no-reason": "No reason was given.",
  free: "You may write again.",
  "no-muted": "Not said: you are muted.",
  "no-banned": "Not said: you are banned.",
  "no-silence": "Not said: the room is silenced.",
  "no-too-long": "Not said: a line has at most {limit} characters.",
  "no-too-fast": "Not said: you write too fast.",
  "no-empty": "Not said: there is no text.",
  "no-bad-name": "This cannot be a name: it needs a visible character and has at most {limit}.",
  "no-name-taken": "This name belongs to somebody else. Choose another.",
  "no-bad-frame": "Not said: the server did not understand.",
  "no-connection": "Not said: the connection is away. It comes back by itself.",
};

const zh = {
  title: "danmod 沙盒 · {room}",
  tagline: "随便试的直播间",
  skip: "跳到弹幕输入框",
  language: "语言",
  live: "直播中",
  closed: "未开播",
  away: "正在重连…",
  stage: "舞台",
  "stage-title": "这里假装有一场直播",
  "stage-text": "danmod 运行时，它的叠层会出现在这里：只放行它判过的弹幕。",
  overlay: "danmod 的叠层",
  crowds: "请一群人进来",
  "crowds-hint": "这里的人都是虚构的。你可以扮演任何人，也可以试试命令：!举报、!为何、!帮助。",
  calm: "日常闲聊",
  "calm-hint": "普通的一晚",
  cheer: "齐刷",
  "cheer-hint": "老观众一起欢呼",
  raid: "冲刷",
  "raid-hint": "30 个新号，一条广告",
  flooder: "刷屏",
  "flooder-hint": "停不下来的一个人",
  reporters: "举报",
  "reporters-hint": "有人出言不逊，被举报",
  stop: "停止",
  "stop-hint": "大家散了吧",
  chat: "弹幕",
  lines: "弹幕列表",
  newer: "{n} 条新弹幕 ↓",
  "speak-as": "扮演",
  viewers: "观众",
  staff: "管理",
  "as-streamer": "主播",
  "as-moderator": "房管",
  "somebody-else": "另一个人…",
  name: "你的名字",
  "name-hint": "随便起",
  take: "就用它",
  text: "你的弹幕",
  "text-hint": "说点什么，或者 !帮助",
  send: "发送",
  reply: "回复 {name}",
  "reply-to": "回复 {name}",
  "no-reply": "取消回复",
  report: "举报 {name}",
  removed: "一条弹幕已被删除",
  whisper: "仅你可见",
  viewer: "",
  streamer: "主播",
  moderator: "房管",
  bot: "机器人",
  "is-muted": "你已被禁言，至 {time}（{left}）",
  "is-banned": "你已被本直播间封禁",
  "is-silent": "全员禁言中",
  "is-silent-until": "全员禁言至 {time}",
  "no-reason": "没有说明理由。",
  free: "你可以发言了。",
  "no-muted": "没有发出：你被禁言了。",
  "no-banned": "没有发出：你被封禁了。",
  "no-silence": "没有发出：全员禁言中。",
  "no-too-long": "没有发出：一条弹幕最多 {limit} 个字。",
  "no-too-fast": "没有发出：你发得太快了。",
  "no-empty": "没有发出：内容为空。",
  "no-bad-name": "不能用这个名字：要有看得见的字，最多 {limit} 个。",
  "no-name-taken": "这个名字是别人的，换一个吧。",
  "no-bad-frame": "没有发出：服务器没看懂。",
  "no-connection": "没有发出：连接断了，会自动恢复。",
};

export const catalogues = { en, "zh-CN": zh };

/** The language of the page: ?lang= first, then what the browser prefers; English when we speak none of them. */
export function chosenLanguage(search, preferred) {
  const wishes = [new URLSearchParams(search).get("lang"), ...preferred].filter(Boolean);
  for (const wish of wishes) {
    if (/^zh\b/i.test(wish)) return "zh-CN";
    if (/^en\b/i.test(wish)) return "en";
  }
  return "en";
}

export const language = chosenLanguage(location.search, navigator.languages ?? [navigator.language]);

/** The text of this key in the page's language, with its {braces} filled in. */
export function word(key, values = {}) {
  const text = catalogues[language][key] ?? en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** Fill every element that names its text in the markup. */
export function translate(root) {
  root.documentElement.lang = language;
  for (const each of root.querySelectorAll("[data-word]")) each.textContent = word(each.dataset.word);
  for (const each of root.querySelectorAll("[data-label]")) each.setAttribute("aria-label", word(each.dataset.label));
  for (const each of root.querySelectorAll("[data-hint]")) each.placeholder = word(each.dataset.hint);
  for (const each of root.querySelectorAll(".tongues a")) {
    if (each.lang === language) each.setAttribute("aria-current", "true");
  }
}
