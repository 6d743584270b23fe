package main

import "os"

// Takes the place of the example's constant ":8080", which may be taken. All else in the example stays as it is.
var listenAddr = os.Args[1]
