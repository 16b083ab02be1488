/** Keeps the draft on the server while a form is being typed, without the individual number and without a sound. */

export const selector = "form[data-autosave-url]";

const QUIET_MILLISECONDS = 30_000;

export function start(form) {
  const status = document.querySelector("[data-autosave-status]");
  let timer = 0;
  let change = 0;
  let saved = 0;
  let running = null;
  let stopped = false;
  let section = null;
  let isLocked = false;

  const say = (text, state = "") => {
    if (!status) return;
    status.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
  };

  const save = async () => {
    clearTimeout(timer);
    if (stopped || change === saved) return;
    if (running) {
      await running;
      return save();
    }
    const attempt = change;
    running = isLocked ? renewToken(form).then(() => send(form)) : send(form);
    const outcome = await running;
    running = null;
    isLocked = Boolean(outcome.locked);
    if (outcome.saved) {
      saved = attempt;
      const revision = form.elements.namedItem("revision");
      if (revision && outcome.revision !== undefined) revision.value = outcome.revision;
      if (change === saved) form.dispatchEvent(new CustomEvent("kyufu:saved"));
      /* A number goes with the person it was typed for. */
      if (outcome.erased.length > 0) say(`${outcome.erased.join("、")}を消去しました（氏名などの変更）。入力し直してください`, "trouble");
      else say(`下書き ${outcome.time} 保存済み`);
    } else {
      stopped = outcome.final;
      say(outcome.message, "trouble");
      if (!stopped) timer = setTimeout(save, QUIET_MILLISECONDS);
    }
  };

  const touch = (event) => {
    if (isLeftOut(event.target)) return;
    change += 1;
    clearTimeout(timer);
    timer = setTimeout(save, QUIET_MILLISECONDS);
  };

  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("focusin", (event) => {
    const entered = event.target.closest("section");
    if (section && entered && entered !== section) save();
    section = entered ?? section;
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    stopped = true;
    clearTimeout(timer);
    if (!running) return;
    /* What is on its way changes the revision: the form is sent with the new one, or it would refuse itself. */
    event.preventDefault();
    const button = event.submitter;
    running.finally(() => form.requestSubmit(button));
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) stopped = false;
  });
  /* Back from the tab where the person has signed in again. */
  window.addEventListener("focus", () => {
    if (isLocked) save();
  });
}

/** Take over the token of the new session, so that this page can be saved and sent as it stands. */
async function renewToken(form) {
  try {
    const response = await fetch(location.href, { credentials: "same-origin", redirect: "manual", cache: "no-store" });
    const token = response.ok && /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await response.text());
    const field = form.elements.namedItem("csrfmiddlewaretoken");
    if (token && field) field.value = token[1];
  } catch {
    /* The attempt to save that follows says what is wrong. */
  }
}

async function send(form) {
  let response;
  try {
    response = await fetch(form.dataset.autosaveUrl, {
      method: "POST",
      body: draftOf(form),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
      cache: "no-store",
    });
  } catch {
    return { saved: false, final: false, message: "下書きを保存できません。通信を確かめています。入力はこの画面に残っています" };
  }
  if (response.status === 401 && (await response.json()).error === "locked") {
    /* The screen is locked: idle-lock.js keeps what is typed, and takes the page away. */
    document.dispatchEvent(new CustomEvent("kyufu:locked"));
    return { saved: false, final: true, message: "画面をロックしています" };
  }
  if (response.type === "opaqueredirect" || response.status === 401 || response.status === 403) {
    return {
      saved: false,
      final: false,
      locked: true,
      message: "下書きを保存できません。この画面を閉じずに、別のタブでサインインし直してください",
    };
  }
  if (response.status === 409) {
    return {
      saved: false,
      final: true,
      message: "ほかの人がこの申請を変更しました。入力を控えてから、画面を読み込み直してください",
    };
  }
  if (!response.ok) {
    return { saved: false, final: false, message: "下書きを保存できません。入力はこの画面に残っています" };
  }
  try {
    const { revision, saved_at: savedAt = "", erased = [] } = await response.json();
    /* The office's clock is the server's: its time is shown as it was sent. */
    return { saved: true, revision, erased, time: /(\d{1,2}:\d{2})/.exec(savedAt)?.[1] ?? "" };
  } catch {
    return { saved: false, final: false, message: "下書きを保存できません。入力はこの画面に残っています" };
  }
}

/** What of the form is a draft: everything but files and whatever must never be in one. */
function draftOf(form) {
  const leftOut = new Set([...form.elements].filter(isLeftOut).map((control) => control.name));
  const draft = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !leftOut.has(name)) draft.append(name, value);
  }
  return draft;
}

function isLeftOut(control) {
  return control.matches("[data-never-autosave], [data-my-number]");
}
