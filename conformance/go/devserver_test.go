package conformance

import (
	"io"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// The SDK starts our binary by its path in the place of the development server that it would download.
func TestDevServerByPath(t *testing.T) {
	binary := os.Getenv("MAINSPRING")
	if binary == "" {
		t.Skip("MAINSPRING names the server's binary")
	}
	server, err := testsuite.StartDevServer(t.Context(), testsuite.DevServerOptions{
		ExistingPath:  binary,
		ClientOptions: &client.Options{Namespace: unique("namespace")},
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	must(t, err)
	t.Cleanup(func() { must(t, server.Stop()) })

	queue := unique("queue")
	w := worker.New(server.Client(), queue, worker.Options{})
	register(w)
	must(t, w.Start())
	t.Cleanup(w.Stop)
	options := started{ID: unique("workflow"), TaskQueue: queue, WorkflowExecutionTimeout: time.Minute}
	run, err := server.Client().ExecuteWorkflow(t.Context(), options, Countdown, 3)
	must(t, err)
	var word string
	must(t, run.Get(t.Context(), &word))
	equal(t, word, "liftoff")
}
