//! The table that is printed: a row for each mark.

use std::fmt;

/// The unit of a row's numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// SHA-256 of a token.
    Sha,
    /// Times something else that the row names.
    Times,
    /// Dependent random reads of an array as large as the directory.
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

/// Rows under headings.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// A mark: holds while it is at most so much.
    pub(crate) fn mark(&mut self, mark: impl Into<String>, at_most: f64, measured: f64, unit: Unit) {
        self.rows.push(Row { mark: mark.into(), unit, at_most: Some(at_most), measured });
    }

    /// A number that no mark is set for.
    pub(crate) fn note(&mut self, what: impl Into<String>, measured: f64, unit: Unit) {
        self.rows.push(Row { mark: what.into(), unit, at_most: None, measured });
    }
}

/// Three digits that say something.
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
