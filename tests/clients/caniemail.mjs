// What clients make of the HTML on standard input, by the data of caniemail.com: one JSON line
// {"errors": {"feature": ["client", ...]}, "warnings": {...}}.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

// The others are not measured on every feature that we use, and caniemail stops at the first such.
const clients = [
  "aol.*", "apple-mail.*", "fastmail.*", "gmail.*", "gmx.*", "hey.*", "ionos-1and1.*", "mail-ru.*",
  "orange.*", "outlook.*", "protonmail.*", "samsung-email.*", "sfr.*", "thunderbird.macos",
  "web-de.*", "yahoo.*",
];

const byFeature = (found) => {
  const features = {};
  for (const [client, issues] of found) {
    for (const { title } of issues) (features[title] ??= new Set()).add(client);
  }
  return Object.fromEntries(Object.entries(features).map(([name, who]) => [name, [...who].sort()]));
};

const { issues } = caniemail({ clients, html: readFileSync(0, "utf8") });
console.log(JSON.stringify({
  errors: byFeature(issues.errors), warnings: byFeature(issues.warnings),
}));
