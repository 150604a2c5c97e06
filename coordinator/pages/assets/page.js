// What the pages do beyond links and forms: live counts, keys, and taking the token out of a login link.
"use strict";

const login = document.querySelector("form[data-login]");
if (login && location.hash.length > 1) {
  const token = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
  login.elements.token.value = token;
  login.elements.link.value = "true";
  login.submit();
}

// The part of the page that news may change is fetched again, at most once in two seconds, and never under somebody
// who is typing in it.
const live = document.querySelector("[data-live]");
if (live && "EventSource" in window) {
  let waiting = false;
  const refresh = async () => {
    waiting = false;
    const part = document.querySelector("[data-live]");
    if (document.hidden || part.contains(document.activeElement)) return;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-live]");
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  };
  const news = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => refresh().catch(() => {}), 2000);
  };
  const events = new EventSource("/web/events");
  events.onmessage = news;
  events.addEventListener("missed", news);
  addEventListener("pagehide", () => events.close());
  document.addEventListener("visibilitychange", () => document.hidden || news());
}

// j and k go through the rows of a list, Enter opens one; on a page of one thing the keys are those of its buttons.
const rows = () => [...document.querySelectorAll("tbody tr[data-row]")];
const go = (step) => {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all.forEach((row) => row.removeAttribute("aria-selected"));
  next.setAttribute("aria-selected", "true");
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") go(1);
  else if (event.key === "k") go(-1);
  else if (event.key === "?") document.querySelector("#keys")?.toggleAttribute("open");
  else {
    const key = CSS.escape(event.key);
    const target = document.querySelector(`[data-key="${key}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
  }
});
