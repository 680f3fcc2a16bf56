// Turns instants into the visitor's own time; without it they read in UTC.
"use strict";
for (const time of document.querySelectorAll("time[data-time]")) {
  const when = new Date(time.dateTime);
  if (Number.isNaN(when.getTime())) continue;
  time.title = time.textContent;
  time.textContent = time.dataset.time === "clock"
    ? when.toLocaleTimeString(undefined, { hour12: false })
    : when.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
}
