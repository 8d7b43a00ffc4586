package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import io.temporal.activity.Activity;
import io.temporal.activity.ActivityInterface;
import io.temporal.activity.ActivityOptions;
import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowExecutionStatus;
import io.temporal.api.testservice.v1.SleepRequest;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsRequest;
import io.temporal.api.workflowservice.v1.ListWorkflowExecutionsResponse;
import io.temporal.api.workflowservice.v1.ResetWorkflowExecutionRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateHandle;
import io.temporal.client.WorkflowUpdateStage;
import io.temporal.common.RetryOptions;
import io.temporal.serviceclient.TestServiceStubs;
import io.temporal.serviceclient.TestServiceStubsOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.testing.TimeLocking;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.QueryMethod;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** What the SDK's test environment does with its time-skipping server, done with our binary in that server's place. */
@EnabledIfEnvironmentVariable(named = "MAINSPRING", matches = ".+", disabledReason = "it names the server's binary")
class TimeSkippingTest {
  private static final String QUEUE = "queue-" + UUID.randomUUID();
  private static Process server;
  private static TestServiceStubs time;
  private static WorkflowServiceStubs service;
  private static WorkflowClient client;
  private static WorkerFactory factory;

  @WorkflowInterface
  public interface LongNap {
    /** Sleeps, and tells for how many seconds. */
    @WorkflowMethod
    long nap(int days);
  }

  public static final class LongNapImpl implements LongNap {
    @Override
    public long nap(int days) {
      long before = Workflow.currentTimeMillis();
      Workflow.sleep(Duration.ofDays(days));
      return (Workflow.currentTimeMillis() - before) / 1000;
    }
  }

  @ActivityInterface
  public interface Attempts {
    int succeedAtLast();
  }

  public static final class AttemptsImpl implements Attempts {
    @Override
    public int succeedAtLast() {
      int attempt = Activity.getExecutionContext().getInfo().getAttempt();
      if (attempt < 8) {
        throw new IllegalStateException("not yet");
      }
      return attempt;
    }
  }

  @WorkflowInterface
  public interface Stubborn {
    /** Calls an activity until it succeeds, and tells after how many seconds that was. */
    @WorkflowMethod
    long insist();
  }

  public static final class StubbornImpl implements Stubborn {
    private final Attempts attempts =
        Workflow.newActivityStub(
            Attempts.class,
            ActivityOptions.newBuilder()
                .setStartToCloseTimeout(Duration.ofMinutes(1))
                .setRetryOptions(
                    RetryOptions.newBuilder().setInitialInterval(Duration.ofDays(1)).setBackoffCoefficient(1).build())
                .build());

    @Override
    public long insist() {
      long before = Workflow.currentTimeMillis();
      if (attempts.succeedAtLast() != 8) {
        throw new IllegalStateException("it succeeds at the eighth attempt");
      }
      return (Workflow.currentTimeMillis() - before) / 1000;
    }
  }

  @WorkflowInterface
  public interface Patient {
    @WorkflowMethod
    String await();

    @SignalMethod
    void arrive(String name);

    @QueryMethod
    String who();

    /** Answers after a day. */
    @UpdateMethod
    String greet(String name);
  }

  public static final class PatientImpl implements Patient {
    private String name = "";

    @Override
    public String await() {
      boolean came = Workflow.await(Duration.ofDays(15), () -> !name.isEmpty());
      return came ? name + " came" : "nobody came";
    }

    @Override
    public void arrive(String name) {
      this.name = name;
    }

    @Override
    public String who() {
      return name;
    }

    @Override
    public String greet(String name) {
      Workflow.sleep(Duration.ofDays(1));
      return "Hello, " + name + "!";
    }
  }

  @BeforeAll
  static void start() throws IOException {
    int port = freePort();
    server =
        new ProcessBuilder(System.getenv("MAINSPRING"), Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    String address = "127.0.0.1:" + port;
    time =
        TestServiceStubs.newServiceStubs(
            TestServiceStubsOptions.newBuilder().setTarget(address).validateAndBuildWithDefaults());
    service =
        WorkflowServiceStubs.newConnectedServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(address).build(), Duration.ofSeconds(30));
    client =
        WorkflowClient.newInstance(
            service, WorkflowClientOptions.newBuilder().setInterceptors(TimeLocking.by(time)).build());
    factory = WorkerFactory.newInstance(client);
    Worker worker = factory.newWorker(QUEUE);
    worker.registerWorkflowImplementationTypes(LongNapImpl.class, StubbornImpl.class, PatientImpl.class);
    worker.registerActivitiesImplementations(new AttemptsImpl());
    factory.start();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    try {
      factory.shutdownNow();
      factory.awaitTermination(5, TimeUnit.SECONDS);
      service.shutdownNow();
      time.shutdownNow();
    } finally {
      server.destroy();
      server.waitFor();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static <T> T stub(Class<T> type) {
    WorkflowOptions.Builder options = WorkflowOptions.newBuilder().setTaskQueue(QUEUE);
    return client.newWorkflowStub(type, options.setWorkflowId("workflow-" + UUID.randomUUID()).build());
  }

  private static Instant now() {
    Timestamp now = time.blockingStub().getCurrentTime(Empty.getDefaultInstance()).getTime();
    return Instant.ofEpochSecond(now.getSeconds(), now.getNanos());
  }

  private static void sleep(Duration duration) {
    SleepRequest request =
        SleepRequest.newBuilder().setDuration(Durations.fromSeconds(duration.toSeconds())).build();
    time.blockingStub().unlockTimeSkippingWithSleep(request);
  }

  private static void assertDays(int days, long seconds) {
    long day = Duration.ofDays(1).toSeconds();
    assertTrue(days * day <= seconds && seconds < (days + 1) * day, days + " days: " + seconds + " s");
  }

  @Test
  void aTimerOfThirtyDays() {
    Instant before = now();
    assertDays(30, stub(LongNap.class).nap(30));
    assertDays(30, Duration.between(before, now()).toSeconds());
  }

  @Test
  void aWeekOfRetries() {
    assertDays(7, stub(Stubborn.class).insist());
  }

  @Test
  void aSignalAfterTenDays() {
    Patient patient = stub(Patient.class);
    WorkflowClient.start(patient::await);
    sleep(Duration.ofDays(10));
    assertEquals("", patient.who());
    patient.arrive("Ada");
    assertEquals("Ada came", WorkflowStub.fromTyped(patient).getResult(String.class));
  }

  @Test
  void noSignalInFifteenDays() {
    Instant before = now();
    assertEquals("nobody came", stub(Patient.class).await());
    assertDays(15, Duration.between(before, now()).toSeconds());
  }

  @Test
  void anUpdateThatTakesADay() {
    Patient patient = stub(Patient.class);
    WorkflowClient.start(patient::await);
    Instant before = now();
    WorkflowUpdateHandle<String> greeting =
        WorkflowStub.fromTyped(patient).startUpdate("greet", WorkflowUpdateStage.ACCEPTED, String.class, "Ada");
    sleep(Duration.ofDays(2));
    assertEquals("Hello, Ada!", greeting.getResultAsync().join());
    assertDays(2, Duration.between(before, now()).toSeconds());
    patient.arrive("Eve");
    assertEquals("Eve came", WorkflowStub.fromTyped(patient).getResult(String.class));
  }

  @Test
  void listsAndResets() {
    LongNap workflow = stub(LongNap.class);
    WorkflowExecution first = WorkflowClient.start(workflow::nap, 3);
    assertEquals(1, listed(first, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING));
    assertDays(3, WorkflowStub.fromTyped(workflow).getResult(Long.class));
    assertEquals(0, listed(first, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING));

    Instant before = now();
    String again = resetToTheStart(first);
    assertNotEquals(first.getRunId(), again);
    WorkflowStub reset = client.newUntypedWorkflowStub(first.getWorkflowId(), Optional.of(again), Optional.empty());
    reset.getResult(Long.class);
    assertDays(3, Duration.between(before, now()).toSeconds());
    assertEquals(2, listed(first, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED));
  }

  /** How many runs of this workflow a list has. */
  private static int listed(WorkflowExecution execution, WorkflowExecutionStatus status) {
    ListWorkflowExecutionsRequest request =
        ListWorkflowExecutionsRequest.newBuilder()
            .setNamespace("default")
            .setQuery("WorkflowId = '" + execution.getWorkflowId() + "'")
            .build();
    ListWorkflowExecutionsResponse list = service.blockingStub().listWorkflowExecutions(request);
    return (int) list.getExecutionsList().stream().filter(run -> run.getStatus() == status).count();
  }

  /** Resets a run to its first task, which event 4 completes, and returns the id of the new run. */
  private static String resetToTheStart(WorkflowExecution execution) {
    ResetWorkflowExecutionRequest request =
        ResetWorkflowExecutionRequest.newBuilder()
            .setNamespace("default")
            .setWorkflowExecution(execution)
            .setReason("again")
            .setRequestId(UUID.randomUUID().toString())
            .setWorkflowTaskFinishEventId(4)
            .build();
    return service.blockingStub().resetWorkflowExecution(request).getRunId();
  }
}
