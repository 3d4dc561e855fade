//! Lines of an input of any length, in memory that does not grow with it.

use std::io::{self, BufRead, BufReader, Read};

/// The longest line that is read, in bytes without its end: 1 MiB.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// One byte more, which tells a line that is too long (or holds the end of the longest).
const LIMIT: u64 = 1024 * 1024 + 1;

/// The lines of an input.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

/// A line without its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// More than [`LONGEST`]: skipped to its end.
    TooLong,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), line: Vec::new(), number: 0 }
    }

    /// The next line that is not blank, with its number in the input.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        loop {
            self.line.clear();
            if (&mut self.input).take(LIMIT).read_until(b'\n', &mut self.line)? == 0 {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            if self.line.last() == Some(&b'\n') {
                self.line.pop();
            } else if self.line.len() > LONGEST {
                let blank = is_blank(&self.line) && self.skip_blanks()?;
                if blank {
                    continue;
                }
                self.input.skip_until(b'\n')?;
                return Ok(Some((self.number, Line::TooLong)));
            }
            if !is_blank(&self.line) {
                return Ok(Some((self.number, Line::Whole(&self.line))));
            }
        }
    }

    /// Skips what is blank; whether that was all of the line, its end included.
    fn skip_blanks(&mut self) -> io::Result<bool> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(true);
            }
            match buffer.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r')) {
                None => {
                    let all = buffer.len();
                    self.input.consume(all);
                }
                Some(at) => {
                    let ends = buffer.get(at) == Some(&b'\n');
                    self.input.consume(at.saturating_add(usize::from(ends)));
                    return Ok(ends);
                }
            }
        }
    }

    /// Whether the next line can be had without waiting for more input.
    pub(crate) fn is_one_at_hand(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
