/** Takes an individual number off the page again: when its time is up, when asked, and when nobody is looking. */

export const selector = "[data-reveal-seconds]";

const ANNOUNCED = new Set([30, 10]);

export function start(panel) {
  const digits = panel.querySelector("[data-reveal-digits]");
  const left = panel.querySelector("[data-reveal-left]");
  const status = panel.querySelector("[data-reveal-status]");
  if (!digits) return;
  const seconds = Number(panel.dataset.revealSeconds) || 60;
  const end = performance.now() + seconds * 1000;
  let announced = seconds;

  const say = (text) => {
    if (status) status.textContent = text;
  };

  const hide = (reason) => {
    clearInterval(clock);
    if (!digits.isConnected || digits.dataset.isHidden) return;
    digits.dataset.isHidden = "true";
    digits.replaceChildren("•••• •••• ••••");
    panel.querySelector("[data-reveal-watermark]")?.remove();
    for (const element of panel.querySelectorAll("[data-reveal-running], [data-reveal-hide]")) element.hidden = true;
    for (const element of panel.querySelectorAll("[data-reveal-after]")) element.hidden = false;
    if (left) left.textContent = "0";
    say(`${reason}個人番号を隠しました。`);
  };

  const tick = () => {
    const remaining = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    if (left) left.textContent = String(remaining);
    if (ANNOUNCED.has(remaining) && remaining < announced) {
      announced = remaining;
      say(`あと${remaining}秒で隠します。`);
    }
    if (remaining === 0) hide("時間になったので、");
  };

  /* Reloading, or coming back by the history, asks for the page before this one and sends nothing again. */
  history.replaceState(null, "", location.href);

  const clock = setInterval(tick, 250);
  group(digits);
  tick();
  say(`個人番号を表示しました。${seconds}秒後に隠します。`);

  panel.querySelector("[data-reveal-hide]")?.addEventListener("click", () => {
    hide("");
    panel.querySelector("[data-reveal-after] a, a[data-reveal-after]")?.focus();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hide("画面を離れたので、");
  });
  window.addEventListener("pagehide", () => hide("画面を離れたので、"));
  window.addEventListener("beforeprint", () => hide("印刷には出せないので、"));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) hide("画面を離れたので、");
  });
}

function group(element) {
  const text = element.textContent.trim();
  if (/^\d{12}$/.test(text)) element.textContent = text.match(/\d{4}/g).join(" ");
}
