// SPDX-License-Identifier: Apache-2.0
// A bot that speaks Twilio Media Streams: sends back what it hears, and stops when a key is pressed.
//
//     npm install ws
//     node echo_bot.mjs [PORT]
//     audiosocket gateway --dialect twilio --backend ws://127.0.0.1:8765/
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2] ?? 8765) });

server.on("listening", () => console.log("listening on port", server.address().port));

server.on("connection", (socket) => {
  let streamSid;
  const send = (message) => socket.send(JSON.stringify({ ...message, streamSid }));

  socket.on("message", (text) => {
    const message = JSON.parse(text);
    switch (message.event) {
      case "start":
        streamSid = message.streamSid;
        console.log("call", message.start.callSid, message.start.customParameters);
        break;
      case "media": // 20 ms of mu-law as base64: said back as it came
        send({ event: "media", media: { payload: message.media.payload } });
        break;
      case "dtmf":
        console.log("digit", message.dtmf.digit);
        send({ event: "clear" }); // stop playing at once
        send({ event: "mark", mark: { name: "stopped" } });
        break;
      case "mark": // all audio before it has been played
        console.log("played", message.mark.name);
        break;
      case "stop":
        console.log("call over");
        break;
    }
  });
});
