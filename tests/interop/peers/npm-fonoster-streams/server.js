// The server of the package's documentation, as an echo. Arguments: PORT.
const { AudioSocket } = require('@fonoster/streams');

const port = Number(process.argv[2]);
const server = new AudioSocket();
server.onConnection((request, call) => {
    console.log(`call ${request.ref}`);
    call.onData((pcm) => call.write(pcm));
    call.onError((error) => console.log(`error ${error.message}`));
    call.onClose(() => console.log(`ended ${request.ref}`)); // the socket closes by itself, and hangup() ends up here
});
server.listen(port, '127.0.0.1', () => console.log(`listening 127.0.0.1:${port}`));
