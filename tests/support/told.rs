//! What a client learns of a decision.

use tollgate::Decision;

/// The status, and the text of a denial.
pub(crate) fn told(decision: &Decision<'_>) -> (u16, String) {
    match decision {
        Decision::Deny(deny) => (deny.status(), deny.client_text().to_string()),
        Decision::Allow(_) | Decision::Challenge(_) => (decision.status(), String::new()),
    }
}
