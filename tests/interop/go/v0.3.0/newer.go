package main

import "github.com/CyCoreSystems/audiosocket"

// Additions of this version to v0.2.1.
var newerConstants = map[string]int{"KindDTMF": audiosocket.KindDTMF}
