/** Hides the digits of an individual number as soon as nobody is typing them; what is sent stays as typed. */

import { slotOf } from "./echo.js";

export const selector = "input[data-my-number]";

export function start(input) {
  const slot = slotOf(input);
  const show = () => {
    const count = input.value.normalize("NFKC").replace(/\D/g, "").length;
    const isSeen = document.activeElement === input && document.hasFocus();
    slot.textContent = count === 0 ? "" : `${count}桁${isSeen ? "" : "（隠しています）"}`;
  };
  const look = () => {
    input.classList.toggle("is-away", document.hidden || !document.hasFocus());
    show();
  };
  const forget = () => {
    input.value = "";
    show();
  };

  /* The style sheet hides the digits of a field without focus; a browser that cannot gets an empty field instead. */
  if (!CSS.supports("-webkit-text-security", "disc")) {
    input.addEventListener("blur", () => swap(input));
  }
  input.autocomplete = "off";
  input.spellcheck = false;
  input.addEventListener("input", show);
  input.addEventListener("focus", look);
  input.addEventListener("blur", () => queueMicrotask(look));
  input.addEventListener("dragstart", (event) => event.preventDefault());
  for (const name of ["copy", "cut"]) {
    input.addEventListener(name, (event) => {
      if (document.activeElement === input) event.preventDefault();
    });
  }
  window.addEventListener("blur", look);
  window.addEventListener("focus", look);
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pagehide", forget);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) forget();
  });
  look();
}

/** Send the digits from a hidden field and show dots, until the field is entered again. */
function swap(input) {
  if (!input.value || !input.name) return;
  const carrier = document.createElement("input");
  carrier.type = "hidden";
  carrier.name = input.name;
  carrier.value = input.value;
  carrier.dataset.neverAutosave = "";
  input.after(carrier);
  input.removeAttribute("name");
  input.value = "•".repeat(carrier.value.length);
  input.addEventListener(
    "focus",
    () => {
      input.name = carrier.name;
      input.value = carrier.value;
      carrier.remove();
    },
    { once: true },
  );
}
