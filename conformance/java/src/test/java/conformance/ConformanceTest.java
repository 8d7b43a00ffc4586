package conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.temporal.api.common.v1.WorkflowExecution;
import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionRequest;
import io.temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse;
import io.temporal.client.UpdateOptions;
import io.temporal.client.WithStartWorkflowOperation;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowExecutionAlreadyStarted;
import io.temporal.client.WorkflowFailedException;
import io.temporal.client.WorkflowOptions;
import io.temporal.client.WorkflowQueryException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateStage;
import io.temporal.failure.ActivityFailure;
import io.temporal.failure.ApplicationFailure;
import io.temporal.failure.CanceledFailure;
import io.temporal.failure.TerminatedFailure;
import io.temporal.failure.TimeoutFailure;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Drives the server under test with the official Java SDK. */
class ConformanceTest {
  private static final String QUEUE = "queue-" + UUID.randomUUID();
  private static WorkflowServiceStubs service;
  private static WorkflowClient client;
  private static WorkerFactory factory;

  @BeforeAll
  static void connect() {
    String address = Optional.ofNullable(System.getenv("TEMPORAL_ADDRESS")).orElse("127.0.0.1:7233");
    service = WorkflowServiceStubs.newServiceStubs(WorkflowServiceStubsOptions.newBuilder().setTarget(address).build());
    client = WorkflowClient.newInstance(service);
    factory = WorkerFactory.newInstance(client);
    Worker worker = factory.newWorker(QUEUE);
    worker.registerWorkflowImplementationTypes(
        Workflows.EverythingImpl.class,
        Workflows.MessagesImpl.class,
        Workflows.ChildImpl.class,
        Workflows.ParentImpl.class,
        Workflows.CountdownImpl.class,
        Workflows.CancellableImpl.class,
        Workflows.VersionedImpl.class,
        Workflows.FailingImpl.class,
        Workflows.WaitsImpl.class,
        Workflows.CallsAsyncImpl.class,
        Workflows.HeartbeatsImpl.class);
    worker.registerActivitiesImplementations(new Workflows.ActivitiesImpl());
    factory.start();
  }

  @AfterAll
  static void disconnect() {
    factory.shutdownNow();
    factory.awaitTermination(5, TimeUnit.SECONDS);
    service.shutdownNow();
  }

  private static WorkflowOptions.Builder options() {
    return WorkflowOptions.newBuilder()
        .setTaskQueue(QUEUE)
        .setWorkflowId("workflow-" + UUID.randomUUID())
        .setWorkflowExecutionTimeout(Duration.ofMinutes(1));
  }

  private static <T> T stub(Class<T> type) {
    return client.newWorkflowStub(type, options().build());
  }

  /** Waits until a worker has started an activity of this run, and returns the activity's id. */
  private static String startedActivity(WorkflowExecution execution) throws InterruptedException {
    DescribeWorkflowExecutionRequest request =
        DescribeWorkflowExecutionRequest.newBuilder().setNamespace("default").setExecution(execution).build();
    while (true) {
      DescribeWorkflowExecutionResponse description = service.blockingStub().describeWorkflowExecution(request);
      if (description.getPendingActivitiesCount() > 0 && description.getPendingActivities(0).hasLastStartedTime()) {
        return description.getPendingActivities(0).getActivityId();
      }
      Thread.sleep(20);
    }
  }

  @Test
  void activitiesTimersAndSignals() throws Exception {
    Workflows.Everything workflow = stub(Workflows.Everything.class);
    WorkflowClient.start(workflow::run, "World");
    workflow.approve("Ada");
    assertEquals("Hello, World! 3 Hello, local! 9 Ada", WorkflowStub.fromTyped(workflow).getResult(String.class));
  }

  @Test
  void queriesAndUpdates() {
    Workflows.Messages workflow = stub(Workflows.Messages.class);
    WorkflowClient.start(workflow::run);
    assertEquals(2, workflow.add(2));
    assertEquals(5, workflow.add(3));
    assertThrows(WorkflowUpdateException.class, () -> workflow.add(-1));
    assertEquals(5, workflow.value());
    WorkflowStub untyped = WorkflowStub.fromTyped(workflow);
    assertThrows(WorkflowQueryException.class, () -> untyped.query("unknown", Integer.class));
    workflow.finish();
    assertEquals(5, untyped.getResult(Integer.class));
    assertEquals(5, workflow.value());
  }

  @Test
  void updateWithStart() {
    Workflows.Messages workflow =
        client.newWorkflowStub(
            Workflows.Messages.class,
            options().setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING).build());
    int value =
        WorkflowClient.executeUpdateWithStart(
            workflow::add,
            5,
            UpdateOptions.<Integer>newBuilder().setWaitForStage(WorkflowUpdateStage.COMPLETED).build(),
            new WithStartWorkflowOperation<>(workflow::run));
    assertEquals(5, value);
    WorkflowStub.fromTyped(workflow).terminate("done");
  }

  @Test
  void childrenAndExternalSignals() {
    assertEquals("one two", stub(Workflows.Parent.class).parent("child-" + UUID.randomUUID()));
  }

  @Test
  void continueAsNew() {
    assertEquals("liftoff", stub(Workflows.Countdown.class).countdown(4));
  }

  @Test
  void cancellationWithCleanUp() throws Exception {
    Workflows.Cancellable workflow = stub(Workflows.Cancellable.class);
    startedActivity(WorkflowClient.start(workflow::cancellable));
    WorkflowStub.fromTyped(workflow).cancel();
    WorkflowStub untyped = WorkflowStub.fromTyped(workflow);
    // This SDK closes a run whose cancellation was requested as cancelled, whatever it returns.
    WorkflowFailedException ended = assertThrows(WorkflowFailedException.class, () -> untyped.getResult(String.class));
    assertInstanceOf(CanceledFailure.class, ended.getCause());
    boolean cleanedUp =
        client.fetchHistory(untyped.getExecution().getWorkflowId()).getEvents().stream()
            .anyMatch(event -> event.hasActivityTaskCompletedEventAttributes());
    assertTrue(cleanedUp);
  }

  @Test
  void versions() {
    assertEquals(2, stub(Workflows.Versioned.class).versioned());
  }

  @Test
  void failuresTimeoutsAndTerminations() {
    Workflows.Waits late =
        client.newWorkflowStub(Workflows.Waits.class, options().setWorkflowExecutionTimeout(Duration.ofMillis(300)).build());
    assertInstanceOf(TimeoutFailure.class, assertThrows(WorkflowFailedException.class, late::waits).getCause());

    Workflows.Failing failing = stub(Workflows.Failing.class);
    Throwable activity = assertThrows(WorkflowFailedException.class, failing::failing).getCause();
    assertInstanceOf(ActivityFailure.class, activity);
    ApplicationFailure surface = assertInstanceOf(ApplicationFailure.class, activity.getCause());
    assertEquals("Surface", surface.getType());
    assertEquals(7, surface.getDetails().get(Integer.class));
    assertEquals("root", ((ApplicationFailure) surface.getCause()).getOriginalMessage());

    Workflows.Waits waits = stub(Workflows.Waits.class);
    WorkflowExecution execution = WorkflowClient.start(waits::waits);
    Workflows.Waits again =
        client.newWorkflowStub(Workflows.Waits.class, options().setWorkflowId(execution.getWorkflowId()).build());
    assertThrows(WorkflowExecutionAlreadyStarted.class, () -> WorkflowClient.start(again::waits));
    WorkflowStub untyped = WorkflowStub.fromTyped(waits);
    untyped.terminate("enough");
    WorkflowFailedException ended = assertThrows(WorkflowFailedException.class, () -> untyped.getResult(Void.class));
    assertInstanceOf(TerminatedFailure.class, ended.getCause());
  }

  @Test
  void asyncCompletionAndHeartbeatDetails() throws Exception {
    Workflows.CallsAsync workflow = stub(Workflows.CallsAsync.class);
    WorkflowExecution execution = WorkflowClient.start(workflow::callsAsync);
    client
        .newActivityCompletionClient()
        .complete(execution.getWorkflowId(), Optional.of(execution.getRunId()), startedActivity(execution), "done");
    assertEquals("done", WorkflowStub.fromTyped(workflow).getResult(String.class));
    assertEquals(42, stub(Workflows.Heartbeats.class).heartbeats());
  }
}
