/** Finds a designated disease by number, name or kana, and shows the name of the number that stands in the field. */

import { slotOf } from "./echo.js";

export const selector = "input[data-disease-lookup]";

const PAUSE_MILLISECONDS = 150;

export function start(input) {
  const echo = slotOf(input);
  const list = frame(input);
  let candidates = [];
  let active = -1;
  let timer = 0;
  let request = null;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const activate = (index) => {
    active = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    const option = list.children[index];
    if (!option) return;
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  };

  const choose = (disease) => {
    close();
    input.value = String(disease.number);
    echo.textContent = disease.name;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const open = (diseases) => {
    candidates = diseases;
    list.replaceChildren(...diseases.map((disease, at) => optionFor(input, disease, at)));
    list.hidden = diseases.length === 0;
    input.setAttribute("aria-expanded", String(diseases.length > 0));
    list.classList.toggle("lookup__list--above", !hasRoomBelow(input, list));
    activate(-1);
    input.removeAttribute("aria-activedescendant");
  };

  /** Ask the register about `typed`; `isOpening` also offers what was found. */
  const ask = async (typed, isOpening) => {
    request?.abort();
    request = new AbortController();
    const text = typed.normalize("NFKC").trim();
    if (!text) {
      echo.textContent = "";
      close();
      return;
    }
    const diseases = await find(input.dataset.diseaseLookup, text, request.signal);
    if (!diseases) return;
    const exact = diseases.find((disease) => isNumber(text, disease));
    echo.textContent = exact ? exact.name : diseases.length ? `候補 ${diseases.length}件` : "該当する疾病がありません";
    if (!isOpening || (exact && diseases.length === 1)) close();
    else open(diseases);
  };

  input.addEventListener("input", (event) => {
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(() => ask(input.value, true), PAUSE_MILLISECONDS);
  });
  input.addEventListener("compositionend", () => ask(input.value, true));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.altKey || event.ctrlKey) return;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      activate((active + step + candidates.length) % candidates.length);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      choose(candidates[active]);
    } else if (event.key === "Enter" || event.key === "Tab") {
      clearTimeout(timer);
      close();
    }
  });
  input.addEventListener("blur", () => {
    clearTimeout(timer);
    close();
    ask(input.value, false);
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose(candidates[[...list.children].indexOf(option)]);
  });
  if (input.value) ask(input.value, false);
}

/** Put the field and its list into one frame and say what they are to each other. */
function frame(input) {
  const box = document.createElement("div");
  box.className = "lookup";
  const list = document.createElement("ul");
  list.className = "lookup__list";
  list.id = `${input.id}_list`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "疾病の候補");
  input.replaceWith(box);
  box.append(input, list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);
  return list;
}

/** Whether the open list fits between the field and the bar at the foot of the window. */
function hasRoomBelow(input, list) {
  const foot = document.querySelector(".action-bar")?.getBoundingClientRect().top ?? window.innerHeight;
  const { top, bottom } = input.getBoundingClientRect();
  return Math.min(foot, window.innerHeight) - bottom > list.offsetHeight || top < list.offsetHeight;
}

function optionFor(input, disease, at) {
  const option = document.createElement("li");
  option.className = "lookup__option";
  option.id = `${input.id}_option_${at}`;
  option.setAttribute("role", "option");
  option.setAttribute("aria-selected", "false");
  const number = document.createElement("span");
  number.className = "number";
  number.textContent = disease.number;
  const name = document.createElement("span");
  name.textContent = disease.name;
  option.append(number, name);
  if (disease.kana) {
    const kana = document.createElement("small");
    kana.textContent = disease.kana;
    option.append(kana);
  }
  return option;
}

async function find(address, text, signal) {
  const url = new URL(address, document.baseURI);
  url.searchParams.set("q", text);
  try {
    const response = await fetch(url, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
      signal,
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function isNumber(text, disease) {
  return /^\d+$/.test(text) && Number(text) === Number(disease.number);
}
