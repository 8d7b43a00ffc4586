//! What is there only with the feature `testing` of this crate, which expansions cannot ask for.

/// The items, if there is something to test with.
#[doc(hidden)]
#[macro_export]
#[cfg(feature = "testing")]
macro_rules! __if_testing {
    ($($item:item)*) => { $($item)* };
}

/// Nothing.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "testing"))]
macro_rules! __if_testing {
    ($($item:item)*) => {};
}
