//! Compares the crate with the oracle on one request to one world, and every form of the decision with the decision.

use serde_json::Value;
use tollgate::directory::{DecisionLine, Directory, Request, RequestLine};
use tollgate::{
    Decision, Reason,
    decision::{AllowedBy, AuditRecord, Caller, EarlyAnswer, Validity, Verdict},
};

use crate::oracle;

/// Asserts that a text is not empty, and has no control characters and so only one line.
fn one_line(text: &str) {
    assert!(!text.is_empty() && !text.contains(char::is_control), "{text:?}");
}

/// Compares the crate's answer to one request, which has no duplicate key, with the oracle's. Returns the verdict and
/// the request, or `None` if the request is not valid.
pub(crate) fn compare(world: &Value, directory: &Directory, json: &Value) -> Option<(Verdict, Request)> {
    let expected = oracle::decide(world, json);
    let line: RequestLine = serde_json::from_value(json.clone()).expect("any JSON reads");
    let request = match line.parse() {
        Ok(request) => request,
        Err(error) => {
            one_line(&error.to_string());
            let mut found = serde_json::to_value(DecisionLine::error(&error)).expect("a line is JSON");
            assert!(found["error"].is_string());
            found["error"] = Value::Bool(true); // the messages of the crate and of the oracle differ
            assert_eq!(found, expected, "request {json}");
            return None;
        }
    };
    let caller = directory.caller(&request);
    let decision = directory.decide(&caller, &request);
    let found = serde_json::to_value(DecisionLine::decided(&request, &decision)).expect("a line is JSON");
    assert_eq!(found, expected, "request {json}\n{}\nworld {world}", directory.decide(&caller, &request).explain());
    forms(directory, &caller, &request, &decision);
    anonymous(directory, &caller, json, &decision);
    holds(directory, &caller, json, &decision);
    Some((decision.verdict(), request))
}

/// Asserts that the explanation, the audit record, the texts and the early answer agree with the decision.
fn forms(directory: &Directory, caller: &Caller<'_>, request: &Request, decision: &Decision<'_>) {
    let record = AuditRecord::from(decision);
    let explanation = directory.decide(caller, request).explain();
    assert_eq!(AuditRecord::from(explanation.decision()), record);
    let text = serde_json::to_string(&record).expect("a record is JSON");
    assert_eq!(serde_json::from_str::<AuditRecord>(&text).expect("what was written reads"), record);
    explanation.to_string().lines().for_each(one_line);
    if let Decision::Deny(deny) = decision {
        one_line(&deny.operator_text().to_string());
        one_line(&deny.client_text().to_string());
    }
    if let Caller::Token(bound) = caller
        && let EarlyAnswer::Deny(early) =
            directory.policy().refuse_early(bound.token(), decision.action(), request.client_ip(), request.now())
    {
        assert_eq!(decision.verdict(), Verdict::Deny, "refused early: {}", early.operator_text());
    }
}

/// Asserts that the answer stays the same until the moment before it stops to be valid (rule D5).
fn holds(directory: &Directory, caller: &Caller<'_>, json: &Value, decision: &Decision<'_>) {
    let Validity::Until(until) = decision.validity() else { return };
    let last = oracle::parse_time(&until.to_string()).expect("a time") - 1;
    let mut json = json.clone();
    json["now"] = Value::from(oracle::print_time(last));
    let line: RequestLine = serde_json::from_value(json).expect("any JSON reads");
    let request = line.parse().expect("the same at another time is a request");
    let later = directory.decide(caller, &request);
    let answer = |decision: &Decision<'_>| (decision.verdict(), reason(decision), decision.status());
    assert_eq!(answer(&later), answer(decision), "not until {until}: {}", directory.decide(caller, &request).explain());
}

/// Returns the reason of a denial.
pub(crate) fn reason(decision: &Decision<'_>) -> Option<Reason> {
    match decision {
        Decision::Deny(deny) => Some(deny.reason()),
        Decision::Allow(_) | Decision::Challenge(_) => None,
    }
}

/// Asserts that every valid token may do what a request without a token may do (rule D5). That is only to read public
/// packages (rule V1).
fn anonymous(directory: &Directory, caller: &Caller<'_>, json: &Value, decision: &Decision<'_>) {
    let mut json = json.clone();
    let fields = json.as_object_mut().expect("a request is an object");
    fields.remove("secret");
    fields.insert("token".to_owned(), Value::Null);
    let line: RequestLine = serde_json::from_value(json).expect("any JSON reads");
    let request = line.parse().expect("the same without a token is a request");
    if !directory.decide(&Caller::NoToken, &request).is_allow() {
        return;
    }
    let fits = match (caller, decision) {
        (_, Decision::Allow(allow)) => allow.allowed_by() == AllowedBy::Public,
        (_, Decision::Challenge(_)) => false,
        (Caller::UnknownToken, Decision::Deny(deny)) => deny.reason() == Reason::TokenUnknown,
        (Caller::NoToken | Caller::Token(_), Decision::Deny(deny)) => matches!(
            deny.reason(),
            Reason::TokenRevoked
                | Reason::TokenRetired
                | Reason::TokenExpired
                | Reason::IpNotAllowed
                | Reason::OwnerSuspended
        ),
    };
    assert!(fits, "anonymous is allowed, but: {}", directory.decide(caller, &request).explain());
}
