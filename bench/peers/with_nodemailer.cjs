// Sends a prepared issue with nodemailer's pool, the way its documents show (send while the pool is idle); one JSON document on standard input.
"use strict";
const { readFileSync } = require("node:fs");
const nodemailer = require("nodemailer");

const task = JSON.parse(readFileSync(0, "utf8"));
const transporter = nodemailer.createTransport({
  pool: true,
  host: "127.0.0.1",
  port: task.port,
  secure: Boolean(task.authority),
  ignoreTLS: !task.authority,
  tls: task.authority ? { ca: readFileSync(task.authority) } : undefined,
  maxConnections: task.connections,
  maxMessages: Infinity,
});

let begun = 0;
let ended = 0;

function more() {
  while (begun < task.count && transporter.isIdle()) {
    const name = `Reader ${begun}`;
    const message = {
      from: task.sender,
      to: `reader${begun}@d${begun % 50}.readers.test`,
      subject: task.subject,
      text: task.text.replaceAll("{{name}}", name),
      html: task.html.replaceAll("{{name}}", name),
    };
    begun += 1;
    transporter.sendMail(message, (error) => {
      if (error) {
        console.error(error.message);
        process.exit(1);
      }
      ended += 1;
      if (ended === task.count) transporter.close();
    });
  }
}

transporter.on("idle", more);
more();
