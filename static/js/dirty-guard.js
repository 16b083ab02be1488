/** Asks before a form with unsaved input is left, and only then. */

export const selector = "form[data-dirty-guard], form[data-autosave-url]";

export function start(form) {
  let isDirty = false;
  const ask = (event) => {
    if (!isDirty) return;
    event.preventDefault();
    event.returnValue = true;
  };

  /* A number that is never in a draft is lost on leaving even when the draft is saved. */
  const holdsUnsaveable = () =>
    [...form.querySelectorAll("[data-never-autosave], [data-my-number]")].some((control) => control.value);

  const touch = () => {
    isDirty = true;
  };
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("kyufu:saved", () => {
    isDirty = holdsUnsaveable();
  });
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) isDirty = false;
  });
  window.addEventListener("beforeunload", ask);
}
