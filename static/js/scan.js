/** Takes what a scanner types, one code after another, without losing the next while the last is being looked up. */

export const selector = "form[data-scan]";

const LINES = 300;

export function start(form) {
  const box = form.querySelector("[data-scan-code]");
  const said = document.querySelector("[data-scan-said]");
  let queue = Promise.resolve();

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = box.value.trim();
    box.value = "";
    box.focus();
    if (!code) return;
    const data = new FormData(form);
    data.set("code", code);
    queue = queue.then(() => count(form, data, said));
  });
}

async function count(form, data, said) {
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(data),
      headers: { Accept: "application/json" },
      redirect: "error",
    });
    const found = await answer.json();
    if (found.problem) {
      said.textContent = found.problem;
      return;
    }
    show(found, said);
  } catch {
    /* Locked, signed out or unreachable: the page itself says which, and what was counted is kept. */
    location.reload();
  }
}

function show(found, said) {
  const words = [`${found.code}：${found.finding}`, found.about];
  if (found.registered) words.push(`登録は ${found.registered}`);
  said.textContent = found.isNew ? words.filter(Boolean).join("　") : `${found.code} は、すでに読み取っています。`;
  for (const [name, value] of Object.entries(found.counts)) {
    document.querySelector(`[data-scan-count="${name}"]`).textContent = value;
  }
  for (const waiting of document.querySelectorAll("[data-scan-not-yet] [data-code]")) {
    if (waiting.dataset.code === found.code) waiting.remove();
  }
  if (!found.isNew) return;
  const lines = document.querySelector("[data-scan-lines]");
  lines.prepend(row(found));
  while (lines.children.length > LINES) lines.lastElementChild.remove();
}

function row(found) {
  const line = document.createElement("tr");
  const tag = document.createElement("span");
  tag.className = `status-tag status-tag--${found.kind}`;
  tag.textContent = found.finding;
  for (const part of [found.code, tag, found.about || "―", found.registered || "―"]) {
    const cell = document.createElement("td");
    cell.append(part);
    line.append(cell);
  }
  line.firstElementChild.className = "code";
  return line;
}
