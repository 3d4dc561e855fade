//! The marks that can be checked from the table.

use std::fmt::Write;

/// A measured value and its limit.
pub struct Mark {
    pub what: String,
    pub measured: f64,
    pub limit: Limit,
}

/// A limit. The limit itself is allowed, except for `Below`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    AtMost(f64),
    Below(f64),
    AtLeast(f64),
}

impl Mark {
    pub fn holds(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.measured <= limit,
            Limit::Below(limit) => self.measured < limit,
            Limit::AtLeast(limit) => self.measured >= limit,
        }
    }
}

pub fn show(marks: &[Mark]) -> String {
    let mut text = String::from("| mark | limit | measured | |\n| --- | --- | --- | --- |\n");
    for mark in marks {
        let limit = match mark.limit {
            Limit::AtMost(limit) => format!("at most {limit}"),
            Limit::Below(limit) => format!("below {limit}"),
            Limit::AtLeast(limit) => format!("at least {limit}"),
        };
        let holds = if mark.holds() { "holds" } else { "does not hold" };
        // Writing to a string never fails.
        let _ = writeln!(text, "| {} | {limit} | {:.2} | {holds} |", mark.what, mark.measured);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_holds_at_its_limit_and_not_past_it() {
        let holds = |measured, limit| Mark { what: String::new(), measured, limit }.holds();
        assert!(holds(0.6, Limit::AtMost(0.6)) && !holds(0.61, Limit::AtMost(0.6)));
        assert!(holds(0.99, Limit::Below(1.0)) && !holds(1.0, Limit::Below(1.0)));
        assert!(holds(100.0, Limit::AtLeast(100.0)) && !holds(99.0, Limit::AtLeast(100.0)));
    }
}
