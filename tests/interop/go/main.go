// The reference library as a peer: everything that a Go application does with it, by verb.
//
//	peer encode ITEM...                  what the constructors make, a line of hex each; items: hangup, id:HEX, slin:BYTES
//	peer constants                       NAME VALUE, a line each
//	peer read HEX...                     what the accessors say of each message
//	peer serve echo|play:FILE|loop:FILE [ADDRESS]
//	                                     a server; "listening HOST:PORT" when it is ready, a line for each event
//	peer call ADDRESS ID FILE RECORD BYTES
//	                                     a caller: plays FILE, records until BYTES have been heard, hangs up
//
// One source for all versions of the library; newer.go beside go.mod has what only newer ones know.
package main

import (
	"encoding/hex"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/CyCoreSystems/audiosocket"
)

func main() {
	log.SetFlags(0)
	arguments := os.Args[1:]
	switch {
	case len(arguments) > 1 && arguments[0] == "encode":
		for _, item := range arguments[1:] {
			fmt.Println(encode(item))
		}
	case len(arguments) == 1 && arguments[0] == "constants":
		printConstants()
	case len(arguments) > 1 && arguments[0] == "read":
		for _, message := range arguments[1:] {
			fmt.Println(describe(mustDecode(message)))
		}
	case len(arguments) >= 2 && arguments[0] == "serve":
		address := "127.0.0.1:0"
		if len(arguments) > 2 {
			address = arguments[2]
		}
		serve(arguments[1], address)
	case len(arguments) == 6 && arguments[0] == "call":
		call(arguments[1], mustDecode(arguments[2]), arguments[3], arguments[4], mustNumber(arguments[5]))
	default:
		log.Fatalln("peer: unknown command line; main.go has the list")
	}
}

// Bytes that repeat with a period that is not a power of two, so that lost or moved bytes are noticed.
func pattern(size int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[i] = byte(i % 251)
	}
	return out
}

// encode makes a message. If the library refuses by panicking, the answer says so.
func encode(item string) (answer string) {
	defer func() {
		if refusal := recover(); refusal != nil {
			answer = fmt.Sprint("panic: ", refusal)
		}
	}()
	kind, argument, _ := strings.Cut(item, ":")
	switch kind {
	case "hangup":
		return hex.EncodeToString(audiosocket.HangupMessage())
	case "id":
		return hex.EncodeToString(audiosocket.IDMessage(toID(mustDecode(argument))))
	case "slin":
		return hex.EncodeToString(audiosocket.SlinMessage(pattern(mustNumber(argument))))
	}
	log.Fatalln("peer: there is no constructor for", item)
	return ""
}

// toID: each version of the library has another UUID package, but both are 16 bytes.
func toID(bytes []byte) (id [16]byte) {
	copy(id[:], bytes)
	return id
}

func printConstants() {
	values := map[string]int{
		"KindHangup":            audiosocket.KindHangup,
		"KindID":                audiosocket.KindID,
		"KindSilence":           audiosocket.KindSilence,
		"KindSlin":              audiosocket.KindSlin,
		"KindError":             audiosocket.KindError,
		"ErrNone":               audiosocket.ErrNone,
		"ErrAstHangup":          audiosocket.ErrAstHangup,
		"ErrAstFrameForwarding": audiosocket.ErrAstFrameForwarding,
		"ErrAstMemory":          audiosocket.ErrAstMemory,
		"ErrUnknown":            audiosocket.ErrUnknown,
		"DefaultSlinChunkSize":  audiosocket.DefaultSlinChunkSize,
	}
	for name, value := range newerConstants {
		values[name] = value
	}
	for name, value := range values {
		fmt.Println(name, value)
	}
}

func describe(data []byte) string {
	m := audiosocket.MessageFromData(data)
	id := "refused"
	if got, err := m.ID(); err == nil {
		id = hex.EncodeToString(got[:])
	}
	return fmt.Sprintf("kind=%d length=%d payload=%x error=%d id=%s", m.Kind(), m.ContentLength(), m.Payload(),
		m.ErrorCode(), id)
}

func mustDecode(text string) []byte {
	out, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil {
		log.Fatalln("peer:", text, err)
	}
	return out
}

func mustNumber(text string) int {
	out, err := strconv.Atoi(text)
	if err != nil {
		log.Fatalln("peer:", err)
	}
	return out
}
