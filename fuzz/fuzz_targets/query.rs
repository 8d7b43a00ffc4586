//! The reader of visibility queries with any text.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    mainspring_server::fuzzing::read_query(text);
});
