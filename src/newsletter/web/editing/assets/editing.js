// What an editor changes: entries and their texts, the words around them; and the history of it.

import { fill, get, h, say } from "./dom.js";
import { change } from "./doing.js";
import { page } from "./edit.js";
import { inspector, showEntry } from "./inspector.js";

const TIERS = ["breakthrough", "notable", "mention", "listed"];
const NAMES = { en: "English", zh: "中文" };
const FIELDS = {
  title: "Title", summary: "Summary", why_novel: "Why it is new", innovations: "Key innovations, one a line",
  evidence: "Evidence, one a line", impact: "Impact", abstract: "Abstract",
};
const WORDS = { note: "Editor’s note (Markdown)", takeaway: "Key takeaway", summary: "The week in short" };
const RULES = {
  "not-followed": "not their topic", muted: "muted", "only-topics": "general, and they want their topics alone",
  "below-tier": "below their tier", "not-translated": "not translated", "over-most": "beyond the most they want",
};
let unfolded = "";

export function editEntry(index) {
  unfolded = page.shown.entries[index]?.key ?? "";
  inspector("entries");
  document.querySelector(".entry.open")?.scrollIntoView({ block: "start" });
}

export function entriesPanel(panel) {
  const { entries, draft } = page.shown ?? { entries: [] };
  const parts = TIERS.filter((tier) => entries.some((entry) => entry.tier === tier)).map((tier) =>
    h("section", {}, h("h2", { class: "tier" }, tier),
      h("ol", { class: "entries" }, entries.filter((entry) => entry.tier === tier).map((entry) => row(entry, draft)))));
  fill(panel, draft ? null : h("p", { class: "small" }, "This issue is frozen and stays as it is."), parts, h("div", { id: "left-out" }));
  if (draft) leftOut();
}

function row(entry, draft) {
  const { index, key, title, tier, depth, rule, topics } = entry;
  const open = draft && unfolded === key;
  const missing = depth ? (depth === "title" ? "as a title" : "") : RULES[rule] ?? (rule ? "on the web only" : "");
  const move = (step) => change("move", { entry: key, position: index + 1 + step });
  const act = (name, label, words, act) => h("button", { type: "button", class: "tiny", title: label, "aria-label": `${label}: ${title}`, data: { focus: `${name} ${key}` }, onclick: act }, words);
  const item = h("li", { class: `entry ${open ? "open" : ""} ${depth ? "" : "absent"}`, draggable: draft && !open, data: { key } },
    h("button", { type: "button", class: "title", data: { focus: `show ${key}` }, onclick: () => showEntry(index) }, title),
    h("p", { class: "small" }, topics.join(", "), missing && h("span", { class: "chip" }, missing)),
    draft && h("div", { class: "acts" },
      act("up", "Move up", "↑", () => move(-1)), act("down", "Move down", "↓", () => move(1)),
      h("select", { "aria-label": `Tier of ${title}`, data: { focus: `tier ${key}` }, onchange: (e) => (e.target.blur(), change("tier", { entry: key, tier: e.target.value })) },
        TIERS.map((one) => h("option", { value: one, selected: one === tier }, one))),
      act("edit", open ? "Close" : "Edit the texts", open ? "Close" : "Edit", () => ((unfolded = open ? "" : key), inspector("entries"))),
      act("drop", "Leave out", "Leave out", () => change("drop", { entry: key }))),
    open && texts(key));
  if (draft) draggable(item, entry);
  return item;
}

function draggable(item, { key, index }) {
  item.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", key));
  item.addEventListener("dragover", (event) => (event.preventDefault(), item.classList.add("over")));
  item.addEventListener("dragleave", () => item.classList.remove("over"));
  item.addEventListener("drop", (event) => {
    event.preventDefault();
    item.classList.remove("over");
    const moved = event.dataTransfer.getData("text/plain");
    if (moved && moved !== key) change("move", { entry: moved, position: index + 1 });
  });
}

function texts(key) {
  const place = h("div", { class: "texts" }, h("p", { class: "small" }, "…"));
  get("entry", { issue: page.issue, key }).then((found) => {
    const languages = Object.entries(found.texts);
    const shownFields = (texts) => Object.entries(FIELDS).filter(([field]) => texts[field] || field === "summary" || field === "title" || found.texts.en?.[field]);
    fill(place,
      field("title", "Title, as the paper has it", found.title, (text, seen) => change("text", { entry: key, field: "title", text, seen })),
      languages.map(([language, texts]) => h("fieldset", { lang: language }, h("legend", {}, NAMES[language] ?? language),
        shownFields(texts).map(([name, words]) => field(`${language}.${name}`, name === "title" ? `Title in ${NAMES[language] ?? language}` : words, texts[name],
          (text, seen) => change("text", { entry: key, field: `texts.${language}.${name}`, text, seen }))))));
  }).catch((error) => say(error.message, true));
  return place;
}

// A text is saved when it is left, or with Ctrl+Enter; Escape takes back what was not saved. What
// somebody else changed meanwhile is told once before it is overwritten.
function field(name, words, value, save) {
  let seen = value;
  const saved = async () => {
    const text = area.value;
    area.dataset.state = "saving";
    const done = await save(text, seen);
    seen = done ? text : null;
    area.dataset.state = done ? "saved" : "refused";
  };
  const id = `field-${name.replace(/\W/g, "-")}`;
  const area = h("textarea", { id, rows: Math.min(8, 1 + Math.ceil(value.length / 44)), value, onchange: saved, onkeydown: (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) area.dataset.state === "refused" ? saved() : area.blur();
    if (event.key === "Escape") (area.value = value), area.blur();
  } });
  return h("div", { class: "field" }, h("label", { htmlFor: id }, words), area);
}

async function leftOut() {
  const found = await get("words", { issue: page.issue }).catch(() => null);
  const place = document.querySelector("#left-out");
  if (!found?.left_out.length || !place) return;
  fill(place, h("h2", { class: "tier" }, "left out"), h("ul", { class: "entries" }, found.left_out.map(({ key, title }) =>
    h("li", { class: "entry absent" }, h("p", {}, title), h("div", { class: "acts" }, h("button", { type: "button", class: "tiny", onclick: () => change("restore", { entry: key }) }, "Take back in"))))));
}

export async function wordsPanel(panel) {
  const found = await get("words", { issue: page.issue }).catch((error) => say(error.message, true));
  if (!found || panel.dataset.holds !== "words") return;
  const one = (language, name, words) => field(`${language}.${name}`, words, found.said[name]?.[language] ?? "", (text, seen) => change("note", { language, field: name, text, seen }));
  const draft = page.shown?.draft;
  fill(panel,
    h("p", { class: "small" }, draft ? "What stands around the papers, in this issue alone. Saved when you leave a field." : "This issue is frozen and stays as it is."),
    draft && page.shown.languages.map((language) => h("fieldset", { class: "texts", lang: language }, h("legend", {}, NAMES[language] ?? language),
      Object.entries(WORDS).map(([name, words]) => one(language, name, words)))));
}

export async function historyPanel(panel) {
  const found = await get("words", { issue: page.issue }).catch((error) => say(error.message, true));
  if (!found || panel.dataset.holds !== "history") return;
  const { review } = page;
  const when = (at) => new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const edit = ({ said, before, after, kind, who, at, undone_by: undone }) => h("li", { class: undone ? "undone" : "" },
    h("p", {}, said), h("p", { class: "small" }, `${who}, ${when(at)}`, undone && ` · undone by ${undone}`),
    !["order", "tier", "dropped"].includes(kind) && h("details", {}, h("summary", {}, "Before and after"), h("del", {}, before || "(nothing)"), h("ins", {}, after || "(nothing)")));
  fill(panel,
    page.shown?.draft && review?.at && h("p", { class: `notice ${review.state === "approved" ? "good" : ""}` }, `${review.state}${review.by ? ` by ${review.by}` : ""}, ${when(review.at)}${review.note ? `: ${review.note}` : ""}${review.changed ? " · changed since" : ""}`),
    page.shown?.draft && h("div", { class: "acts" },
      h("button", { type: "button", class: "tiny", disabled: !page.shown.undoable, onclick: () => change("undo", {}) }, "Undo"),
      h("button", { type: "button", class: "tiny", disabled: !found.edits.some(({ undone_by: undone }) => undone), onclick: () => change("redo", {}) }, "Redo")),
    found.edits.length ? h("ol", { class: "history" }, found.edits.map(edit)) : h("p", { class: "small" }, "Nothing was changed by hand yet."));
}
