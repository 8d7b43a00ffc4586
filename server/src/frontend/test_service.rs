//! The test service: control of the clock by a client, as Temporal's test server offers it. It is
//! served only where time can be skipped.
//!
//! The protocol's requests name no namespace. Where namespaces have clocks of their own, the one that is meant is that of
//! the header by which clients route their requests.

use std::{sync::Arc, time::Duration};

use mainspring_proto::testservice::v1::{test_service_server::TestService, *};
use tonic::{Request, Response, Status};

use crate::{
    clock::{Clock, NotLocked, SkippingClock},
    config::DEFAULT_NAMESPACE,
    history::time::Time,
};

use super::{Frontend, status::invalid_argument, validate};

/// The header that names the namespace.
const NAMESPACE: &str = "temporal-namespace";

/// The test service of a server whose time can be skipped.
pub(crate) struct Test(pub(crate) Arc<Frontend>);

impl Test {
    /// The clock that a request means.
    fn clock<T>(&self, request: &Request<T>) -> Result<Arc<SkippingClock>, Status> {
        let name = request.metadata().get(NAMESPACE);
        let name = name.map_or(Ok(DEFAULT_NAMESPACE), |name| name.to_str());
        let name = name.map_err(|_| invalid_argument("the namespace of the header is no text"))?;
        let namespace = self.0.namespace(name)?;
        match self.0.shard.clocks.of(&namespace.id) {
            Clock::Skipping(clock) => Ok(clock),
            Clock::System => Err(Status::unimplemented("the time of this server is real")),
        }
    }
}

/// Returns when the clock shows `time`. Whoever is to be told is told before time jumps on.
async fn sleep_until(clock: &Arc<SkippingClock>, time: Time) {
    drop(clock.sleep_until(time).await);
}

#[tonic::async_trait]
impl TestService for Test {
    async fn lock_time_skipping(
        &self,
        request: Request<LockTimeSkippingRequest>,
    ) -> Result<Response<LockTimeSkippingResponse>, Status> {
        self.clock(&request)?.lock();
        Ok(Response::new(LockTimeSkippingResponse {}))
    }

    async fn unlock_time_skipping(
        &self,
        request: Request<UnlockTimeSkippingRequest>,
    ) -> Result<Response<UnlockTimeSkippingResponse>, Status> {
        self.clock(&request)?.unlock().map_err(unbalanced)?;
        Ok(Response::new(UnlockTimeSkippingResponse {}))
    }

    async fn sleep(
        &self,
        request: Request<SleepRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let clock = self.clock(&request)?;
        let time = clock.now().after(duration(request.into_inner())?);
        sleep_until(&clock, time).await;
        Ok(Response::new(SleepResponse {}))
    }

    async fn sleep_until(
        &self,
        request: Request<SleepUntilRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let clock = self.clock(&request)?;
        let Some(timestamp) = request.into_inner().timestamp else {
            return Err(invalid_argument("Timestamp is not set on request."));
        };
        sleep_until(&clock, Time::from_proto(&timestamp)).await;
        Ok(Response::new(SleepResponse {}))
    }

    async fn unlock_time_skipping_with_sleep(
        &self,
        request: Request<SleepRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let clock = self.clock(&request)?;
        let duration = duration(request.into_inner())?;
        let sleeper = clock.sleeper(clock.now().after(duration));
        let relock = Relock::unlock(&clock).map_err(unbalanced)?;
        let hold = sleeper.reached().await;
        drop(relock);
        drop(hold);
        Ok(Response::new(SleepResponse {}))
    }

    async fn get_current_time(
        &self,
        request: Request<()>,
    ) -> Result<Response<GetCurrentTimeResponse>, Status> {
        let time = Some(self.clock(&request)?.now().to_proto());
        Ok(Response::new(GetCurrentTimeResponse { time }))
    }
}

/// Takes the lock back, also when the caller gives up.
struct Relock<'c>(&'c Arc<SkippingClock>);

impl<'c> Relock<'c> {
    fn unlock(clock: &'c Arc<SkippingClock>) -> Result<Self, NotLocked> {
        clock.unlock()?;
        Ok(Self(clock))
    }
}

impl Drop for Relock<'_> {
    fn drop(&mut self) {
        self.0.lock();
    }
}

fn duration(request: SleepRequest) -> Result<Duration, Status> {
    let duration = validate::duration("Duration", request.duration.as_ref())?;
    duration.ok_or_else(|| invalid_argument("Duration is not set on request."))
}

fn unbalanced(NotLocked: NotLocked) -> Status {
    Status::failed_precondition("time skipping is not locked: lock and unlock calls are unbalanced")
}
