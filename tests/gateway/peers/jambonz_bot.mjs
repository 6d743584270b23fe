// SPDX-License-Identifier: Apache-2.0
// A bot on @jambonz/sdk, as a server for the verb listen. It sends back what it hears.
//
// Key 1: a long speech, in small pieces, with a mark in the middle and one at the end. Key 5: stops it, and gives a
// short answer with a mark. Key 7: a clip with an id. Key 9: a goodbye, and then the end.
// Usage: node jambonz_bot.mjs FOLDER, with speech.slin, answer.slin and goodbye.slin in it
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";

import { createEndpoint } from "@jambonz/sdk";

const folder = process.argv[2];
const sound = (name) => readFileSync(path.join(folder, name + ".slin"));
const quiet = { info() {}, debug() {}, warn: console.error, error: console.error };

const server = http.createServer();
const audio = createEndpoint({ server, logger: quiet }).audio({ path: "/listen" });

// Pieces that are neither frames nor whole samples.
function sendInPieces(stream, pcm) {
  for (let at = 0; at < pcm.length; at += 1001) stream.sendAudio(pcm.subarray(at, at + 1001));
}

function press(stream, digit) {
  switch (digit) {
    case "1": {
      const speech = sound("speech");
      sendInPieces(stream, speech.subarray(0, 8000));
      stream.sendMark("half a second");
      sendInPieces(stream, speech.subarray(8000));
      stream.sendMark("end");
      break;
    }
    case "5":
      stream.killAudio();
      sendInPieces(stream, sound("answer"));
      stream.sendMark("answered");
      break;
    case "7":
      stream.playAudio(sound("answer").toString("base64"), { id: "clip", sampleRate: stream.sampleRate });
      break;
    case "9":
      sendInPieces(stream, sound("goodbye"));
      stream.disconnect();
      break;
  }
}

audio.on("connection", (stream, request) => {
  console.log("call", JSON.stringify({ ...stream.metadata, subprotocol: request.headers["sec-websocket-protocol"] }));
  stream.on("audio", (pcm) => {
    if (pcm.some((byte) => byte !== 0)) stream.sendAudio(pcm);
  });
  stream.on("dtmf", (event) => {
    console.log("key", event.digit);
    press(stream, event.digit);
  });
  stream.on("mark", (event) => console.log("mark", event.name, event.event));
  stream.on("playDone", (event) => console.log("playDone", JSON.stringify(event)));
  stream.on("close", (code) => console.log("closed", code));
});

server.listen(0, "127.0.0.1", () => console.log("listening on port", server.address().port));
