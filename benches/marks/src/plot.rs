//! The plot of growth: a line for each series, on two logarithmic axes.

use std::fmt::Write;

use crate::{
    numbers::number,
    race::{Lane, SHA, Times},
};

/// A line in the plot.
#[derive(Debug)]
pub(crate) struct Line {
    name: String,
    /// Whether the line is for a search that finds nothing. It is then dashed.
    miss: bool,
    points: Vec<(f64, f64)>,
}

impl Line {
    /// Returns two lines: one for a search that finds the last item, and one for a search that finds nothing.
    pub(crate) fn both(name: &str, sizes: &[usize], lanes: &[[Lane; 2]], times: &Times) -> [Self; 2] {
        [(0, "hit"), (1, "miss")].map(|(which, what)| {
            let points = sizes.iter().zip(lanes).map(|(size, both)| (number(*size), times.ratio(both[which], SHA)));
            Self { name: format!("{name}, {what}"), miss: which == 1, points: points.collect() }
        })
    }

    fn last(&self) -> (f64, f64) {
        self.points[self.points.len() - 1]
    }
}

const COLOURS: [&str; 8] = ["#1f77b4", "#d95f02", "#2ca02c", "#c51b7d", "#7b3fa0", "#8c564b", "#666666", "#b8860b"];
const LEFT: f64 = 70.0;
const TOP: f64 = 60.0;
const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 440.0;
/// The minimum distance between the labels of two lines.
const SPACING: f64 = 15.0;

/// The axes. The horizontal one is from 1 to 1,000. The vertical one starts and ends at a power of ten.
struct Axes {
    from: f64,
    decades: f64,
}

impl Axes {
    fn around(lines: &[Line]) -> Self {
        let costs = || lines.iter().flat_map(|line| &line.points).map(|point| point.1.log10());
        let from = costs().fold(f64::INFINITY, f64::min).floor();
        Self { from, decades: costs().fold(f64::NEG_INFINITY, f64::max).ceil() - from }
    }

    fn x(size: f64) -> f64 {
        LEFT + WIDTH * size.log10() / 3.0
    }

    fn y(&self, cost: f64) -> f64 {
        TOP + HEIGHT * (1.0 - (cost.log10() - self.from) / self.decades)
    }
}

/// Returns the height of each label: at the end of its line, without overlapping another label.
fn heights(axes: &Axes, lines: &[Line]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| lines[*b].last().1.total_cmp(&lines[*a].last().1));
    let mut heights = vec![0.0; lines.len()];
    let mut above = f64::NEG_INFINITY;
    for line in &order {
        above = axes.y(lines[*line].last().1).max(above + SPACING);
        heights[*line] = above;
    }
    // Labels pushed below the bottom move up again, and push the labels above them.
    let mut below = TOP + HEIGHT + SPACING;
    for line in order.iter().rev() {
        below = heights[*line].min(below - SPACING);
        heights[*line] = below;
    }
    heights
}

/// Returns the plot as SVG.
pub(crate) fn svg(lines: &[Line]) -> String {
    let axes = Axes::around(lines);
    let mut svg = String::new();
    let _ = draw(&mut svg, &axes, lines);
    svg
}

fn draw(svg: &mut String, axes: &Axes, lines: &[Line]) -> std::fmt::Result {
    let (right, bottom) = (LEFT + WIDTH, TOP + HEIGHT);
    writeln!(
        svg,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 560" font-family="sans-serif" font-size="12">
<rect width="900" height="560" fill="white"/>
<text x="{LEFT}" y="24" font-size="16">What one decision takes as its facts grow</text>
<text x="{LEFT}" y="42" fill="#555">in SHA-256 of a token of 40 bytes; solid: the last one matches, dashed: none does</text>"##
    )?;
    for size in [1.0_f64, 10.0, 100.0, 1000.0] {
        let x = Axes::x(size);
        writeln!(svg, r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#ddd"/>"##)?;
        writeln!(svg, r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{size}</text>"#, bottom + 18.0)?;
    }
    let mut decade = 0.0;
    while decade <= axes.decades {
        let cost = 10.0_f64.powf(axes.from + decade);
        let y = axes.y(cost);
        writeln!(svg, r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#ddd"/>"##)?;
        writeln!(svg, r#"<text x="{:.1}" y="{:.1}" text-anchor="end">{cost}</text>"#, LEFT - 8.0, y + 4.0)?;
        decade += 1.0;
    }
    let heights = heights(axes, lines);
    for (index, (line, height)) in lines.iter().zip(&heights).enumerate() {
        let colour = COLOURS[index / 2 % COLOURS.len()];
        let points: Vec<_> =
            line.points.iter().map(|(size, cost)| format!("{:.1},{:.1}", Axes::x(*size), axes.y(*cost))).collect();
        let dashes = if line.miss { r#" stroke-dasharray="5 3""# } else { "" };
        let points = points.join(" ");
        writeln!(svg, r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>"#)?;
        let (x, y) = (Axes::x(line.last().0), axes.y(line.last().1));
        let end = right + 20.0;
        writeln!(svg, r#"<path d="M{x:.1} {y:.1}L{end} {height:.1}" stroke="{colour}" stroke-width="0.5"/>"#)?;
        let name = &line.name;
        writeln!(svg, r#"<text x="{:.1}" y="{:.1}" fill="{colour}">{name}</text>"#, end + 4.0, height + 4.0)?;
    }
    writeln!(svg, "</svg>")
}
