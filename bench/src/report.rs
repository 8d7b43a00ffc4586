//! What is printed.

use serde_json::{Map, Value};

/// One measurement: named figures in the order in which they were added.
#[derive(Debug)]
pub(crate) struct Report {
    title: &'static str,
    rows: Vec<(String, Value, &'static str)>,
}

impl Report {
    pub(crate) fn new(title: &'static str) -> Self {
        Self {
            title,
            rows: Vec::new(),
        }
    }

    /// Adds a figure, with its unit.
    pub(crate) fn add(
        &mut self,
        name: impl Into<String>,
        value: impl Into<Value>,
        unit: &'static str,
    ) {
        self.rows.push((name.into(), value.into(), unit));
    }

    /// Adds a figure that is rounded to three digits after the point.
    pub(crate) fn add_f64(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.add(name, (value * 1000.0).round() / 1000.0, unit);
    }

    /// Prints the table, unless only JSON is wanted, and the line of JSON.
    pub(crate) fn print(&self, json_only: bool) {
        if !json_only {
            println!("{}", self.title);
            let width = self.rows.iter().map(|(name, ..)| name.len()).max();
            let width = width.unwrap_or_default();
            for (name, value, unit) in &self.rows {
                println!("  {name:<width$}  {value:>12} {unit}");
            }
        }
        let mut line = Map::new();
        line.insert("measurement".to_owned(), self.title.into());
        for (name, value, unit) in &self.rows {
            let key = match *unit {
                "" => name.replace(' ', "_"),
                unit => format!("{}_{}", name.replace(' ', "_"), key_of(unit)),
            };
            line.insert(key, value.clone());
        }
        println!("{}", Value::Object(line));
    }
}

fn key_of(unit: &str) -> String {
    unit.replace('/', "_per_").replace(' ', "_")
}
