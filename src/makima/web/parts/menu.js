/** A button that opens what belongs to it: closed by the button, by Escape, and by a press elsewhere. */

export class Menu extends EventTarget {
  #button;
  #panel;

  constructor(button, panel) {
    super();
    this.#button = button;
    this.#panel = panel;
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-controls", panel.id);
    button.addEventListener("click", () => this.toggle());
    document.addEventListener("pointerdown", ({ target }) => {
      if (this.open && this.closesOutside && !panel.contains(target) && !button.contains(target)) this.toggle(false);
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
      button.focus();
    });
  }

  /** Whether a press outside closes it. */
  closesOutside = true;

  get open() {
    return !this.#panel.hidden;
  }

  toggle(open = !this.open) {
    if (open === this.open) return;
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    this.dispatchEvent(new Event(open ? "open" : "close"));
  }
}
