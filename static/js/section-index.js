/** Keeps the list of sections beside a long form up to date: what is done, what is left, where the hand is. */

export const selector = "nav[data-section-index]";

const CONTROLS = "input:not([type=hidden]), select, textarea";

export function start(nav) {
  const entries = [...nav.querySelectorAll("a[href^='#']")].flatMap((link) => {
    const section = document.getElementById(link.hash.slice(1));
    return section ? [{ link, section, state: stateOf(link) }] : [];
  });
  const form = entries[0]?.section.closest("form");
  if (!form) return;

  const update = () => {
    for (const { section, state } of entries) show(state, section);
  };
  form.addEventListener("change", update);
  form.addEventListener("input", update);
  form.addEventListener("focusin", (event) => {
    const entered = event.target.closest("section");
    if (!entries.some(({ section }) => section === entered)) return;
    for (const { link, section } of entries) {
      if (section === entered) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  });
  update();
}

function stateOf(link) {
  let state = link.querySelector(".section-index__state");
  if (!state) {
    state = document.createElement("span");
    state.className = "section-index__state";
    link.append(" ", state);
  }
  return state;
}

function show(state, section) {
  const errors = section.querySelectorAll(".field--error").length;
  const required = [...section.querySelectorAll(".field[data-required]")].filter((field) => !field.hidden);
  const left = required.filter((field) => !isFilled(field)).length;
  const isStarted = [...section.querySelectorAll(CONTROLS)].some(hasAnswer);
  const [kind, text] =
    errors > 0
      ? ["error", `${errors}件 !`]
      : required.length === 0
        ? isStarted
          ? ["done", "入力あり"]
          : ["none", "任意"]
        : left === 0
          ? ["done", "完了"]
          : left === required.length && !isStarted
            ? ["none", "未着手"]
            : ["left", `残り${left}`];
  state.dataset.state = kind;
  if (state.textContent !== text) state.textContent = text;
}

function isFilled(field) {
  return [...field.querySelectorAll(CONTROLS)].some(hasAnswer);
}

function hasAnswer(control) {
  return control.matches("[type=checkbox], [type=radio]") ? control.checked : control.value.trim() !== "";
}
