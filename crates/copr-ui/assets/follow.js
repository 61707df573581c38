// Follows a running build: its states, and the logs on the page. Without this script a reload shows the same.
"use strict";
const busy = new Set(["starting", "running", "importing", "publishing"]);

function followLog(box) {
  const stream = new EventSource(box.dataset.follow);
  const atEnd = () => box.scrollTop + box.clientHeight >= box.scrollHeight - 30;
  box.scrollTop = box.scrollHeight;
  stream.addEventListener("log", (event) => {
    const stick = atEnd();
    box.append(JSON.parse(event.data));
    // A page that stays open over a huge log keeps its end only.
    while (box.childNodes.length > 4000) box.firstChild.remove();
    if (stick) box.scrollTop = box.scrollHeight;
  });
  stream.addEventListener("restart", () => box.replaceChildren());
  stream.addEventListener("end", () => stream.close());
}

// Shows a state; returns the one that was shown before.
function show(name, state, phase) {
  const badge = document.querySelector(`[data-state="${CSS.escape(name)}"]`);
  const before = badge?.textContent;
  if (badge) {
    badge.textContent = state;
    badge.className = "state " + state;
  }
  const words = document.querySelector(`[data-phase="${CSS.escape(name)}"]`);
  if (words) words.textContent = phase;
  return before;
}

function followStates(steps) {
  const stream = new EventSource(steps.dataset.events);
  stream.addEventListener("state", (event) => {
    const build = JSON.parse(event.data);
    show("build", build.state, "");
    let reload = build.finished;
    for (const step of build.steps) {
      const before = show(step.name, step.state, step.doing);
      // A step that begins or ends brings a log, links or a reason with it: those are made by the server.
      reload ||= before === undefined || (before !== step.state && busy.has(before) !== busy.has(step.state));
    }
    if (reload) {
      stream.close();
      location.reload();
    }
  });
}

document.querySelectorAll("[data-follow]").forEach(followLog);
const steps = document.querySelector("[data-events]");
if (steps) followStates(steps);
