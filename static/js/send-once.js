/** Lets a form be sent once: the second press of an impatient hand does nothing. */

export const selector = "form[data-once]";

export function start(form) {
  let isSending = false;
  let button = null;
  let label = null;

  const restore = () => {
    isSending = false;
    if (!button) return;
    button.removeAttribute("aria-disabled");
    button.replaceChildren(...label);
    button = null;
  };

  form.addEventListener("submit", (event) => {
    if (isSending) {
      event.preventDefault();
      return;
    }
    if (event.defaultPrevented || event.submitter?.getAttribute("aria-disabled") === "true") return;
    isSending = true;
    button = event.submitter;
    if (button instanceof HTMLButtonElement) {
      label = [...button.childNodes];
      button.setAttribute("aria-disabled", "true");
      button.replaceChildren(button.dataset.sending ?? "送信中…");
    } else {
      button = null;
    }
    const seconds = Number(form.dataset.onceAgainAfter);
    if (seconds > 0) setTimeout(restore, seconds * 1000);
  });
  window.addEventListener("pageshow", restore);
}
