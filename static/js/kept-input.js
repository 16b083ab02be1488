/** Gives back, after unlocking, what stood in the form when the screen was locked. */

import { tell } from "./asking.js";

export const selector = "[data-kept-input]";

const NEVER_KEPT = new Set(["hidden", "password", "file", "submit", "button", "reset", "image"]);
const SECRET_NAMES = /^((?:(?:guardian|member_\d+)_)?number|my_?number|code|otp|token|pin|secret|recovery|slip|current|new|repeat|csrfmiddlewaretoken|revision|next|login_id|.*password.*)$/i;

export async function start(notice) {
  let kept;
  try {
    const response = await tell(notice.dataset.keptInput, new URLSearchParams({ path: location.pathname }));
    if (!response.ok) return;
    kept = await response.json();
  } catch {
    /* The notice and its link to the list stay. */
    return;
  }
  if (!kept.fields) return;
  const form = formOf(kept.fields);
  const said = notice.querySelector("[role=status]");
  notice.querySelector("[data-kept-offer]")?.remove();
  if (!form) {
    const list = document.createElement("pre");
    list.textContent = kept.fields.map(([name, value]) => `${name}: ${value}`).join("\n");
    notice.append(list);
    said.textContent = "ロックする前の入力です。この画面には戻す欄がありません。";
    return;
  }
  restore(form, kept);
  const rest = kept.is_short ? "。個人番号など、保管しない項目は入力し直してください" : "";
  said.textContent = `ロックする前の入力を戻しました${rest}`;
}

/** What of `form` may be kept: everything typed but secrets, files and what the page brought itself. */
export function inputOf(form) {
  const fields = [];
  let isShort = false;
  for (const control of form.elements) {
    if (!control.name || control.disabled || !("value" in control)) continue;
    if (isLeftOut(control)) {
      isShort ||= control.value !== "" && !["hidden", "submit", "button"].includes(control.type);
    } else if (control.type === "checkbox" || control.type === "radio") {
      if (control.checked) fields.push([control.name, control.value]);
    } else if (control.type === "select-multiple") {
      for (const option of control.selectedOptions) fields.push([control.name, option.value]);
    } else if (control.type !== "fieldset" && control.type !== "output") {
      fields.push([control.name, control.value]);
    }
  }
  const focused = document.activeElement;
  const focus = form.contains(focused) && focused.name && !isLeftOut(focused) ? focused.name : "";
  return { fields, focus, is_short: isShort };
}

function isLeftOut(control) {
  return (
    NEVER_KEPT.has(control.type) ||
    SECRET_NAMES.test(control.name) ||
    control.autocomplete === "one-time-code" ||
    control.matches("[data-never-autosave], [data-my-number]")
  );
}

/** The form that most of the fields belong to. */
function formOf(fields) {
  const names = new Set(fields.map(([name]) => name));
  let best = null;
  let most = 0;
  for (const form of document.querySelectorAll("main form")) {
    const own = new Set([...form.elements].filter((control) => !isLeftOut(control)).map((control) => control.name));
    const found = [...names].filter((name) => own.has(name)).length;
    if (found > most) [best, most] = [form, found];
  }
  return best;
}

function restore(form, { fields, focus }) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const control of [...form.elements]) {
    if (!control.name || isLeftOut(control)) continue;
    const kept = values.get(control.name);
    if (control.type === "checkbox" || control.type === "radio") {
      const isChecked = kept?.includes(control.value) ?? false;
      if (control.checked !== isChecked && (kept || control.type === "checkbox")) {
        control.checked = isChecked;
        announce(control);
      }
    } else if (control.type === "select-multiple") {
      for (const option of control.options) option.selected = kept?.includes(option.value) ?? false;
      announce(control);
    } else if (kept?.length) {
      const value = kept.shift();
      if (control.value === value) continue;
      control.value = value;
      announce(control);
    }
  }
  if (focus) [...form.elements].find((control) => control.name === focus && control.checkVisibility())?.focus();
}

function announce(control) {
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}
