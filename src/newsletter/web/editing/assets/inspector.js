// Beside the mail: what is wrong, what is in it, what to change, where it links, in numbers.

import { $, fill, h, kB, number } from "./dom.js";
import { look, page, set } from "./edit.js";
import { reveal } from "./frames.js";
import { linkOf } from "./places.js";
import { editEntry, entriesPanel, historyPanel, wordsPanel } from "./editing.js";

const TABS = {
  checks: ["Checks", checks],
  entries: ["Entries", entriesPanel],
  words: ["Words", wordsPanel],
  links: ["Links", links],
  numbers: ["Numbers", numbers],
  history: ["History", historyPanel],
};
let open = "checks";
let pointed = null;

export function inspector(name, finding) {
  open = name;
  pointed = finding ?? null;
  inspect(true);
  $(".pointed")?.scrollIntoView({ block: "nearest" });
}

export function inspect(force = false) {
  const place = $("#tabs");
  if (!place.childElementCount) {
    fill(place, Object.entries(TABS).map(([name, [words]], at) => h("button", {
      type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel", data: { name, number: at + 1 }, onclick: () => inspector(name),
    }, words, h("span", { class: "badge" }))));
    place.addEventListener("keydown", along);
  }
  for (const tab of place.children) {
    const mine = tab.dataset.name === open;
    tab.setAttribute("aria-selected", mine);
    tab.tabIndex = mine ? 0 : -1;
  }
  const errors = page.findings.filter(({ severity }) => severity === "error").length;
  const badge = $("#tab-checks .badge");
  fill(badge, page.findings.length || null);
  badge.dataset.level = errors ? "error" : page.findings.length ? "warning" : "";
  const panel = $("#panel");
  panel.setAttribute("aria-labelledby", `tab-${open}`);
  // What somebody is writing in is left alone.
  if (!force && panel.contains(document.activeElement) && document.activeElement.closest("form, textarea, select")) return;
  const at = panel.scrollTop;
  const focus = panel.contains(document.activeElement) ? document.activeElement.dataset.focus : "";
  const same = panel.dataset.holds === open;
  panel.dataset.holds = open;
  if (page.shown) TABS[open][1](panel);
  panel.scrollTop = same ? at : 0;
  if (focus) panel.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus();
}

function along(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const tabs = [...$("#tabs").children];
  const next = tabs[(tabs.findIndex((tab) => tab.dataset.name === open) + step + tabs.length) % tabs.length];
  next.click();
  next.focus();
}

async function showLink(link) {
  if (link < 0) return;
  if (look.view !== "mail") await set("view", "mail");
  reveal(link);
}

export const showEntry = (index) => showLink(linkOf(page.shown, index));

function checks(panel) {
  if (!page.checked) return fill(panel, h("p", { class: "small" }, "Looking…"));
  const { findings } = page;
  const row = (finding) => {
    const about = finding.places.filter((index) => page.shown.entries[index]);
    const link = page.shown.message?.links.findIndex(({ url }) => url === finding.where) ?? -1;
    const entry = (index) => h("li", {}, h("button", { type: "button", class: "link", onclick: () => showEntry(index) }, page.shown.entries[index].title), page.shown.draft && h("button", { type: "button", class: "tiny", "aria-label": `Edit ${page.shown.entries[index].title}`, onclick: () => editEntry(index) }, "Edit"));
    return h("li", { class: `finding ${finding.severity} ${pointed?.code === finding.code && pointed?.where === finding.where ? "pointed" : ""}` },
      h("p", {}, h("b", {}, finding.what)),
      h("p", { class: "small" }, h("code", {}, finding.where), finding.readers === null ? "" : ` · ${number(finding.readers, "reader")}`),
      h("p", { class: "small mend" }, finding.mend),
      about.length > 0 && (about.length > 3
        ? h("details", {}, h("summary", {}, number(about.length, "entry", "entries")), h("ul", {}, about.map(entry)))
        : h("ul", {}, about.map(entry))),
      link >= 0 && h("button", { type: "button", class: "link", onclick: () => showLink(link) }, "Show it"));
  };
  fill(panel,
    findings.length ? h("ul", { class: "findings" }, findings.map(row)) : h("p", { class: "good" }, "Nothing to mend."),
    h("p", { class: "small" }, `Looked at ${number(page.checked.selections, "selection")} of ${number(page.checked.readers, "reader")}.`));
}

function links(panel) {
  const found = page.shown?.message?.links ?? [];
  const row = ({ url, text, personal }, at) => h("li", {},
    h("button", { type: "button", class: "link", onclick: () => showLink(at) }, text || "(no words)"),
    personal ? h("span", { class: "chip" }, "personal") : null,
    url.startsWith("#") ? h("span", { class: "target" }, `to ${url} in the mail`)
      : personal ? h("span", { class: "target" }, url)
        : h("a", { class: "target", href: url, target: "_blank", rel: "noopener noreferrer" }, url));
  fill(panel, h("p", { class: "small" }, `${number(found.length, "link")}, in their order`), h("ol", { class: "links" }, found.map(row)));
}

function numbers(panel) {
  const { message } = page.shown ?? {};
  if (!page.numbers) return fill(panel, h("p", { class: "small" }, "Counting…"));
  const { now, before } = page.numbers;
  const lost = (of) => Object.values(of.skipped).reduce((sum, some) => sum + some, 0);
  const row = (words, count, past, strong) => h("tr", { class: strong ? "strong" : "" }, h("th", { scope: "row" }, words), h("td", {}, count.toLocaleString("en")), h("td", {}, past?.toLocaleString("en")), h("td", { class: "more" }, change(count, past)));
  const reasons = [...new Set([...Object.keys(now.skipped), ...Object.keys(before?.skipped ?? {})])];
  const topics = Object.entries(now.topics).filter(([name, { entries }]) => entries || before?.topics[name]?.entries);
  fill(panel,
    h("table", { class: "numbers" },
      h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "now"), before ? h("th", { scope: "col" }, before.ref.split("/")[1]) : h("td", {}), h("td", {}))),
      h("tbody", {}, row("Recipients", now.recipients, before?.recipients, true), row("Would get nothing", lost(now), before && lost(before), true), reasons.map((why) => row(`— ${why}`, now.skipped[why] ?? 0, before && (before.skipped[why] ?? 0)))),
      h("tbody", {}, row("Entries", now.entries, before?.entries, true), Object.entries(now.tiers).map(([tier, count]) => row(`— ${tier}`, count, before?.tiers[tier]))),
      h("tbody", {}, topics.map(([name, { title, entries }]) => row(title, entries, before?.topics[name]?.entries ?? (before ? 0 : undefined))))),
    before ? null : h("p", { class: "small" }, "There is no issue before this one."),
    message && h("p", { class: "small" }, `This reader: ${number(message.shown, "entry", "entries")}${message.more ? ` and ${message.more} on the web` : ""}; HTML ${kB(message.octets.html)}, text ${kB(message.octets.text)}, message ${kB(message.octets.message)}.`));
}

const change = (now, past) => (past === undefined || past === null || now === past ? "" : now > past ? `+${now - past}` : `−${past - now}`);
