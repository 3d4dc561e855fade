//! The tables, in Markdown.

use std::fmt::Write;

use crate::{
    measure::Measured,
    question::{ENTRIES, Question},
};

/// The results of one peer for each question, or of one question that only tollgate answers. Each has one result for
/// each number of entries.
pub struct Row {
    pub name: String,
    pub measured: Vec<[Measured; ENTRIES.len()]>,
}

/// Formats a number with three significant digits and at most two decimals.
fn short(value: f64) -> String {
    match value {
        ..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn pair(measured: &[Measured; 2], show: impl Fn(&Measured) -> String) -> String {
    let [many, one] = measured;
    let (many, one) = (show(many), show(one));
    if many == one { many } else { format!("{many} / {one}") }
}

fn ratios(measured: &[Measured; 2]) -> String {
    let [many, one] = measured;
    format!("{} / {}", short(many.ratio), short(one.ratio))
}

fn nanoseconds(measured: &[Measured; 2]) -> String {
    let [many, one] = measured;
    format!("{:.0} / {:.0}", many.nanoseconds, one.nanoseconds)
}

fn allocations(measured: &[Measured; 2]) -> String {
    pair(measured, |one| format!("{} ({})", one.allocations.times, one.allocations.bytes))
}

fn line(text: &mut String, cells: &[String]) {
    // Writing to a string never fails.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Returns the table of the peers, the fastest first.
pub fn of_peers(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut head = vec!["the decision in".to_owned()];
    head.extend(Question::ALL.map(|question| question.title().to_owned()));
    head.extend(["allow, ns", "allocations (bytes) of allow"].map(str::to_owned));
    line(&mut text, &head);
    line(&mut text, &vec!["---".to_owned(); head.len()]);
    for row in rows {
        let mut cells = vec![row.name.clone()];
        cells.extend(row.measured.iter().map(ratios));
        cells.push(nanoseconds(&row.measured[0]));
        cells.push(allocations(&row.measured[0]));
        line(&mut text, &cells);
    }
    text
}

/// Returns the table of the questions that only tollgate answers.
pub fn of_own(rows: &[Row]) -> String {
    let mut text = String::new();
    line(&mut text, &["tollgate alone", "SHA-256", "ns", "allocations (bytes)"].map(str::to_owned));
    line(&mut text, &vec!["---".to_owned(); 4]);
    for row in rows {
        for measured in &row.measured {
            line(&mut text, &[row.name.clone(), ratios(measured), nanoseconds(measured), allocations(measured)]);
        }
    }
    text
}
