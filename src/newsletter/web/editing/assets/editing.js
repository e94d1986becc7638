import { fill, h } from "./dom.js";
import { page } from "./edit.js";
import { showEntry } from "./inspector.js";

export function entriesPanel(panel) {
  fill(panel, h("ol", {}, page.shown.entries.map((e) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => showEntry(e.index) }, e.title)))));
}
export function wordsPanel(panel) { fill(panel); }
export function historyPanel(panel) { fill(panel); }
