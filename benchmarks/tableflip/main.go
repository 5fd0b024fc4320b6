// A server on net/http and tableflip that says who answers. SIGHUP upgrades it.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/cloudflare/tableflip"
)

func main() {
	address := flag.String("listen", "127.0.0.1:8080", "where to listen")
	pidFile := flag.String("pid-file", "", "names the process that serves")
	flag.Parse()

	upgrader, err := tableflip.New(tableflip.Options{PIDFile: *pidFile})
	if err != nil {
		log.Fatal(err)
	}
	defer upgrader.Stop()
	go func() {
		hangUps := make(chan os.Signal, 1)
		signal.Notify(hangUps, syscall.SIGHUP)
		for range hangUps {
			if err := upgrader.Upgrade(); err != nil {
				log.Println("upgrade failed:", err)
			}
		}
	}()

	listener, err := upgrader.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	pid := strconv.Itoa(os.Getpid())
	body := []byte(fmt.Sprintf(`{"pid":%s,"version":"tableflip"}`, pid))
	server := &http.Server{Handler: http.HandlerFunc(func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "application/json")
		response.Header().Set("X-Pid", pid)
		response.Write(body)
	})}
	go server.Serve(listener)
	if err := upgrader.Ready(); err != nil {
		log.Fatal(err)
	}
	<-upgrader.Exit()
	server.Shutdown(context.Background())
}
