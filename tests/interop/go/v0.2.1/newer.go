package main

// What this version has beyond the first one.
var newerConstants = map[string]int{}
