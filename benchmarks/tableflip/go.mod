module tableflip-benchmark

go 1.21

require github.com/cloudflare/tableflip v1.2.3
