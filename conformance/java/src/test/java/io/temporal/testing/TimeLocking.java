package io.temporal.testing;

import io.temporal.common.interceptors.WorkflowClientInterceptor;
import io.temporal.serviceclient.TestServiceStubs;

/** The interceptor of the SDK's own test environment, which it gives to nobody outside this package. */
public final class TimeLocking {
  private TimeLocking() {}

  /** Lets time skip while a client waits for a result, and holds it otherwise. */
  public static WorkflowClientInterceptor by(TestServiceStubs service) {
    return new TimeLockingInterceptor(service);
  }
}
