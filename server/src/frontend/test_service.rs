//! The test service: control of the clock by a client, as Temporal's test server offers it. It is
//! served only where time can be skipped.

use std::{sync::Arc, time::Duration};

use mainspring_proto::testservice::v1::{test_service_server::TestService, *};
use tonic::{Request, Response, Status};

use crate::{
    clock::{NotLocked, SkippingClock},
    history::time::Time,
};

use super::{status::invalid_argument, validate};

/// The test service of a server with this clock.
#[derive(Debug)]
pub(crate) struct Test(pub(crate) Arc<SkippingClock>);

impl Test {
    /// Answers when the clock shows `time`. Whoever is to be told is told before time jumps on.
    async fn sleep_until(&self, time: Time) {
        drop(self.0.sleep_until(time).await);
    }
}

#[tonic::async_trait]
impl TestService for Test {
    async fn lock_time_skipping(
        &self,
        _: Request<LockTimeSkippingRequest>,
    ) -> Result<Response<LockTimeSkippingResponse>, Status> {
        self.0.lock();
        Ok(Response::new(LockTimeSkippingResponse {}))
    }

    async fn unlock_time_skipping(
        &self,
        _: Request<UnlockTimeSkippingRequest>,
    ) -> Result<Response<UnlockTimeSkippingResponse>, Status> {
        self.0.unlock().map_err(unbalanced)?;
        Ok(Response::new(UnlockTimeSkippingResponse {}))
    }

    async fn sleep(
        &self,
        request: Request<SleepRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let time = self.0.now().after(duration(request.into_inner())?);
        self.sleep_until(time).await;
        Ok(Response::new(SleepResponse {}))
    }

    async fn sleep_until(
        &self,
        request: Request<SleepUntilRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let Some(timestamp) = request.into_inner().timestamp else {
            return Err(invalid_argument("Timestamp is not set on request."));
        };
        self.sleep_until(Time::from_proto(&timestamp)).await;
        Ok(Response::new(SleepResponse {}))
    }

    async fn unlock_time_skipping_with_sleep(
        &self,
        request: Request<SleepRequest>,
    ) -> Result<Response<SleepResponse>, Status> {
        let duration = duration(request.into_inner())?;
        let sleeper = self.0.sleeper(self.0.now().after(duration));
        let relock = Relock::unlock(&self.0).map_err(unbalanced)?;
        let hold = sleeper.reached().await;
        drop(relock);
        drop(hold);
        Ok(Response::new(SleepResponse {}))
    }

    async fn get_current_time(
        &self,
        _: Request<()>,
    ) -> Result<Response<GetCurrentTimeResponse>, Status> {
        let time = Some(self.0.now().to_proto());
        Ok(Response::new(GetCurrentTimeResponse { time }))
    }
}

/// Takes the lock back, also when the caller gives up.
struct Relock<'c>(&'c SkippingClock);

impl<'c> Relock<'c> {
    fn unlock(clock: &'c SkippingClock) -> Result<Self, NotLocked> {
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
