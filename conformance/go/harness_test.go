// Package conformance drives the server under test with the official Go SDK.
package conformance

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
)

func dial(t *testing.T, options client.Options) client.Client {
	t.Helper()
	options.HostPort = os.Getenv("TEMPORAL_ADDRESS")
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	c, err := client.Dial(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// unique is an id that no other run has used.
func unique(prefix string) string { return fmt.Sprintf("%s-%d", prefix, time.Now().UnixNano()) }

// env is a client, a started worker and its queue.
type env struct {
	client.Client
	queue string
	ctx   context.Context
}

func start(t *testing.T, options client.Options, workerOptions worker.Options) env {
	t.Helper()
	c := dial(t, options)
	queue := unique("queue")
	w := worker.New(c, queue, workerOptions)
	register(w)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return env{c, queue, ctx}
}

func (e env) start(t *testing.T, options client.StartWorkflowOptions, workflow any, args ...any) client.WorkflowRun {
	t.Helper()
	if options.ID == "" {
		options.ID = unique("workflow")
	}
	options.TaskQueue = e.queue
	run, err := e.ExecuteWorkflow(e.ctx, options, workflow, args...)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// awaitStartedActivity waits until a worker has started an activity of the run.
func (e env) awaitStartedActivity(t *testing.T, run client.WorkflowRun) {
	t.Helper()
	for {
		description, err := e.DescribeWorkflowExecution(e.ctx, run.GetID(), run.GetRunID())
		must(t, err)
		if pending := description.PendingActivities; len(pending) > 0 && pending[0].LastStartedTime != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// result waits for a run and fails the test if it does not succeed.
func result[T any](t *testing.T, e env, run client.WorkflowRun) T {
	t.Helper()
	var value T
	if err := run.Get(e.ctx, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
