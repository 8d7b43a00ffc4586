//! The keys of Temporal's dynamic configuration that mean something here: the limits. Others are taken
//! and left alone, as whoever sets them speaks to another server.

use std::time::Duration;

use serde_json::Value;

use super::Failure;
use crate::{Config, duration::parse_go};

/// What a key sets.
enum Setting {
    Bytes(fn(&mut Config) -> &mut usize),
    Count(fn(&mut Config) -> &mut usize),
    Few(fn(&mut Config) -> &mut u32),
    Long(fn(&mut Config) -> &mut i64),
    Time(fn(&mut Config) -> &mut Duration),
}

use Setting::{Bytes, Count, Few, Long, Time};

#[rustfmt::skip]
const SETTINGS: [(&str, Setting); 25] = [
    ("limit.maxIDLength", Count(|config| &mut config.limits.id_length)),
    ("limit.blobSize.error", Bytes(|config| &mut config.limits.blob_size)),
    ("limit.memoSize.error", Bytes(|config| &mut config.limits.memo_size)),
    ("frontend.searchAttributesNumberOfKeysLimit", Count(|config| &mut config.limits.search_attributes)),
    ("frontend.searchAttributesSizeOfValueLimit", Bytes(|config| &mut config.limits.search_attribute_value_size)),
    ("frontend.searchAttributesTotalSizeLimit", Bytes(|config| &mut config.limits.search_attributes_size)),
    ("frontend.maxLinksPerRequest", Count(|config| &mut config.limits.links)),
    ("frontend.linkMaxSize", Bytes(|config| &mut config.limits.link_size)),
    ("limit.historyCount.error", Long(|config| &mut config.run_limits.history_events)),
    ("limit.historySize.error", Long(|config| &mut config.run_limits.history_size)),
    ("limit.mutableStateSize.error", Bytes(|config| &mut config.run_limits.mutable_state_size)),
    ("system.transactionSizeLimit", Long(|config| &mut config.run_limits.transaction_size)),
    ("limit.historyCount.suggestContinueAsNew", Long(|config| &mut config.run_limits.suggest_continue_as_new_events)),
    ("limit.historySize.suggestContinueAsNew", Long(|config| &mut config.run_limits.suggest_continue_as_new_size)),
    ("limit.numPendingActivities.error", Count(|config| &mut config.run_limits.pending_activities)),
    ("limit.numPendingChildExecutions.error", Count(|config| &mut config.run_limits.pending_children)),
    ("limit.numPendingSignals.error", Count(|config| &mut config.run_limits.pending_signals)),
    ("limit.numPendingCancelRequests.error", Count(|config| &mut config.run_limits.pending_cancels)),
    ("history.maximumSignalsPerExecution", Few(|config| &mut config.run_limits.signals)),
    ("history.maximumBufferedEventsBatch", Count(|config| &mut config.run_limits.buffered_events)),
    ("history.maximumBufferedEventsSizeInBytes", Bytes(|config| &mut config.run_limits.buffered_size)),
    ("history.maxInFlightUpdates", Count(|config| &mut config.run_limits.updates_in_flight)),
    ("history.maxInFlightUpdatePayloads", Bytes(|config| &mut config.run_limits.updates_in_flight_size)),
    ("history.maxTotalUpdates", Count(|config| &mut config.run_limits.updates)),
    ("history.defaultWorkflowTaskTimeout", Time(|config| &mut config.run_limits.default_workflow_task_timeout)),
];

/// Makes the setting part of the configuration; whether it means anything here.
///
/// # Errors
/// When the value is not what the key is for.
pub(super) fn set(config: &mut Config, key: &str, value: &str) -> Result<bool, Failure> {
    let found = SETTINGS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(key));
    let Some((_, setting)) = found else {
        return Ok(false);
    };
    let json: Option<Value> = serde_json::from_str(value).ok();
    let number = json.as_ref().and_then(Value::as_u64);
    let done = match setting {
        Bytes(of) | Count(of) => assign(of(config), number),
        Few(of) => assign(of(config), number),
        Long(of) => assign(of(config), number),
        Time(of) => {
            let text = json.as_ref().and_then(Value::as_str);
            let time = match number {
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => text
                    .and_then(parse_go)
                    .and_then(|nanos| u64::try_from(nanos).ok())
                    .map(Duration::from_nanos),
            };
            time.map(|time| *of(config) = time)
        }
    };
    done.map(|()| true).ok_or_else(|| {
        let wanted = match setting {
            Time(_) => "a duration such as \"10s\"",
            Bytes(_) => "a number of bytes",
            Count(_) | Few(_) | Long(_) => "a number",
        };
        Failure(format!(
            "--dynamic-config-value {key}={value}: the value must be {wanted}"
        ))
    })
}

fn assign<T: TryFrom<u64>>(into: &mut T, number: Option<u64>) -> Option<()> {
    *into = T::try_from(number?).ok()?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_by_temporals_keys() {
        let mut config = Config::in_memory();
        for (key, value) in [
            ("limit.blobSize.error", "1024"),
            ("history.maximumsignalsperexecution", "7"),
            ("limit.historyCount.error", "100"),
            ("history.defaultWorkflowTaskTimeout", "\"3s\""),
        ] {
            assert!(matches!(set(&mut config, key, value), Ok(true)), "{key}");
        }
        assert_eq!(config.limits.blob_size, 1024);
        assert_eq!(config.run_limits.signals, 7);
        assert_eq!(config.run_limits.history_events, 100);
        let timeout = config.run_limits.default_workflow_task_timeout;
        assert_eq!(timeout, Duration::from_secs(3));
    }

    #[test]
    fn unknown_keys_are_left_alone_and_nonsense_is_not() {
        let mut config = Config::in_memory();
        let unknown = set(&mut config, "frontend.enableServerVersionCheck", "false");
        assert!(matches!(unknown, Ok(false)));
        for (key, value, why) in [
            ("limit.blobSize.error", "\"much\"", "a number of bytes"),
            ("limit.numPendingActivities.error", "-1", "a number"),
            (
                "history.maximumSignalsPerExecution",
                "4294967296",
                "a number",
            ),
            (
                "history.defaultWorkflowTaskTimeout",
                "\"soon\"",
                "a duration such as \"10s\"",
            ),
        ] {
            let Err(Failure(message)) = set(&mut config, key, value) else {
                panic!("{key}={value} was taken");
            };
            assert_eq!(
                message,
                format!("--dynamic-config-value {key}={value}: the value must be {why}")
            );
        }
    }
}
