package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

type started = client.StartWorkflowOptions

func TestEverything(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	run := e.start(t, started{}, Everything, "World")
	must(t, e.SignalWorkflow(e.ctx, run.GetID(), "", "approve", "Ada"))
	equal(t, result[string](t, e, run), "Hello, World! Ada")

	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflow(Everything)
	must(t, replayer.ReplayWorkflowExecution(e.ctx, e.WorkflowService(), nil, "default", workflow.Execution{ID: run.GetID(), RunID: run.GetRunID()}))
}

func TestQueriesAndUpdates(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	run := e.start(t, started{}, Messages)
	update := func(id string, amount int) (int, error) {
		handle, err := e.UpdateWorkflow(e.ctx, client.UpdateWorkflowOptions{
			WorkflowID: run.GetID(), UpdateID: id, UpdateName: "add", Args: []any{amount}, WaitForStage: client.WorkflowUpdateStageAccepted,
		})
		if err != nil {
			return 0, err
		}
		var value int
		return value, handle.Get(e.ctx, &value)
	}
	for i := 1; i <= 3; i++ {
		_, err := update(fmt.Sprint("update-", i), 2)
		must(t, err)
	}
	_, err := update("update-3", 2)
	must(t, err)
	if _, err := update("refused", -1); err == nil || !strings.Contains(err.Error(), "must not be negative") {
		t.Fatalf("the validator did not refuse: %v", err)
	}
	value, err := e.QueryWorkflow(e.ctx, run.GetID(), "", "value")
	must(t, err)
	var got int
	must(t, value.Get(&got))
	equal(t, got, 6)
	must(t, e.SignalWorkflow(e.ctx, run.GetID(), "", "finish", nil))
	equal(t, result[int](t, e, run), 6)
	value, err = e.QueryWorkflow(e.ctx, run.GetID(), run.GetRunID(), "value")
	must(t, err)
	must(t, value.Get(&got))
	equal(t, got, 6)
	var failed *serviceerror.QueryFailed
	if _, err := e.QueryWorkflow(e.ctx, run.GetID(), "", "unknown"); !errors.As(err, &failed) {
		t.Fatalf("an unknown query gave %v", err)
	}
}

func TestUpdateWithStart(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	operation := e.NewWithStartWorkflowOperation(started{
		ID: unique("workflow"), TaskQueue: e.queue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, Messages)
	handle, err := e.UpdateWithStartWorkflow(e.ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: operation,
		UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: "add", Args: []any{5}, WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	must(t, err)
	var value int
	must(t, handle.Get(e.ctx, &value))
	equal(t, value, 5)
	run, err := operation.Get(e.ctx)
	must(t, err)
	must(t, e.TerminateWorkflow(e.ctx, run.GetID(), "", "done"))
}

func TestChildrenAndExternalSignals(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	equal(t, result[string](t, e, e.start(t, started{}, Parent, unique("child"))), "one two")
}

func TestContinueAsNew(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	equal(t, result[string](t, e, e.start(t, started{}, Countdown, 4)), "liftoff")
}

func TestCron(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	run := e.start(t, started{CronSchedule: "@every 1s"}, Cron)
	last := 0
	for last < 2 {
		must(t, e.ctx.Err())
		list, err := e.ListWorkflow(e.ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId = '%s' AND CloseTime IS NOT NULL", run.GetID()),
		})
		must(t, err)
		for _, execution := range list.Executions {
			last = max(last, resultOfRun(t, e, execution.Execution))
		}
		time.Sleep(50 * time.Millisecond)
	}
	must(t, e.TerminateWorkflow(e.ctx, run.GetID(), "", "done"))
}

// resultOfRun is the result of a run that another one follows: to those who ask for it, it looks as if it had continued
// as new.
func resultOfRun(t *testing.T, e env, of *common.WorkflowExecution) (value int) {
	events := e.GetWorkflowHistory(e.ctx, of.WorkflowId, of.RunId, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		must(t, err)
		if end := event.GetWorkflowExecutionCompletedEventAttributes(); end != nil {
			must(t, converter.GetDefaultDataConverter().FromPayloads(end.Result, &value))
		}
	}
	return value
}

func TestCancellationWithCleanUp(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	run := e.start(t, started{}, Cancellable)
	e.awaitStartedActivity(t, run)
	must(t, e.CancelWorkflow(e.ctx, run.GetID(), ""))
	equal(t, result[string](t, e, run), "Hello, clean-up!")
}

func TestVersionsAndAttributes(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	run := e.start(t, started{}, Versioned)
	equal(t, result[int](t, e, run), 2)
	description, err := e.DescribeWorkflowExecution(e.ctx, run.GetID(), run.GetRunID())
	must(t, err)
	if description.WorkflowExecutionInfo.SearchAttributes.GetIndexedFields()["TemporalChangeVersion"] == nil {
		t.Fatal("no TemporalChangeVersion")
	}

	_, err = e.OperatorService().AddSearchAttributes(e.ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: "default", SearchAttributes: map[string]enums.IndexedValueType{"GoConformanceColour": enums.INDEXED_VALUE_TYPE_KEYWORD},
	})
	must(t, err)
	run = e.start(t, started{Memo: map[string]any{"note": "first"}}, Attributes)
	must(t, run.Get(e.ctx, nil))
	count, err := e.CountWorkflow(e.ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Query: fmt.Sprintf("GoConformanceColour = 'green' AND WorkflowId = '%s'", run.GetID()),
	})
	must(t, err)
	equal(t, count.Count, int64(1))
}

func TestTimeoutsAndErrors(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	var timeout *temporal.TimeoutError
	if err := e.start(t, started{WorkflowExecutionTimeout: 200 * time.Millisecond}, Waits).Get(e.ctx, nil); !errors.As(err, &timeout) {
		t.Fatalf("want a timeout, got %v", err)
	}
	var application *temporal.ApplicationError
	if err := e.start(t, started{}, Failing).Get(e.ctx, nil); !errors.As(err, &application) {
		t.Fatalf("want an application error, got %v", err)
	}
	equal(t, application.Type(), "Surface")
	if cause := errors.Unwrap(application); cause == nil || cause.Error() != "root" {
		t.Fatalf("want the cause, got %v", cause)
	}
	var notFound *serviceerror.NotFound
	if err := e.SignalWorkflow(e.ctx, unique("unknown"), "", "any", nil); !errors.As(err, &notFound) {
		t.Fatalf("want not found, got %v", err)
	}
	first := e.start(t, started{}, Waits)
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	_, err := e.ExecuteWorkflow(e.ctx, started{ID: first.GetID(), TaskQueue: e.queue, WorkflowExecutionErrorWhenAlreadyStarted: true}, Waits)
	if !errors.As(err, &already) {
		t.Fatalf("want already started, got %v", err)
	}
	equal(t, already.RunId, first.GetRunID())
	must(t, e.TerminateWorkflow(e.ctx, first.GetID(), "", "done"))
}

func TestSessionsAndHeartbeats(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{EnableSessionWorker: true})
	equal(t, result[string](t, e, e.start(t, started{}, Sessions)), "Hello, session!")
	equal(t, result[int](t, e, e.start(t, started{}, Heartbeats)), 42)
}

func TestAsyncCompletion(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	run := e.start(t, started{}, CallsAsync)
	e.awaitStartedActivity(t, run)
	must(t, e.CompleteActivityByID(e.ctx, "default", run.GetID(), "", "elsewhere", "done", nil))
	equal(t, result[string](t, e, run), "done")
}

// userKey is the context key that the propagator carries.
type userKey struct{}

type propagator struct{}

func (propagator) Inject(ctx context.Context, w workflow.HeaderWriter) error {
	return inject(ctx.Value(userKey{}), w)
}

func (propagator) InjectFromWorkflow(ctx workflow.Context, w workflow.HeaderWriter) error {
	return inject(ctx.Value(userKey{}), w)
}

func inject(user any, w workflow.HeaderWriter) error {
	payload, err := converter.GetDefaultDataConverter().ToPayload(user)
	if err == nil {
		w.Set("user", payload)
	}
	return err
}

func extract(r workflow.HeaderReader) (user string) {
	if payload, ok := r.Get("user"); ok {
		_ = converter.GetDefaultDataConverter().FromPayload(payload, &user)
	}
	return user
}

func (propagator) Extract(ctx context.Context, r workflow.HeaderReader) (context.Context, error) {
	return context.WithValue(ctx, userKey{}, extract(r)), nil
}

func (propagator) ExtractToWorkflow(ctx workflow.Context, r workflow.HeaderReader) (workflow.Context, error) {
	return workflow.WithValue(ctx, userKey{}, extract(r)), nil
}

func TestHeadersAreCarried(t *testing.T) {
	c := dial(t, client.Options{ContextPropagators: []workflow.ContextPropagator{propagator{}}})
	queue := unique("queue")
	w := worker.New(c, queue, worker.Options{})
	w.RegisterActivity(SeesUser)
	asks := func(ctx workflow.Context) (user string, err error) {
		err = workflow.ExecuteActivity(withActivity(ctx), SeesUser).Get(ctx, &user)
		return user, err
	}
	w.RegisterWorkflowWithOptions(asks, workflow.RegisterOptions{Name: "asks"})
	must(t, w.Start())
	defer w.Stop()
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), userKey{}, "ada"), 20*time.Second)
	defer cancel()
	run, err := c.ExecuteWorkflow(ctx, started{ID: unique("workflow"), TaskQueue: queue}, "asks")
	must(t, err)
	var user string
	must(t, run.Get(ctx, &user))
	equal(t, user, "ada")
}

func TestDescribeTaskQueue(t *testing.T) {
	e := start(t, client.Options{}, worker.Options{})
	for {
		must(t, e.ctx.Err())
		description, err := e.DescribeTaskQueue(e.ctx, e.queue, enums.TASK_QUEUE_TYPE_WORKFLOW)
		must(t, err)
		if len(description.Pollers) > 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}
