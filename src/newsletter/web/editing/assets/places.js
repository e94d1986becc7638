// Where things are in the mail: a place is the number of a link, counted from its beginning.

// Where each finding is in the mail: the heading of its entry, or the link that it is about.
export function places(shown, findings) {
  const found = [];
  for (const finding of findings) {
    const links = finding.places.map((index) => linkOf(shown, index));
    const about = shown.message.links.findIndex(({ url }) => url === finding.where);
    // The errors come first; of several at one place the gravest is seen.
    for (const link of [...links, about]) if (link >= 0 && !found.some((one) => one.link === link)) found.push({ ...finding, link });
  }
  return found;
}

// The first link of an entry, by its place in the issue; -1 if it is not shown.
export function linkOf(shown, index) {
  const { links } = shown.message ?? { links: [] };
  const details = links.findIndex(({ url }) => url.endsWith(`#e${index}`));
  // Its title is the first link to the paper after the entry before.
  const url = shown.entries[index]?.url;
  let start = details;
  while (start > 0 && !/#e\d+$/.test(links[start - 1].url)) start--;
  const title = links.slice(start, details).findIndex((link) => link.url === url);
  return title < 0 ? details : start + title;
}

// The entry that a link stands in, or below; -1 above the first.
export function entryAt(shown, link) {
  const starts = shown.entries.map((_, index) => [linkOf(shown, index), index]).filter(([at]) => at >= 0);
  const above = starts.filter(([at]) => at <= link).sort((a, b) => b[0] - a[0]);
  return link >= 0 && above.length ? above[0][1] : -1;
}
