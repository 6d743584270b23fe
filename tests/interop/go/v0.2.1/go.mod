module peer

go 1.19

require github.com/CyCoreSystems/audiosocket v0.2.1

require (
	github.com/gofrs/uuid v3.2.0+incompatible // indirect
	github.com/pkg/errors v0.8.1 // indirect
)
