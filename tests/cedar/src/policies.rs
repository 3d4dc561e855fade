//! The policy set and its schema.

use cedar_policy::{Authorizer, Decision, Entities, PolicyId, PolicySet, Request, Schema};

use crate::Mistake;

/// The policy set.
pub const POLICIES: &str = include_str!("../tollgate.cedar");

/// Its schema.
pub const SCHEMA: &str = include_str!("../tollgate.cedarschema");

/// Reads the schema.
pub fn schema() -> Result<Schema, Mistake> {
    Ok(Schema::from_cedarschema_str(SCHEMA)?.0)
}

/// Reads the policies, each under the name that its `@id` gives it.
pub fn policies() -> Result<PolicySet, Mistake> {
    let set: PolicySet = POLICIES.parse()?;
    let named: Result<Vec<_>, Mistake> = set
        .policies()
        .map(|policy| {
            let id = policy.annotation("id").ok_or_else(|| format!("a policy without an @id:\n{policy}"))?;
            Ok(policy.new_id(PolicyId::new(id)))
        })
        .collect();
    Ok(PolicySet::from_policies(named?)?)
}

/// **What Cedar says** to a question that is asked twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Allowed without a second factor.
    Allow,
    /// Allowed with a second factor only.
    Challenge,
    /// Not allowed.
    Deny,
}

/// Cedar with a policy set.
pub struct Judge {
    authorizer: Authorizer,
    policies: PolicySet,
}

impl Judge {
    /// With a policy set that fits the schema.
    pub fn new(policies: PolicySet) -> Judge {
        Judge { authorizer: Authorizer::new(), policies }
    }

    /// The answer to a request that comes in two: without and with a second factor shown.
    pub fn answer(&self, [without, with]: &[Request; 2], entities: &Entities) -> Result<Answer, Mistake> {
        Ok(if self.permits(without, entities)? {
            Answer::Allow
        } else if self.permits(with, entities)? {
            Answer::Challenge
        } else {
            Answer::Deny
        })
    }

    /// Names of the policies that settle a request.
    pub fn reasons(&self, request: &Request, entities: &Entities) -> Vec<String> {
        let response = self.authorizer.is_authorized(request, &self.policies, entities);
        response.diagnostics().reason().map(ToString::to_string).collect()
    }

    /// Cedar leaves a policy out that fails to evaluate: of a forbid that would widen, so none may.
    fn permits(&self, request: &Request, entities: &Entities) -> Result<bool, Mistake> {
        let response = self.authorizer.is_authorized(request, &self.policies, entities);
        match response.diagnostics().errors().next() {
            Some(error) => Err(error.to_string().into()),
            None => Ok(response.decision() == Decision::Allow),
        }
    }
}
