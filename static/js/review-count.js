/** Says how many rows the second person has not yet marked. */

export const selector = "form[data-review]";

export function start(form) {
  const status = form.querySelector("[data-review-status]");
  if (!status) return;
  const update = () => {
    const boxes = [...form.querySelectorAll(".compare__check input[type=checkbox]")];
    const left = boxes.filter((box) => !box.checked).length;
    status.textContent = left ? `未確認 あと${left}件 / 全${boxes.length}件` : `全${boxes.length}件を確認しました`;
  };
  form.addEventListener("change", update);
  update();
}
