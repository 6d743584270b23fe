package main

import "os"

// Replaces the example's constant ":8080", because that port may be in use. The rest of the example is unchanged.
var listenAddr = os.Args[1]
