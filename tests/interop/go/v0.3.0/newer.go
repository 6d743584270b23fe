package main

import "github.com/CyCoreSystems/audiosocket"

// What this version has beyond v0.2.1.
var newerConstants = map[string]int{"KindDTMF": audiosocket.KindDTMF}
