// <button commandfor="ID" command="show-modal"> is the browser's own; this does it for those that do not know it yet,
// and closes a dialog when its backdrop is pressed.
const native = "command" in HTMLButtonElement.prototype;

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[commandfor]");
  if (button && !native && button.getAttribute("command") === "show-modal") {
    document.getElementById(button.getAttribute("commandfor"))?.showModal();
  }
  if (event.target.matches("dialog")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});
