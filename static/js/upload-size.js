/** Says that a file is too large before it is sent: a long wait would end with the same answer. */

export const selector = "input[type=file][data-most-bytes]";

export function start(input) {
  const form = input.form;
  const problem = form.querySelector("[data-upload-problem]");
  const most = Number(input.dataset.mostBytes);

  const isTooLarge = () => {
    const file = input.files[0];
    const isOver = Boolean(file) && file.size > most;
    problem.textContent = isOver
      ? `ファイルが大きすぎます（上限 ${Math.floor(most / 1024 / 1024)}メガバイト）。端末で抽出の条件を分けて出力してください。`
      : "";
    return isOver;
  };

  input.addEventListener("change", isTooLarge);
  form.addEventListener("submit", (event) => {
    if (!isTooLarge()) return;
    event.preventDefault();
    input.focus();
  });
}
