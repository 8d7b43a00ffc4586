//! How the tasks of a run, and of its activities, compare to others in their queue.

use mainspring_proto::common::v1::Priority;

/// The longest key that fairness among the tasks of a queue goes by, in bytes.
const FAIRNESS_KEY_LENGTH: usize = 64;

/// What is wrong with a priority, if anything is.
pub fn problem(priority: Option<&Priority>) -> Option<&'static str> {
    let priority = priority?;
    if priority.priority_key < 0 {
        Some("priority key can't be negative")
    } else if priority.fairness_key.len() > FAIRNESS_KEY_LENGTH {
        Some("fairness key length exceeds limit")
    } else if priority.fairness_weight < 0.0 {
        Some("must be greater than zero")
    } else {
        None
    }
}

/// A priority with what it leaves out taken from that of the run.
pub fn merged(of_run: &Option<Priority>, own: &Option<Priority>) -> Option<Priority> {
    let (Some(of_run), Some(own)) = (of_run, own) else {
        return own.clone().or_else(|| of_run.clone());
    };
    let mut priority = own.clone();
    if priority.priority_key == 0 {
        priority.priority_key = of_run.priority_key;
    }
    if priority.fairness_key.is_empty() {
        priority.fairness_key = of_run.fairness_key.clone();
    }
    if priority.fairness_weight == 0.0 {
        priority.fairness_weight = of_run.fairness_weight;
    }
    Some(priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_as_for_the_run() {
        let of_run = Priority {
            priority_key: 2,
            fairness_key: "run".to_owned(),
            fairness_weight: 3.0,
        };
        let own = Priority {
            priority_key: 5,
            ..Priority::default()
        };
        let expected = Priority {
            priority_key: 5,
            ..of_run.clone()
        };
        assert_eq!(
            merged(&Some(of_run.clone()), &Some(own.clone())),
            Some(expected)
        );
        assert_eq!(merged(&Some(of_run.clone()), &None), Some(of_run));
        assert_eq!(merged(&None, &Some(own.clone())), Some(own));
    }
}
