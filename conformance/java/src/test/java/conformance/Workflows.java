package conformance;

import io.temporal.activity.Activity;
import io.temporal.activity.ActivityExecutionContext;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityCancellationType;
import io.temporal.activity.ActivityOptions;
import io.temporal.activity.LocalActivityOptions;
import io.temporal.client.ActivityCompletionException;
import io.temporal.common.RetryOptions;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.ActivityFailure;
import io.temporal.workflow.Async;
import io.temporal.workflow.CancellationScope;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.Promise;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.UpdateValidatorMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The workflows and activities that the tests run. */
final class Workflows {
  private Workflows() {}

  @ActivityInterface
  public interface Activities {
    String greet(String name);

    int flaky();

    void beatUntilCancelled();

    String completesElsewhere();

    int resumes();

    void fails();
  }

  public static final class ActivitiesImpl implements Activities {
    @Override
    public String greet(String name) {
      return "Hello, " + name + "!";
    }

    @Override
    public int flaky() {
      int attempt = Activity.getExecutionContext().getInfo().getAttempt();
      if (attempt < 3) {
        throw new IllegalStateException("again");
      }
      return attempt;
    }

    @Override
    public void beatUntilCancelled() {
      ActivityExecutionContext context = Activity.getExecutionContext();
      while (true) {
        try {
          context.heartbeat(null);
          Thread.sleep(20);
        } catch (ActivityCompletionException e) {
          throw e;
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public String completesElsewhere() {
      Activity.getExecutionContext().doNotCompleteOnReturn();
      return "";
    }

    @Override
    public int resumes() {
      ActivityExecutionContext context = Activity.getExecutionContext();
      if (context.getInfo().getAttempt() > 1) {
        return context.getHeartbeatDetails(Integer.class).orElse(0) * 2;
      }
      context.heartbeat(21);
      throw new IllegalStateException("again");
    }

    @Override
    public void fails() {
      throw ApplicationFailure.newNonRetryableFailureWithCause("surface", "Surface", new IllegalStateException("root"), 7);
    }
  }

  private static final RetryOptions FAST =
      RetryOptions.newBuilder().setInitialInterval(Duration.ofMillis(10)).build();

  private static Activities activities() {
    return Workflow.newActivityStub(
        Activities.class,
        ActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofSeconds(20)).setRetryOptions(FAST).build());
  }

  @WorkflowInterface
  public interface Everything {
    @WorkflowMethod
    String run(String name);

    @SignalMethod
    void approve(String by);
  }

  public static final class EverythingImpl implements Everything {
    private String by;

    @Override
    public String run(String name) {
      Activities local =
          Workflow.newLocalActivityStub(
              Activities.class,
              LocalActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofSeconds(5)).build());
      Promise<String> greeting = Async.function(activities()::greet, name);
      int attempt = activities().flaky();
      String again = local.greet("local");
      int effect = Workflow.sideEffect(Integer.class, () -> 9);
      Workflow.sleep(Duration.ofMillis(20));
      Workflow.await(() -> by != null);
      return greeting.get() + " " + attempt + " " + again + " " + effect + " " + by;
    }

    @Override
    public void approve(String by) {
      this.by = by;
    }
  }

  @WorkflowInterface
  public interface Messages {
    @WorkflowMethod
    int run();

    @SignalMethod
    void finish();

    @QueryMethod
    int value();

    @UpdateMethod
    int add(int amount);

    @UpdateValidatorMethod(updateName = "add")
    void check(int amount);
  }

  public static final class MessagesImpl implements Messages {
    private int total;
    private boolean done;

    @Override
    public int run() {
      Workflow.await(() -> done);
      return total;
    }

    @Override
    public void finish() {
      done = true;
    }

    @Override
    public int value() {
      return total;
    }

    @Override
    public int add(int amount) {
      Workflow.sleep(Duration.ofMillis(5));
      total += amount;
      return total;
    }

    @Override
    public void check(int amount) {
      if (amount < 0) {
        throw new IllegalArgumentException("must not be negative");
      }
    }
  }

  @WorkflowInterface
  public interface Child {
    @WorkflowMethod
    String words();

    @SignalMethod
    void word(String text);
  }

  public static final class ChildImpl implements Child {
    private final List<String> words = new ArrayList<>();

    @Override
    public String words() {
      Workflow.await(() -> words.size() == 2);
      return String.join(" ", words);
    }

    @Override
    public void word(String text) {
      words.add(text);
    }
  }

  @WorkflowInterface
  public interface Parent {
    @WorkflowMethod
    String parent(String childId);
  }

  public static final class ParentImpl implements Parent {
    @Override
    public String parent(String childId) {
      Child child =
          Workflow.newChildWorkflowStub(Child.class, ChildWorkflowOptions.newBuilder().setWorkflowId(childId).build());
      Promise<String> words = Async.function(child::words);
      Workflow.getWorkflowExecution(child).get();
      child.word("one");
      Workflow.newExternalWorkflowStub(Child.class, childId).word("two");
      return words.get();
    }
  }

  @WorkflowInterface
  public interface Countdown {
    @WorkflowMethod
    String countdown(int left);
  }

  public static final class CountdownImpl implements Countdown {
    @Override
    public String countdown(int left) {
      if (left > 0) {
        Workflow.newContinueAsNewStub(Countdown.class).countdown(left - 1);
      }
      return "liftoff";
    }
  }

  @WorkflowInterface
  public interface Cancellable {
    @WorkflowMethod
    String cancellable();
  }

  public static final class CancellableImpl implements Cancellable {
    @Override
    public String cancellable() {
      Activities beating =
          Workflow.newActivityStub(
              Activities.class,
              ActivityOptions.newBuilder()
                  .setStartToCloseTimeout(Duration.ofSeconds(20))
                  .setHeartbeatTimeout(Duration.ofSeconds(2))
                  .setCancellationType(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED)
                  .build());
      try {
        beating.beatUntilCancelled();
        return "completed";
      } catch (ActivityFailure e) {
        if (!(e.getCause() instanceof CanceledFailure)) {
          throw e;
        }
      }
      String[] greeting = new String[1];
      CancellationScope detached =
          Workflow.newDetachedCancellationScope(() -> greeting[0] = activities().greet("clean-up"));
      detached.run();
      return greeting[0];
    }
  }

  @WorkflowInterface
  public interface Versioned {
    @WorkflowMethod
    int versioned();
  }

  public static final class VersionedImpl implements Versioned {
    @Override
    public int versioned() {
      int version = Workflow.getVersion("a-change", Workflow.DEFAULT_VERSION, 2);
      Workflow.sleep(Duration.ofMillis(5));
      return version;
    }
  }

  @WorkflowInterface
  public interface Failing {
    @WorkflowMethod
    void failing();
  }

  public static final class FailingImpl implements Failing {
    @Override
    public void failing() {
      activities().fails();
    }
  }

  @WorkflowInterface
  public interface Waits {
    @WorkflowMethod
    void waits();
  }

  public static final class WaitsImpl implements Waits {
    @Override
    public void waits() {
      Workflow.sleep(Duration.ofHours(1));
    }
  }

  @WorkflowInterface
  public interface CallsAsync {
    @WorkflowMethod
    String callsAsync();
  }

  public static final class CallsAsyncImpl implements CallsAsync {
    @Override
    public String callsAsync() {
      return activities().completesElsewhere();
    }
  }

  @WorkflowInterface
  public interface Heartbeats {
    @WorkflowMethod
    int heartbeats();
  }

  public static final class HeartbeatsImpl implements Heartbeats {
    @Override
    public int heartbeats() {
      return activities().resumes();
    }
  }
}
