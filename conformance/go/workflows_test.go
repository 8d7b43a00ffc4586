package conformance

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

func register(w worker.Worker) {
	for _, wf := range []any{Everything, Messages, Parent, Child, Countdown, Cron, Cancellable, Versioned, Attributes, Waits, Failing, Sessions, CallsAsync, Heartbeats} {
		w.RegisterWorkflow(wf)
	}
	for _, a := range []any{Greet, Flaky, LocalSum, BeatUntilCancelled, CompletesElsewhere, Resumes, Fails, SeesUser} {
		w.RegisterActivity(a)
	}
}

func withActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 10 * time.Millisecond},
	})
}

func Greet(_ context.Context, name string) (string, error) { return "Hello, " + name + "!", nil }

func Flaky(ctx context.Context) (int32, error) {
	if attempt := activity.GetInfo(ctx).Attempt; attempt >= 3 {
		return attempt, nil
	}
	return 0, errors.New("again")
}

func LocalSum(_ context.Context, a, b int) (int, error) { return a + b, nil }

func BeatUntilCancelled(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
			activity.RecordHeartbeat(ctx)
		}
	}
}

func CompletesElsewhere(ctx context.Context) (string, error) { return "", activity.ErrResultPending }

func Resumes(ctx context.Context) (int, error) {
	if activity.GetInfo(ctx).Attempt == 1 {
		activity.RecordHeartbeat(ctx, 21)
		return 0, errors.New("again")
	}
	var progress int
	err := activity.GetHeartbeatDetails(ctx, &progress)
	return progress * 2, err
}

func Fails(context.Context) error {
	return temporal.NewNonRetryableApplicationError("surface", "Surface", errors.New("root"), 7)
}

func SeesUser(ctx context.Context) (string, error) {
	user, _ := ctx.Value(userKey{}).(string)
	return user, nil
}

// Everything awaits activities, a local activity, a timer, a side effect and a signal.
func Everything(ctx workflow.Context, name string) (string, error) {
	ctx = withActivity(ctx)
	var greeting string
	if err := workflow.ExecuteActivity(ctx, Greet, name).Get(ctx, &greeting); err != nil {
		return "", err
	}
	var attempt int
	if err := workflow.ExecuteActivity(ctx, Flaky).Get(ctx, &attempt); err != nil {
		return "", err
	}
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Second})
	var sum int
	if err := workflow.ExecuteLocalActivity(local, LocalSum, attempt, 4).Get(ctx, &sum); err != nil {
		return "", err
	}
	if sum != 7 {
		return "", errors.New("wrong sum")
	}
	var chosen int
	if err := workflow.SideEffect(ctx, func(workflow.Context) any { return 9 }).Get(&chosen); err != nil {
		return "", err
	}
	if err := workflow.Sleep(ctx, 20*time.Millisecond); err != nil {
		return "", err
	}
	var by string
	workflow.GetSignalChannel(ctx, "approve").Receive(ctx, &by)
	return greeting + " " + by, nil
}

// Messages answers queries and updates until it is told to finish.
func Messages(ctx workflow.Context) (int, error) {
	value := 0
	if err := workflow.SetQueryHandler(ctx, "value", func() (int, error) { return value, nil }); err != nil {
		return 0, err
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, "add", func(ctx workflow.Context, amount int) (int, error) {
		if err := workflow.Sleep(ctx, 10*time.Millisecond); err != nil {
			return 0, err
		}
		value += amount
		return value, nil
	}, workflow.UpdateHandlerOptions{Validator: func(amount int) error {
		if amount < 0 {
			return errors.New("must not be negative")
		}
		return nil
	}})
	if err != nil {
		return 0, err
	}
	workflow.GetSignalChannel(ctx, "finish").Receive(ctx, nil)
	return value, nil
}

func Parent(ctx workflow.Context, childID string) (string, error) {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: childID})
	child := workflow.ExecuteChildWorkflow(ctx, Child)
	if err := child.SignalChildWorkflow(ctx, "word", "one").Get(ctx, nil); err != nil {
		return "", err
	}
	if err := workflow.SignalExternalWorkflow(ctx, childID, "", "word", "two").Get(ctx, nil); err != nil {
		return "", err
	}
	var words string
	err := child.Get(ctx, &words)
	return words, err
}

func Child(ctx workflow.Context) (string, error) {
	words := workflow.GetSignalChannel(ctx, "word")
	var one, two string
	words.Receive(ctx, &one)
	words.Receive(ctx, &two)
	return one + " " + two, nil
}

func Countdown(ctx workflow.Context, left int) (string, error) {
	if left > 0 {
		return "", workflow.NewContinueAsNewError(ctx, Countdown, left-1)
	}
	return "liftoff", nil
}

func Cron(ctx workflow.Context) (int, error) {
	last := 0
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return 0, err
		}
	}
	return last + 1, nil
}

// Cancellable cleans up in a disconnected context after its activity was cancelled.
func Cancellable(ctx workflow.Context) (string, error) {
	options := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 10 * time.Second, HeartbeatTimeout: time.Second, WaitForCancellation: true,
	})
	err := workflow.ExecuteActivity(options, BeatUntilCancelled).Get(ctx, nil)
	if !temporal.IsCanceledError(err) {
		return "", errors.New("not cancelled")
	}
	detached, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	var greeting string
	if err := workflow.ExecuteActivity(withActivity(detached), Greet, "clean-up").Get(detached, &greeting); err != nil {
		return "", err
	}
	return greeting, nil
}

func Versioned(ctx workflow.Context) (int, error) {
	version := workflow.GetVersion(ctx, "a-change", workflow.DefaultVersion, 2)
	return int(version), workflow.Sleep(ctx, 5*time.Millisecond)
}

func Attributes(ctx workflow.Context) error {
	key := temporal.NewSearchAttributeKeyKeyword("GoConformanceColour")
	if err := workflow.UpsertTypedSearchAttributes(ctx, key.ValueSet("green")); err != nil {
		return err
	}
	return workflow.UpsertMemo(ctx, map[string]any{"note": "changed"})
}

func Waits(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }

func Failing(ctx workflow.Context) error {
	return workflow.ExecuteActivity(withActivity(ctx), Fails).Get(ctx, nil)
}

func Sessions(ctx workflow.Context) (string, error) {
	ctx, err := workflow.CreateSession(withActivity(ctx), &workflow.SessionOptions{CreationTimeout: 5 * time.Second, ExecutionTimeout: 20 * time.Second})
	if err != nil {
		return "", err
	}
	defer workflow.CompleteSession(ctx)
	var greeting string
	err = workflow.ExecuteActivity(ctx, Greet, "session").Get(ctx, &greeting)
	return greeting, err
}

func CallsAsync(ctx workflow.Context) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 20 * time.Second, ActivityID: "elsewhere"})
	var out string
	err := workflow.ExecuteActivity(ctx, CompletesElsewhere).Get(ctx, &out)
	return out, err
}

func Heartbeats(ctx workflow.Context) (int, error) {
	var out int
	err := workflow.ExecuteActivity(withActivity(ctx), Resumes).Get(ctx, &out)
	return out, err
}
