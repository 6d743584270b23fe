package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/CyCoreSystems/audiosocket"
)

func serve(manner, address string) {
	how, file, _ := strings.Cut(manner, ":")
	var sound []byte
	switch how {
	case "echo":
	case "play", "loop":
		sound = mustRead(file)
	default:
		log.Fatalln("peer: cannot serve", manner)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatalln("peer:", err)
	}
	fmt.Println("listening", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatalln("peer:", err)
		}
		go answer(conn, sound, how == "loop")
	}
}

// answer handles a call: plays the sound, if any, once or repeatedly, and hangs up; otherwise it sends back what it hears.
func answer(conn net.Conn, sound []byte, loop bool) {
	defer conn.Close()
	id, err := audiosocket.GetID(conn)
	if err != nil {
		fmt.Println("refused:", err)
		return
	}
	fmt.Println("call", id)
	if sound == nil {
		fmt.Println("ended", id, hear(conn, conn))
		return
	}
	var hearing sync.WaitGroup
	hearing.Add(1)
	go func() { // Asterisk ends a call whose audio is not taken
		defer hearing.Done()
		fmt.Println("ended", id, hear(conn, nil))
	}()
	err = audiosocket.SendSlinChunks(conn, audiosocket.DefaultSlinChunkSize, sound)
	for loop && err == nil {
		err = audiosocket.SendSlinChunks(conn, audiosocket.DefaultSlinChunkSize, sound)
	}
	if err != nil {
		fmt.Println("cut off:", err)
	} else {
		conn.Write(audiosocket.HangupMessage())
	}
	hearing.Wait()
}

// hear reads until the end of the call and reports what is not audio. Returns why it ended. Audio goes to echo.
func hear(conn net.Conn, echo net.Conn) string {
	for {
		m, err := audiosocket.NextMessage(conn)
		if err != nil {
			return fmt.Sprint("failed: ", err)
		}
		switch m.Kind() {
		case audiosocket.KindHangup:
			return "hung up"
		case audiosocket.KindSlin:
			if echo != nil {
				echo.Write(m)
			}
		default: // v0.2.1 has no name for DTMF; the message arrives all the same
			fmt.Printf("kind %d %q\n", m.Kind(), m.Payload())
		}
	}
}

// call is the other side: it plays and listens at the same time, hangs up when it has heard enough, and reads to the
// end.
func call(address string, id []byte, soundFile, recordFile string, enough int) {
	sound := mustRead(soundFile)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatalln("peer:", err)
	}
	defer conn.Close()
	mustWrite(conn, audiosocket.IDMessage(toID(id)))

	heardEnough := make(chan struct{})
	ended := make(chan string)
	var heard []byte
	go func() {
		for {
			m, err := audiosocket.NextMessage(conn)
			if err != nil {
				ended <- fmt.Sprint("failed: ", err)
				return
			}
			if m.Kind() == audiosocket.KindHangup {
				ended <- "hung up"
				return
			}
			if len(heard) < enough && len(heard)+len(m.Payload()) >= enough {
				close(heardEnough)
			}
			heard = append(heard, m.Payload()...)
		}
	}()
	if err := audiosocket.SendSlinChunks(conn, audiosocket.DefaultSlinChunkSize, sound); err != nil {
		log.Fatalln("peer:", err)
	}
	how := ""
	select {
	case <-heardEnough:
		mustWrite(conn, audiosocket.HangupMessage())
		how = <-ended
	case how = <-ended:
		how += " before we did"
	}
	if err := os.WriteFile(recordFile, heard, 0o644); err != nil {
		log.Fatalln("peer:", err)
	}
	fmt.Println("heard", len(heard), "bytes; the server", how)
}

func mustRead(file string) []byte {
	out, err := os.ReadFile(file)
	if err != nil {
		log.Fatalln("peer:", err)
	}
	return out
}

func mustWrite(conn net.Conn, m audiosocket.Message) {
	if _, err := conn.Write(m); err != nil {
		log.Fatalln("peer:", err)
	}
}
