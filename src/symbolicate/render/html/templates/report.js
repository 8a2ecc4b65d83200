"use strict";
// Copies a hidden text of the report; files opened from disk have no clipboard, so a selection is copied there.
for (const button of document.querySelectorAll("button[data-copies]")) {
  button.addEventListener("click", async () => {
    const source = button.closest("article").querySelector(`.${button.dataset.copies}`);
    const label = button.textContent;
    let done = false;
    try {
      await navigator.clipboard.writeText(source.textContent);
      done = true;
    } catch {
      source.hidden = false;
      getSelection().selectAllChildren(source);
      done = document.execCommand("copy");
      getSelection().removeAllRanges();
      source.hidden = true;
    }
    button.textContent = done ? "Copied" : "Could not be copied";
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
for (const button of document.querySelectorAll("button[data-folds]")) {
  const threads = button.closest("article").querySelectorAll(`details.${button.dataset.folds}`);
  button.hidden = threads.length < 2;
  button.addEventListener("click", () => {
    const open = button.textContent.startsWith("Unfold");
    for (const one of threads) one.open = open;
    button.textContent = open ? "Fold all threads" : "Unfold all threads";
  });
}
