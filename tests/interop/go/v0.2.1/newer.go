package main

// Additions of this version to the first one.
var newerConstants = map[string]int{}
