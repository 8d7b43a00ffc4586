//! Activity calls in combinators: what such a call lacks to be durable is its timeout, and the error says so, as it does
//! where the call is awaited alone.
//!
//! The methods go before the one of `Gate`, whose condition is that the combinator is `Durable`.

use super::{Durable, Seal};
use crate::activity::Activity;
use crate::combine::{
    JoinAll, JoinAllFuture, Race, RaceFuture, Timeout, TimeoutFuture, TryJoinAll, TryJoinAllFuture,
};
use crate::workflow::{ActivityCall, ActivityFuture, HasTimeout, Scoped, ScopedFuture};

impl<A: Activity, T> JoinAll<ActivityCall<A, T>> {
    #[doc(hidden)]
    pub fn __durable(self) -> JoinAllFuture<ActivityFuture<A>>
    where
        T: HasTimeout<A>,
    {
        self.into_fut(Seal::new())
    }
}

impl<A: Activity, T> TryJoinAll<ActivityCall<A, T>> {
    #[doc(hidden)]
    pub fn __durable(self) -> TryJoinAllFuture<ActivityFuture<A>>
    where
        T: HasTimeout<A>,
    {
        self.into_fut(Seal::new())
    }
}

impl<A: Activity, T> Race<ActivityCall<A, T>> {
    #[doc(hidden)]
    pub fn __durable(self) -> RaceFuture<ActivityFuture<A>>
    where
        T: HasTimeout<A>,
    {
        self.into_fut(Seal::new())
    }
}

impl<A: Activity, T> Timeout<ActivityCall<A, T>> {
    #[doc(hidden)]
    pub fn __durable(self) -> TimeoutFuture<ActivityFuture<A>>
    where
        T: HasTimeout<A>,
    {
        self.into_fut(Seal::new())
    }
}

impl<A: Activity, T> Scoped<ActivityCall<A, T>> {
    #[doc(hidden)]
    pub fn __durable(self) -> ScopedFuture<ActivityFuture<A>>
    where
        T: HasTimeout<A>,
    {
        self.into_fut(Seal::new())
    }
}
