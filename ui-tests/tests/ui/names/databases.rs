// What has the names of these crates will do, as the scan goes by names.
extern crate self as redis;
extern crate self as sqlx;

use mainspring::prelude::*;

pub fn query(_: &str) {}
pub fn cmd(_: &str) {}
#[macro_export]
macro_rules! query_as {
    ($text:literal) => {};
}
pub mod postgres {
    pub struct PgPoolOptions;
    pub struct PgRow;
}

#[workflow_fn]
async fn run(row: sqlx::postgres::PgRow) {
    sqlx::query("select 1");
    sqlx::query_as!("select 1");
    redis::cmd("GET");
    let _ = sqlx::postgres::PgPoolOptions;
    let _: sqlx::postgres::PgRow = row;
}

fn main() {}
