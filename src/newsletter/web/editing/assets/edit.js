// The page: what is asked for, what is shown of it, and the keys.

import { $, at, fill, get, h, kB, say } from "./dom.js";
import * as frames from "./frames.js";
import { inspect, inspector } from "./inspector.js";
import { entryAt, places } from "./places.js";
import { choose, chosen, readerBeside } from "./readers.js";
import { editEntry } from "./editing.js";
import { askJudgement, askTest, undo } from "./doing.js";

export const page = { issue: "", who: {}, shown: null, findings: [], numbers: null, issues: null };
export const look = { view: "mail", width: "375", scheme: "light", client: "modern", images: true, speak: "" };

const OPTIONS = {
  view: { mail: "Mail", text: "Text", headers: "Headers", source: "Source" },
  width: { 320: "320", 375: "375", 768: "768", 1200: "1200", all: "Side by side" },
  scheme: { light: "Light", dark: "Dark" },
  client: {
    modern: "As it is", unstyled: "No style sheets ≈", inverted: "Inverted by force ≈", outlook: "Outlook ≈",
  },
};
const HINTS = {
  unstyled: "An approximation of clients that strip style sheets.",
  inverted: "An approximation of clients that turn colours round by force, whatever the mail says; light and dark are the same here.",
  outlook: "An approximation of Outlook on Windows: conditional comments hold, and Word lays it out; light and dark are the same here.",
};
const LANGUAGES = { en: "English", zh: "中文" };

// --- what is asked for, kept in the address ---

function read() {
  const asked = new URLSearchParams(location.search);
  page.issue = asked.get("issue") ?? "";
  for (const name of Object.keys(look)) if (asked.has(name)) look[name] = asked.get(name);
  look.images = look.images !== "false" && look.images !== false;
  for (const [name, known] of Object.entries(OPTIONS)) if (!(look[name] in known)) look[name] = Object.keys(known)[0];
  page.who = chosen(asked);
}

function write() {
  const kept = new URLSearchParams({ issue: page.issue });
  for (const [name, value] of Object.entries(look)) if (value !== "" && value !== true) kept.set(name, value);
  for (const [name, value] of Object.entries(page.who)) for (const one of [value].flat()) kept.append(name, one);
  history.replaceState(null, "", `?${kept}`);
}

export const asked = () => ({ issue: page.issue, ...page.who, speak: look.speak });

// --- what is shown ---

let turn = 0;
export async function refresh() {
  const mine = ++turn;
  try {
    const shown = await get("shown", asked());
    if (mine !== turn) return;
    page.shown = shown;
    await paint();
    if (mine !== turn) return;
    if (page.review?.key !== shown.key) judged(shown); // the message comes before what is said of it
    later();
  } catch (error) {
    if (mine === turn) say(error.message, true);
  }
}

async function paint() {
  const { shown } = page;
  if (!shown) return;
  write();
  head(shown);
  notices(shown);
  trouble(shown);
  await canvas(shown);
  inspect();
  document.documentElement.dataset.key = shown.key;
  document.documentElement.dataset.shown = shown.message?.id ?? "nothing";
}

function head(shown) {
  document.title = `${shown.message?.subject ?? shown.issue} · Preview`;
  state(shown);
  const { who } = shown;
  const reader = page.who.to;
  const place = reader && page.place?.address === reader ? ` ${page.place.number} of ${page.place.readers}` : "";
  fill($("#whom-name"), reader ? `${reader}${who.own ? "" : ", otherwise"}` : page.who.scope ? "Clicked together" : "A selection");
  fill($("#whom-says"), who.says + (place ? ` ·${place}` : ""));
  $("#undo").disabled = !shown.undoable;
  $("#judge").hidden = !shown.draft;
  languages(shown.languages);
  gauge(shown.message);
}

function languages(known) {
  const pairs = known.length > 1 ? [known.join("+"), [...known].reverse().join("+")] : [];
  const select = $("#speak");
  if (select.options.length !== 1 + known.length + pairs.length) {
    const named = (value) => value.split("+").map((code) => LANGUAGES[code] ?? code).join(" + ");
    fill(select, h("option", { value: "" }, "Their language"), [...known, ...pairs].map((value) => h("option", { value }, named(value))));
  }
  select.value = look.speak;
}

function gauge(message) {
  const place = $("#gauge");
  if (!message?.html) return fill(place);
  const { html } = message.octets;
  const share = Math.min(1, html / message.clips);
  place.dataset.level = html > message.clips ? "over" : html > message.budget ? "near" : "fine";
  place.setAttribute("aria-label", `${kB(html)} of HTML; Gmail clips at ${kB(message.clips)}`);
  place.title = `${html.toLocaleString("en")} octets of HTML. The list's budget is ${kB(message.budget)}; Gmail clips at ${kB(message.clips)}.`;
  fill(place, h("span", { class: "meter" }, h("i", { vars: { "--share": share } })), h("span", {}, h("b", {}, kB(html)), ` of ${kB(message.clips)}`));
}

function notices(shown) {
  const found = [];
  if (shown.who.nothing) found.push(["", `No mail would go to this reader: ${shown.who.nothing}. This is what it would hold.`]);
  if (!shown.synced) found.push(["", "This is list.toml as it was saved. It counts for sending once `newsletter lists sync` has followed it."]);
  else if (!shown.stored) found.push(["", "Entries were changed since the draft was stored. This shows them; assembling stores them.", h("button", { type: "button", class: "link", onclick: () => import("./doing.js").then((m) => m.assemble()) }, "Assemble")]);
  if (look.client in HINTS && look.view === "mail") found.push(["hint", HINTS[look.client]]);
  fill($("#notices"), found.map(([kind, text, button]) => h("p", { class: `notice ${kind}` }, text, " ", button)));
}

function trouble(shown) {
  const place = $("#trouble");
  if (!shown.troubles.length) return fill(place);
  const box = ({ file, line, reason, excerpt }) =>
    h("div", { class: "trouble" },
      h("p", {}, h("strong", {}, file ? `${file}${line ? `:${line}` : ""}` : "This cannot be made"), " ", reason),
      excerpt.length > 0 && h("pre", { tabIndex: 0, "aria-label": "The lines around" }, excerpt.map(([at, text]) => h("span", { class: at === line ? "here" : "" }, `${String(at).padStart(4)}  ${text}`))),
      h("p", { class: "small" }, shown.message ? "Shown is the last good view." : "There is no good view yet."));
  fill(place, shown.troubles.map(box));
}

async function canvas(shown) {
  const { message } = shown;
  const place = $("#canvas");
  place.dataset.view = message ? look.view : "none";
  inbox(message);
  if (!message) return frames.clear(), fill(place);
  if (look.view === "mail" && message.html) {
    if (place.dataset.holds !== "frames") frames.clear(), fill(place);
    place.dataset.holds = "frames";
    const marks = { places: places(shown, page.findings), onKey: keys, onPlace: (found) => inspector("checks", found), onPersonal: personal, onEdit: editAt };
    return frames.show(place, message, look, marks);
  }
  frames.clear();
  place.dataset.holds = look.view;
  const sheet = (text, label) => h("pre", { class: "sheet", tabIndex: 0, "aria-label": label }, text);
  if (look.view === "mail" || look.view === "text") fill(place, sheet(message.text, "The plain-text part"));
  else if (look.view === "headers") fill(place, h("div", { class: "sheet" }, h("table", {}, message.headers.map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value))))));
  else fill(place, sheet(await (await fetch(at(`message/${message.id}`))).text(), "The message as it goes over the wire"));
}

function inbox(message) {
  if (!message) return fill($("#inbox"));
  const field = (name) => message.headers.find(([known]) => known.toLowerCase() === name)?.[1] ?? "";
  fill($("#inbox"), h("p", { class: "subject" }, message.subject), h("p", { class: "from" }, `${field("from")} → ${field("to")}`));
}

// Twice on a place in the mail opens what is said there.
function editAt(link) {
  const entry = entryAt(page.shown, link);
  if (entry >= 0) editEntry(entry);
  else inspector("words");
}

function personal(link) {
  say(`A personal link (${page.shown.message.links[link]?.text || "no words"}): in a preview it does nothing.`);
}

// Where the review is, which nobody has to wait for.
export async function judged(shown = page.shown) {
  page.review = shown.draft ? await get("review", { issue: page.issue }).catch(() => null) : null;
  state(shown);
}

function state(shown) {
  const words = (shown.draft && page.review?.state) || shown.state;
  fill($("#state"), words);
  $("#state").dataset.state = words;
}

// What takes longer comes after, once the changes pause.
let waiting;
function later() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const key = page.shown.key;
    try {
      const [checked, numbers] = await Promise.all([get("findings", { issue: page.issue }), get("numbers", { issue: page.issue })]);
      if (page.shown.key !== key) return;
      page.findings = checked.findings;
      page.checked = checked;
      page.numbers = numbers;
      await canvas(page.shown);
      inspect();
      document.documentElement.dataset.checked = checked.key;
    } catch (error) {
      say(error.message, true);
    }
  }, 600);
}

// --- following what changes ---

const REFUSED_FOR = 2000; // milliseconds
let source;
function follow() {
  source?.close();
  const mine = (source = new EventSource(at(`api/changes?issue=${encodeURIComponent(page.issue)}`)));
  const live = (state, words) => ($("#live").dataset.state = state, fill($("#live span"), words));
  source.addEventListener("open", () => live("on", "live"));
  source.addEventListener("error", () => {
    live("off", "reconnecting");
    // A browser tries again by itself where the connection broke, but not where it was refused.
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => mine === source && follow(), REFUSED_FOR);
  });
  // What changed before it was watched, or while the connection was lost.
  source.addEventListener("ready", refresh);
  source.addEventListener("change", (event) => {
    document.documentElement.dataset.changed = event.data;
    refresh();
  });
}

async function openIssue(reference) {
  page.issue = reference;
  page.shown = null;
  page.findings = [];
  page.place = null;
  page.audience = null;
  await refresh();
  follow();
}

// --- the controls and the keys ---

function controls() {
  for (const group of document.querySelectorAll(".pick")) {
    const name = group.dataset.set;
    const option = ([value, words]) =>
      h("label", {}, h("input", { type: "radio", name, value, checked: look[name] === value, onchange: () => set(name, value) }), h("span", {}, words));
    group.append(...Object.entries(OPTIONS[name]).map(option));
  }
  fill($("#client"), Object.entries(OPTIONS.client).map(([value, words]) => h("option", { value }, words)));
  $("#client").addEventListener("change", (event) => set("client", event.target.value));
  $("#speak").addEventListener("change", (event) => set("speak", event.target.value));
  $("#images").addEventListener("change", (event) => set("images", event.target.checked));
  $("#issue").addEventListener("change", (event) => openIssue(event.target.value));
  $("#before").addEventListener("click", () => readerBeside(-1));
  $("#after").addEventListener("click", () => readerBeside(1));
  $("#whom").addEventListener("click", choose);
  $("#keys").addEventListener("click", showKeys);
  $("#undo").addEventListener("click", undo);
  $("#test").addEventListener("click", askTest);
  $("#judge").addEventListener("click", askJudgement);
  document.addEventListener("keydown", keys);
  addEventListener("resize", () => frames.fit($("#canvas")));
  show();
}

function show() {
  for (const name of ["view", "width", "scheme"]) {
    const input = $(`input[name="${name}"][value="${look[name]}"]`);
    if (input) input.checked = true;
  }
  $("#client").value = look.client;
  $("#images").checked = look.images;
}

export function set(name, value) {
  look[name] = value;
  show();
  return name === "speak" ? refresh() : paint();
}

const next = (name) => {
  const values = Object.keys(OPTIONS[name]);
  const order = name === "width" ? ["320", "375", "768", "1200", "all"] : values;
  return set(name, order[(order.indexOf(String(look[name])) + 1) % order.length]);
};
const KEYS = {
  n: ["Next subscriber", () => readerBeside(1)],
  p: ["Previous subscriber", () => readerBeside(-1)],
  r: ["Choose as whom", choose],
  w: ["Next width", () => next("width")],
  s: ["Side by side", () => set("width", look.width === "all" ? "375" : "all")],
  d: ["Dark or light", () => next("scheme")],
  t: ["Text or mail", () => set("view", look.view === "text" ? "mail" : "text")],
  h: ["Headers", () => set("view", look.view === "headers" ? "mail" : "headers")],
  o: ["Source", () => set("view", look.view === "source" ? "mail" : "source")],
  c: ["Next client", () => next("client")],
  i: ["Images on or off", () => set("images", !look.images)],
  l: ["Next language", () => { const all = [...$("#speak").options].map((o) => o.value); return set("speak", all[(all.indexOf(look.speak) + 1) % all.length]); }],
  u: ["Undo the last change", undo],
  "1 … 6": ["A tab of the inspector", null],
  "?": ["These keys", showKeys],
};

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("#dialog").open) return;
  if (event.target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select")) return;
  if (/^[1-6]$/.test(event.key)) return event.preventDefault(), $(`#tabs [data-number="${event.key}"]`)?.click();
  const key = KEYS[event.key];
  if (!key?.[1]) return;
  event.preventDefault();
  key[1]();
}

export function openDialog(title, ...content) {
  const dialog = $("#dialog");
  fill(dialog, h("div", { class: "head" }, h("h2", { id: "dialog-title" }, title), h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => dialog.close() }, "×")), ...content);
  if (!dialog.open) dialog.showModal();
  return dialog;
}

function showKeys() {
  const out = async () => (await fetch(at("out"), { method: "POST" }), location.reload());
  const you = h("p", { class: "small" }, `You are ${page.editor}. `, page.issues.visits && h("button", { type: "button", class: "link", onclick: out }, "Sign out"));
  openDialog("Keys", you, h("dl", { class: "keys" }, Object.entries(KEYS).map(([key, [words]]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)))));
}

async function begin() {
  read();
  controls();
  const found = (page.issues = await get("issues"));
  page.editor = found.editor;
  const first = page.issue || found.first;
  fill($("#issue"), found.issues.map(({ ref }) => h("option", { value: ref }, ref)));
  $("#issue").value = first;
  $("#dialog").addEventListener("click", (event) => event.target === $("#dialog") && $("#dialog").close());
  $("#dialog").addEventListener("close", () => $("#whom").setAttribute("aria-expanded", "false"));
  if (first) await openIssue(first);
  else say("There is no issue yet: `newsletter issues assemble LIST` puts one together.", true);
}

begin().catch((error) => say(error.message, true));
