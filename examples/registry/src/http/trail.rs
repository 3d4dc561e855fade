//! The log: one line for each request, of what was asked and what was decided.
//!
//! Never the path, for the secret of a token may be in it, and never a header.

use tollgate::{ClientIp, Decision, decision::AuditRecord};

use super::asker::Asker;

/// **What is remembered of a request for its line.**
#[derive(Debug, Default)]
pub(crate) struct Trail {
    endpoint: &'static str,
    token: Option<String>,
    owner: Option<String>,
    client_ip: Option<ClientIp>,
    decided: Vec<AuditRecord>,
    token_ignored: bool,
}

impl Trail {
    /// The endpoint, by its name.
    pub(crate) fn endpoint(&mut self, name: &'static str) {
        self.endpoint = name;
    }

    pub(crate) fn client_ip(&mut self, client_ip: ClientIp) {
        self.client_ip = Some(client_ip);
    }

    pub(crate) fn asker(&mut self, asker: &Asker) {
        if let Asker::Token { token, owner } = asker {
            self.token = Some(token.id().to_string());
            self.owner = Some(owner.name().to_string());
        }
    }

    /// What the last look at the request decided; what an earlier one did is forgotten.
    pub(crate) fn decided<'d>(&mut self, decisions: impl IntoIterator<Item = Decision<'d>>) {
        self.decided = decisions.into_iter().map(|decision| AuditRecord::from(&decision)).collect();
    }

    /// The token was of no use, and the answer is the one without a token.
    pub(crate) fn token_ignored(&mut self) {
        self.token_ignored = true;
    }

    /// Writes the line.
    pub(crate) fn write(&self, status: u16, milliseconds: u128) {
        let mut actions = Vec::new();
        let (mut resource, mut decision, mut reason, mut text) = (None, None, None, None);
        for record in &self.decided {
            let action = record.action.map(tollgate::operation::Action::as_str);
            actions.push(action.unwrap_or(&record.requested));
            resource = Some(resource_of(record));
            decision = Some(record.decision.as_str());
            reason = record.reason.map(tollgate::Reason::as_str);
            text = record.text.as_deref();
        }
        tracing::info!(
            target: "request",
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
