// The attributes of MJML's components with their types, as its own validation has them.
const { components } = require("mjml-core");
require("mjml");

const types = Object.entries(components).map(([name, made]) => [name, made.allowedAttributes || {}]);
console.log(JSON.stringify(Object.fromEntries(types)));
