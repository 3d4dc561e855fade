//! The log, which has one line for each request: its endpoint, its actions and its decision.
//!
//! A line never contains the path, because the path may contain the secret of a token. It never contains a header.

use tollgate::{ClientIp, Decision, decision::AuditRecord};

use crate::{base::log_target, exchange::caller::FoundCaller};

/// **The log line of one request.** Its fields are set while the request is handled.
#[derive(Debug, Default)]
pub(crate) struct LogLine {
    endpoint: &'static str,
    token: Option<String>,
    owner: Option<String>,
    client_ip: Option<ClientIp>,
    decisions: Vec<AuditRecord>,
    token_ignored: bool,
}

impl LogLine {
    /// Sets the name of the endpoint.
    pub(crate) fn set_endpoint(&mut self, name: &'static str) {
        self.endpoint = name;
    }

    /// Sets the address of the client.
    pub(crate) fn set_client_ip(&mut self, client_ip: ClientIp) {
        self.client_ip = Some(client_ip);
    }

    /// Sets the public id of the token and the name of its owner, if the request has a known token.
    pub(crate) fn set_caller(&mut self, caller: &FoundCaller) {
        if let FoundCaller::Token { token, owner } = caller
            && is_on()
        {
            self.token = Some(token.id().to_string());
            self.owner = Some(owner.name().to_string());
        }
    }

    /// Sets the decisions, and forgets the decisions of an earlier call. A request may be decided more than once, and
    /// only the last decisions are logged.
    pub(crate) fn set_decisions<'d>(&mut self, decisions: impl IntoIterator<Item = Decision<'d>>) {
        if !is_on() {
            return;
        }
        self.decisions = decisions.into_iter().map(|decision| AuditRecord::from(&decision)).collect();
    }

    /// Records that the token was ignored, and the request was handled as a request without a token.
    pub(crate) fn set_token_ignored(&mut self) {
        self.token_ignored = true;
    }

    /// Writes the line.
    pub(crate) fn write(&self, status: u16, milliseconds: u128) {
        if !is_on() {
            return;
        }
        let mut actions = Vec::new();
        let (mut resource, mut decision, mut reason, mut text) = (None, None, None, None);
        for record in &self.decisions {
            let action = record.action.map(tollgate::operation::Action::as_str);
            actions.push(action.unwrap_or(&record.requested));
            resource = Some(resource_of(record));
            decision = Some(record.decision.as_str());
            reason = record.reason.map(tollgate::Reason::as_str);
            text = record.text.as_deref();
        }
        tracing::info!(
            target: log_target::REQUEST,
            endpoint = self.endpoint,
            status,
            action = (!actions.is_empty()).then(|| actions.join(",")),
            resource,
            decision,
            reason,
            token = self.token,
            owner = self.owner,
            client_ip = self.client_ip.map(tracing::field::display),
            token_ignored = self.token_ignored.then_some(true),
            ms = u64::try_from(milliseconds).unwrap_or(u64::MAX),
            text,
        );
    }
}

/// Whether the lines are printed.
fn is_on() -> bool {
    tracing::enabled!(target: log_target::REQUEST, tracing::Level::INFO)
}

fn resource_of(record: &AuditRecord) -> String {
    let team = record.team.as_ref().map(ToString::to_string);
    let parts = [
        record.package.as_ref().map(ToString::to_string),
        record.org.as_ref().map(|organization| match &team {
            Some(team) => format!("{organization}:{team}"),
            None => organization.to_string(),
        }),
        record.user.as_ref().map(ToString::to_string),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
