/** Enter goes to the next field as in the software clerks know; it never submits and never disturbs an IME. */

export const selector = "form[data-enter-next]";

const FIELDS = "input:not([type=hidden], [type=submit], [type=button], [type=reset], [type=image]), select, textarea";

export function start(form) {
  form.addEventListener("keydown", (event) => {
    /* 229: Safari and some IMEs report the committing Enter only by this code. */
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (!event.target.matches(FIELDS) || event.target.matches("textarea, [type=file]")) return;
    event.preventDefault();
    move(form, event.target, event.shiftKey ? -1 : 1);
  });
}

function move(form, from, step) {
  const stops = [...form.querySelectorAll(FIELDS)].filter((field) => field === from || isStop(form, field));
  let at = stops.indexOf(from) + step;
  while (stops[at] && isSameGroup(stops[at], from)) at += step;
  if (at < 0) return;
  const target = stops[at] ? entryOf(form, stops[at]) : saveButton(form);
  if (!target) return;
  target.focus();
  if (target.matches("input:not([type=checkbox], [type=radio])")) target.select();
}

function isStop(form, field) {
  return field.form === form && !field.disabled && !field.readOnly && field.checkVisibility();
}

function isSameGroup(field, other) {
  return field.type === "radio" && other.type === "radio" && field.name === other.name;
}

/** The chosen radio of the group that `field` begins, or the field itself. */
function entryOf(form, field) {
  if (field.type !== "radio") return field;
  const group = form.elements.namedItem(field.name);
  return group instanceof RadioNodeList ? ([...group].find((radio) => radio.checked) ?? field) : field;
}

function saveButton(form) {
  return (
    form.querySelector("[data-shortcut-next]") ??
    form.querySelector("[data-shortcut-save]") ??
    form.querySelector("button[type=submit], button:not([type])")
  );
}
