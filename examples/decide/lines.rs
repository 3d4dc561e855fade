//! Reading an input line by line, in memory that does not grow with the input.

use std::io::{self, BufRead, BufReader, Read};

/// The length of the longest line that is read, in bytes without the line feed: 1 MiB.
pub(crate) const LONGEST: usize = 1024 * 1024;

/// The maximum number of bytes that are read of a line, which is one more than [`LONGEST`]. The additional byte is the
/// line feed, or shows that the line is too long.
const LIMIT: u64 = 1024 * 1024 + 1;

/// A reader of the lines of an input.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: BufReader<R>,
    /// The line that was read last.
    line: Vec<u8>,
    /// The number of that line, counted from 1.
    number: u64,
}

/// A line, without its line feed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Line<'a> {
    /// The whole line.
    Whole(&'a [u8]),
    /// A line of more than [`LONGEST`] bytes, which was skipped.
    TooLong,
}

impl<R: Read> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(64 * 1024, input), line: Vec::new(), number: 0 }
    }

    /// Reads the next line that is not blank, and returns it with its number. Returns `None` at the end of the input.
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

    /// Skips blanks, and returns whether the rest of the line has nothing else. If so, the line feed is skipped too.
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

    /// Returns whether the next line is in the buffer already, so that reading it does not wait for input.
    pub(crate) fn has_buffered_line(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
