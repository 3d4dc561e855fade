//! The table of results, with a row for each mark.

use std::fmt;

/// The unit of the numbers in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// The time of the SHA-256 of a token.
    Sha,
    /// A ratio to another time that the row names.
    Times,
    /// The time of a dependent random read of an array as large as the directory.
    Reads,
    Bytes,
    PerSecond,
    Nanoseconds,
    Megabytes,
    Percent,
    None,
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha => " SHA-256",
            Self::Times => " times",
            Self::Reads => " reads",
            Self::Bytes => " B",
            Self::PerSecond => " a second",
            Self::Nanoseconds => " ns",
            Self::Megabytes => " MB",
            Self::Percent => " %",
            Self::None => "",
        })
    }
}

struct Row {
    mark: String,
    unit: Unit,
    at_most: Option<f64>,
    measured: f64,
}

/// The rows of the table, printed as Markdown.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a mark, which holds if the measured value is at most the limit.
    pub(crate) fn mark(&mut self, mark: impl Into<String>, at_most: f64, measured: f64, unit: Unit) {
        self.rows.push(Row { mark: mark.into(), unit, at_most: Some(at_most), measured });
    }

    /// Adds a measured value without a limit.
    pub(crate) fn note(&mut self, what: impl Into<String>, measured: f64, unit: Unit) {
        self.rows.push(Row { mark: what.into(), unit, at_most: None, measured });
    }
}

/// Formats a number with about three significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| mark | at most | measured | |\n|---|---:|---:|---|")?;
        for Row { mark, unit, at_most, measured } in &self.rows {
            let (limit, verdict) = match at_most {
                Some(at_most) if measured <= at_most => (short(*at_most), "holds"),
                Some(at_most) => (short(*at_most), "**does not hold**"),
                None => (String::new(), ""),
            };
            writeln!(f, "| {mark} | {limit} | {}{unit} | {verdict} |", short(*measured))?;
        }
        Ok(())
    }
}
