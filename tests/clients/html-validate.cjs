// HTML for mail. What is switched off is what mail needs and the web has left behind.
module.exports = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Gmail for accounts of other providers, and some webmails, drop every style sheet.
    "no-inline-style": "off",
    // Outlook for Windows is given its tables, and hidden what it cannot read, by these alone.
    "no-conditional-comment": "off",
    // cellpadding, align, width: Outlook for Windows lays out tables by attributes.
    "no-deprecated-attr": "off",
    // role="presentation" is older, and understood where role="none" is not.
    "presentation-role-style": "off",
    // mrml writes <div role="article">, as MJML does: clients strip <article>.
    "prefer-native-element": "off",
  },
};
