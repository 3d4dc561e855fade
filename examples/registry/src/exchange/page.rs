//! The page of a list that a request asks for.

use axum::{extract::Query, http::request::Parts};
use serde::Deserialize;

use crate::base::failure::Failure;

/// The maximum number of items on a page, and the default if the client does not set a number.
const MAX_ITEMS: usize = 100;

#[derive(Deserialize)]
struct PageQuery {
    #[serde(default)]
    page: usize,
    #[serde(rename = "perPage")]
    per_page: Option<usize>,
}

/// A page of a list. The first one has the number 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) number: usize,
    /// The maximum number of items on the page.
    pub(crate) size: usize,
}

impl Page {
    /// Reads `page` and `perPage` from the query of the request.
    ///
    /// # Errors
    /// Status 400 if one of them is not a number.
    pub(crate) fn from_query(parts: &Parts) -> Result<Self, Failure> {
        let Query(PageQuery { page, per_page }) = Query::try_from_uri(&parts.uri)
            .map_err(|_| Failure::bad_request("malformed query: expected `page` and `perPage` as numbers"))?;
        Ok(Self { number: page, size: per_page.unwrap_or(MAX_ITEMS).clamp(1, MAX_ITEMS) })
    }

    /// The number of items before the page.
    pub(crate) const fn start(self) -> usize {
        self.number.saturating_mul(self.size)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::Page;

    fn page(query: &str) -> Option<(usize, usize, usize)> {
        let (parts, ()) = Request::builder().uri(format!("/-/stage{query}")).body(()).unwrap().into_parts();
        Page::from_query(&parts).ok().map(|page| (page.number, page.size, page.start()))
    }

    #[test]
    fn a_page_has_between_1_and_100_items() {
        assert_eq!(page(""), Some((0, 100, 0)));
        assert_eq!(page("?page=2&perPage=30"), Some((2, 30, 60)));
        assert_eq!(page("?perPage=0"), Some((0, 1, 0)));
        assert_eq!(page("?perPage=100&page=1"), Some((1, 100, 100)));
        assert_eq!(page("?perPage=101&page=1"), Some((1, 100, 100)));
        assert_eq!(page(&format!("?page={}", usize::MAX)), Some((usize::MAX, 100, usize::MAX)));
        for malformed in ["?page=one", "?page=-1", "?perPage=", "?page=1&page=2"] {
            assert_eq!(page(malformed), None, "{malformed}");
        }
    }
}
