// asterisk-audiosocket as a peer, with the verbs of ../go/main.go:
//
//   node peer.js encode ITEM...                a line of hex for each; items: hangup, id:HEX, slin:BYTES
//   node peer.js read HEX...                   what its parser makes of a stream, in pieces: "TYPE HEX" for each message
//   node peer.js serve echo|play:FILE|loop:FILE [PORT] [--careful]
//                                              a server; --careful listens for the event "error"
//   node peer.js call HOST:PORT ID FILE RECORD BYTES

import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import {
    AudioSocketConnection, AudioSocketServer, FrameParser, FrameType, encodeAudio, encodeFrame, encodeHangup,
} from 'asterisk-audiosocket';

// Bytes that repeat with a period that is not a power of two, so that lost or moved bytes are noticed.
const pattern = (size) => Buffer.alloc(size).map((_, i) => i % 251);

const fromHex = (text) => Buffer.from(text.replaceAll('-', ''), 'hex');

function encode(item) {
    const [kind, argument] = item.split(':');
    try {
        switch (kind) {
            case 'hangup': return encodeHangup().toString('hex');
            case 'id': return encodeFrame(FrameType.UUID, fromHex(argument)).toString('hex');
            case 'slin': return encodeAudio(pattern(Number(argument))).toString('hex');
        }
    } catch (refusal) {
        return `panic: ${refusal.message}`;
    }
    throw new Error(`there is no constructor for ${item}`);
}

function read(pieces) {
    const parser = new FrameParser();
    for (const piece of pieces) {
        parser.push(fromHex(piece));
        for (const frame of parser.drain()) console.log(`${frame.type} ${frame.payload.toString('hex')}`);
    }
}

async function serve(manner, port = '0', careful = '') {
    const [how, file] = manner.split(':');
    const sound = file ? readFileSync(file) : null;
    const server = new AudioSocketServer({ host: '127.0.0.1', port: Number(port) });
    server.on('connection', (call) => {
        let up = true;
        call.on('id', async (id) => {
            console.log(`call ${id}`);
            if (!sound) return;
            do await call.play(sound); while (how === 'loop' && up);
            call.hangup();
        });
        if (!sound) call.on('audio', (pcm) => call.play(pcm)); // as its README echoes
        call.on('hangup', () => {
            up = false;
            console.log(`ended ${call.uuid}`);
        });
        if (careful) call.on('error', (error) => console.log(`error ${error.message}`));
    });
    await server.listen();
    console.log(`listening ${server.address.host}:${server.address.port}`);
}

// The package has no caller, but its connection works on any socket.
function call(address, id, soundFile, recordFile, enough) {
    const [host, port] = address.split(':');
    const heard = [];
    let bytes = 0;
    const socket = net.connect(Number(port), host, () => {
        socket.setNoDelay(true);
        socket.write(encodeFrame(FrameType.UUID, fromHex(id)));
        const connection = new AudioSocketConnection(socket);
        connection.on('audio', (pcm) => {
            heard.push(pcm);
            bytes += pcm.length;
            if (bytes >= Number(enough)) connection.hangup();
        });
        connection.on('hangup', () => {
            writeFileSync(recordFile, Buffer.concat(heard));
            console.log(`heard ${bytes} bytes`);
        });
        connection.play(readFileSync(soundFile));
    });
}

const [verb, ...rest] = process.argv.slice(2);
switch (verb) {
    case 'encode': for (const item of rest) console.log(encode(item)); break;
    case 'read': read(rest); break;
    case 'serve': await serve(...rest); break;
    case 'call': call(...rest); break;
    default: throw new Error(`unknown verb ${verb}; peer.js has the list`);
}
