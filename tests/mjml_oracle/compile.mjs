// MJML's own compiler: a JSON list of documents on stdin, the list of their HTML on stdout. argv[2] is the folder it is installed in.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const mjml2html = require("mjml-core").default;
const preset = require("mjml-preset-core");
const documents = JSON.parse(readFileSync(0, "utf-8"));
const options = { presets: [preset.default ?? preset], fonts: {}, keepComments: true, minify: false, beautify: false, useMjmlConfigOptions: false, validationLevel: "soft" };
const compiled = documents.map((document) => {
  const { html, errors } = mjml2html(document, options);
  return { html, errors: errors.map((one) => one.formattedMessage) };
});
process.stdout.write(JSON.stringify(compiled));
