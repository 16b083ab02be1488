/**
 * Locks the screen when nobody is there: warns before, sends what was typed, and takes the page away.
 *
 * The server owns the deadline and locks by itself; this only counts along, in all tabs together, and asks the server
 * whenever it may have lost count. Asking does not count as use; typing and clicking do, told at most once a minute.
 */

import { ask, tell } from "./asking.js";
import { inputOf } from "./kept-input.js";

export const selector = "[data-idle-lock], [data-locked-goes-to]";

const CHANNEL = "kyufu-screen";
const USE_AT_MOST_EVERY = 60_000;
const TICK = 1_000;
/* A clock that jumped slept. */
const SLEPT = 5_000;
/* A little after the server, which then locks by itself. */
const AFTER_THE_SERVER = 1_500;
const TRIES_AGAIN_AFTER = 5_000;
const ANNOUNCED = [120, 60, 30, 10];

export function start(element) {
  if (element.matches("[data-idle-lock]")) watch(element);
  else follow(element);
}

/** On a page at work. */
function watch(root) {
  const { stateUrl, useUrl, lockUrl, signInUrl } = root.dataset;
  const dialog = root.querySelector("dialog");
  const left = root.querySelector("[data-idle-left]");
  const said = root.querySelector("[data-idle-said]");
  const channel = new BroadcastChannel(CHANNEL);
  const title = document.title;
  const warningFor = Number(root.dataset.warningSeconds) * 1000;
  let deadline = { warnsAt: Infinity, locksAt: Infinity, isEnd: false };
  let isEndKnown = false;
  let usedAt = Date.now();
  let touchedAt = 0;
  let tickedAt = Date.now();
  let announced = Infinity;
  let typedIn = null;
  let isAsking = false;
  let isLeaving = false;

  const count = (seconds) => {
    const now = Date.now();
    const locksAt = now + Math.min(seconds.lock, seconds.end) * 1000 + AFTER_THE_SERVER;
    deadline = { warnsAt: locksAt - warningFor, locksAt, isEnd: seconds.end <= seconds.lock };
    /* All of it is left to somebody who has just been active: then there is nothing to warn of. */
    if (now < deadline.warnsAt) hideWarning();
  };

  const hideWarning = () => {
    if (!dialog.open) return;
    dialog.close();
    document.title = title;
    said.textContent = "";
    announced = Infinity;
  };

  const warn = (seconds) => {
    if (!dialog.open) {
      if (deadline.isEnd) {
        root.querySelector("h2").textContent = "まもなくサインインが終了します";
        root.querySelector("[data-idle-why]").textContent =
          "1回のサインインで使える時間の上限です。入力を保存し、もう一度サインインしてください。";
      }
      dialog.showModal();
      root.querySelector("[data-idle-continue]").focus();
    }
    left.textContent = `${Math.floor(seconds / 60)}分${String(seconds % 60).padStart(2, "0")}秒`;
    document.title = `あと${Math.max(1, Math.ceil(seconds / 60))}分 ${title}`;
    const due = ANNOUNCED.findLast((one) => seconds <= one);
    if (due === undefined || due >= announced) return;
    announced = due;
    const what = deadline.isEnd ? "サインインが終了します" : "画面をロックします";
    said.textContent = due >= 60 ? `あと${due / 60}分で${what}` : `あと${due}秒で${what}`;
  };

  /** Take in what the server says of the session; `isDue` when it should be over by this page's count. */
  const take = async (response, isDue = false) => {
    if (response.ok) {
      const state = await response.json();
      count({ lock: state.seconds_to_lock, end: state.seconds_to_end });
      channel.postMessage({ kind: "state", deadline });
    } else if (response.status === 401 && (await response.json()).error === "locked") {
      lock();
    } else if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
      /* Over. What is being typed is not taken away from under somebody's hands. */
      if (isDue || dialog.open || !typedIn) leave(`${signInUrl}?next=${encodeURIComponent(location.pathname)}`);
    } else if (isDue) {
      lock();
    }
  };

  const askState = async (isDue = false) => {
    if (isAsking || isLeaving) return;
    isAsking = true;
    try {
      await take(await ask(stateUrl), isDue);
    } catch {
      /* Without the server the screen is no safer: nobody can be let back in, but nothing stays to be read. */
      if (isDue) lock();
    } finally {
      isAsking = false;
    }
  };

  const use = async () => {
    usedAt = Date.now();
    try {
      await take(await tell(useUrl, {}));
    } catch {
      /* The next key pressed tries again. */
      usedAt = 0;
    }
  };

  const goOn = () => {
    isEndKnown ||= deadline.isEnd;
    hideWarning();
    use();
  };

  /** Take the page away, without being asked whether unsaved input may be lost. */
  const leave = (address) => {
    isLeaving = true;
    clearInterval(clock);
    forget();
    document.body.replaceChildren();
    location.replace(address);
  };

  /** Lock now: what is typed goes to the server, and the page goes at once, whether or not the server answers. */
  const lock = async () => {
    if (isLeaving) return;
    isLeaving = true;
    clearInterval(clock);
    const typed = typedIn?.isConnected ? inputOf(typedIn) : { fields: [], focus: "", is_short: false };
    const path = location.pathname;
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    forget();
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.className = "idle__cover";
    document.title = "画面をロックしています";
    document.body.replaceChildren(token, note);
    for (let body = { path, ...typed }; ; ) {
      try {
        const response = await tell(lockUrl, body);
        if (response.status >= 500) throw new Error("not locked");
        if ((response.status === 413 || response.status === 400) && body.fields.length > 0) {
          body = { path, fields: [], focus: "", is_short: true };
          continue;
        }
        const address = response.ok ? (await response.json()).goes_to : `${lockUrl}?next=${encodeURIComponent(path)}`;
        channel.postMessage({ kind: "locked" });
        location.replace(address);
        return;
      } catch {
        note.textContent = "画面をロックしました。通信できないため、つながるのを待っています。この画面を閉じないでください。";
        await new Promise((resolve) => setTimeout(resolve, TRIES_AGAIN_AFTER));
      }
    }
  };

  const tick = () => {
    const now = Date.now();
    const slept = now - tickedAt > SLEPT || now < tickedAt;
    tickedAt = now;
    if (slept && !document.hidden) askState();
    else if (now >= deadline.locksAt) askState(true);
    else if (now < deadline.warnsAt) return;
    else if (deadline.isEnd && isEndKnown) return;
    else if (touchedAt > usedAt && !deadline.isEnd) use();
    else warn(Math.ceil((deadline.locksAt - now) / 1000));
  };

  const touch = (event) => {
    if (dialog.open || isLeaving) return;
    touchedAt = Date.now();
    const form = event.type === "input" ? event.target.closest?.("main form[method=post]") : null;
    if (form && form !== typedIn) {
      typedIn = form;
      channel.postMessage({ kind: "typing" });
    }
    if (touchedAt - usedAt > USE_AT_MOST_EVERY) use();
  };

  channel.addEventListener("message", ({ data }) => {
    if (isLeaving) return;
    if (data.kind === "state") {
      deadline = data.deadline;
      if (Date.now() < deadline.warnsAt) hideWarning();
    } else if (data.kind === "typing") {
      typedIn = null;
    } else if (data.kind === "locked") {
      lock();
    } else if (data.kind === "signing-out") {
      typedIn = null;
      setTimeout(askState, TICK);
    }
  });
  for (const kind of ["input", "keydown", "pointerdown"]) document.addEventListener(kind, touch, { capture: true });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) askState();
  });
  document.addEventListener("kyufu:locked", lock);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.altKey && !event.shiftKey && !event.metaKey && event.code === "KeyL") {
      event.preventDefault();
      lock();
    }
  });
  document.querySelector("form[data-lock-now]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    lock();
  });
  document.querySelector("form[data-signs-out]")?.addEventListener("submit", () => {
    channel.postMessage({ kind: "signing-out" });
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    goOn();
  });
  root.querySelector("[data-idle-continue]").addEventListener("click", goOn);
  root.querySelector("[data-idle-now]").addEventListener("click", lock);

  const clock = setInterval(tick, TICK);
  const { secondsToLock, secondsToEnd } = root.dataset;
  if (secondsToLock) {
    count({ lock: Number(secondsToLock), end: Number(secondsToEnd) });
    channel.postMessage({ kind: "state", deadline });
  } else {
    askState();
  }
  channel.postMessage({ kind: "open" });
}

/** Let no form ask whether it may be left: what may be kept is on its way, and a My Number may not be. */
function forget() {
  for (const form of document.forms) {
    for (const control of form.querySelectorAll("[data-never-autosave], [data-my-number]")) control.value = "";
    form.dispatchEvent(new CustomEvent("kyufu:saved"));
  }
}

/** On the lock page: go back as soon as the screen has been opened in another tab. */
function follow(form) {
  const { lockedStateUrl, lockedGoesTo } = form.dataset;
  const look = async () => {
    try {
      const response = await ask(lockedStateUrl);
      if (response.ok) location.replace(lockedGoesTo);
    } catch {
      /* The page stays; so does its form. */
    }
  };
  new BroadcastChannel(CHANNEL).addEventListener("message", ({ data }) => {
    if (data.kind === "open") look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
}
