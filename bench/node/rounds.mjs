// Renders the same issue again and again, warm: each line on stdin names a peer and a number of renders ("mjml 5"), each line on stdout is what each of
// them took in milliseconds of processor time. Arguments: our MJML, and the issue's content as JSON.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createElement as h } from "react";
import mjml2html from "mjml";
import { render } from "@react-email/render";
import { Body, Column, Container, Head, Heading, Hr, Html, Img, Link, Preview, Row, Section, Text } from "@react-email/components";

const [mjml, issue] = [readFileSync(process.argv[2], "utf-8"), JSON.parse(readFileSync(process.argv[3], "utf-8"))];

const ink = { color: "#14213D", fontFamily: "Helvetica, Arial, sans-serif", fontSize: "16px", lineHeight: "1.6" };
const block = { ...ink, margin: "0 0 8px" };
const quiet = { ...ink, color: "#556074", fontSize: "14px", margin: "0" };
const disc = { width: "44px", verticalAlign: "top" };
const card = { padding: "18px 0", borderTop: "1px solid #D5DBE5" };

const words = (parts) => parts.map(([said, url], at) => (url ? h(Link, { key: at, href: url }, said) : said));

const drawn = (one, at) =>
  one.image
    ? h(Img, { key: at, src: one.image, alt: one.alt, width: 544, style: { maxWidth: "100%" } })
    : h(Text, { key: at, style: block }, words(one.parts));

const entry = (one, at) =>
  h(Row, { key: at, style: card },
    h(Column, { style: disc }, h(Text, { style: quiet }, one.number)),
    h(Column, null,
      h(Heading, { as: "h3", style: block }, one.url ? h(Link, { href: one.url }, one.title) : one.title, " ", one.tail),
      one.blocks.map(drawn),
      h(Text, { style: quiet }, one.source, one.stars ? ` ★ ${one.stars}` : "")));

const section = (one, at) =>
  h(Section, { key: at, style: { padding: "30px 28px 8px" } },
    h(Heading, { as: "h2", style: ink }, one.title),
    one.items.map((item, place) => (item.title === undefined ? drawn(item, place) : entry(item, place))));

const Issue = () =>
  h(Html, { lang: issue.lang },
    h(Head),
    h(Preview, null, issue.preheader),
    h(Body, { style: { backgroundColor: "#EEF1F5" } },
      h(Container, { style: { maxWidth: "600px", backgroundColor: "#FFFFFF" } },
        h(Section, { style: { padding: "34px 28px" } }, h(Text, { style: quiet }, issue.newsletter), h(Heading, { as: "h1" }, issue.title)),
        h(Section, { style: { padding: "28px" } }, issue.intro.map(drawn)),
        issue.sections.map(section),
        h(Hr),
        h(Section, { style: { padding: "26px 28px" } },
          h(Text, { style: quiet }, "You get this because you subscribed. ", h(Link, { href: "https://news.example.org/u/token" }, "Unsubscribe"))))));

const peers = {
  mjml: async () => (await mjml2html(mjml)).html,
  react: () => render(h(Issue)),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, times] = line.split(" ");
  const took = [];
  let size = 0;
  for (let turn = 0; turn < Number(times); turn += 1) {
    const start = process.cpuUsage();
    const html = await peers[name]();
    const used = process.cpuUsage(start);
    took.push((used.user + used.system) / 1000);
    size = Buffer.byteLength(html);
  }
  console.log(JSON.stringify({ took, size }));
}
