//! The explanation of a decision: the outcome of every check.

use core::fmt;

use crate::{
    decision::{
        Decision,
        basis::Basis,
        text::{Cure, RequestedOperation},
    },
    rules::{Check, Comparison, Context, Outcome, Step, all_steps, early_step, public_read_step},
};

/// A decision, with the outcome of every check in the order in which the checks are run ([D1](crate::docs::rules#d1)).
///
/// - The reason of a denial is the reason of the first check that failed.
/// - The checks after the first that failed are run too, so that the explanation shows everything that prevents an
///   allow. The checks after an allow by a public read are also run. None of these changes the decision.
/// - Creating an explanation allocates nothing. `Display` prints one line for each check, for a person. Serializing
///   writes the [`AuditRecord`](crate::decision::AuditRecord) of the decision and the checks, for a log.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    decision: Decision<'a>,
    steps: Steps<'a>,
}

/// The checks that the explanation has, which depend on what was known of the token.
#[derive(Clone, Copy, Debug)]
enum Steps<'a> {
    /// For a token bound to its owner: all checks.
    Bound([Step<'a>; Check::ALL.len()]),
    /// For a token without its owner's record: each early check at its position in [`Check::ALL`], and `None` for each
    /// other check.
    Early([Option<Step<'a>>; Check::ALL.len()]),
    /// Without a token: the check for a public read.
    NoToken(Step<'a>),
    /// For a token that is not on record: no checks.
    Unknown,
}

impl<'a> Steps<'a> {
    fn iter(&self) -> impl Iterator<Item = &Step<'a>> {
        let (all, early, one): (&[Step<'a>], &[Option<Step<'a>>], _) = match self {
            Self::Bound(steps) => (steps, &[], None),
            Self::Early(steps) => (&[], steps, None),
            Self::NoToken(step) => (&[], &[], Some(step)),
            Self::Unknown => (&[], &[], None),
        };
        all.iter().chain(early.iter().flatten()).chain(one)
    }
}

impl<'a> Decision<'a> {
    /// Explains the decision by running every check, including the checks after the first that failed.
    #[must_use]
    pub fn explain(&self) -> Explanation<'a> {
        let steps = match self.basis() {
            Basis::Bound(question) => Steps::Bound(all_steps(&Context::new(&question, question.operation.action()))),
            Basis::Early(question) => {
                let mut steps = [None; Check::ALL.len()];
                for (slot, check) in steps.iter_mut().zip(Check::ALL) {
                    *slot = early_step(*check, &question);
                }
                Steps::Early(steps)
            }
            Basis::NoToken(operation) => Steps::NoToken(public_read_step(Some(&operation))),
            Basis::NoAccount { token_given: false, .. } => Steps::NoToken(public_read_step(None)),
            Basis::UnknownToken(_) | Basis::NoAccount { token_given: true, .. } => Steps::Unknown,
        };
        Explanation { decision: *self, steps }
    }
}

impl<'a> Explanation<'a> {
    /// Returns the decision that is explained.
    pub const fn decision(&self) -> &Decision<'a> {
        &self.decision
    }

    /// Iterates over the checks, each with its outcome and both sides of its comparison, if it compared anything.
    ///
    /// Without the record of the token's owner, there are only the checks that need neither the owner nor the resource.
    /// Without a token, there is only the check for a public read. For a token that is not on record, there is no
    /// check.
    pub fn steps(&self) -> impl Iterator<Item = (Check, Outcome, Option<&Comparison<'a>>)> {
        self.steps.iter().map(|step| (step.check, step.outcome, step.comparison.as_ref()))
    }
}

/// Writes one line for the answer, one for each check, and one for the cure of a denial.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.decision {
            Decision::Allow(allow) => {
                write!(f, "ALLOW {} ({}, via {}", allow.operation(), allow.action(), allow.allowed_by())?;
                match self.decision.validity().until() {
                    Some(until) => write!(f, ", valid until {until})")?,
                    None => f.write_str(")")?,
                }
            }
            Decision::Challenge(challenge) => {
                let demanded_by = challenge.demanded_by();
                write!(f, "CHALLENGE {}: the {demanded_by} demands a second factor", challenge.operation())?;
            }
            Decision::Deny(deny) => {
                let asked = RequestedOperation(deny.basis());
                write!(f, "DENY {asked}: {} ({})", deny.reason(), deny.reason().rule())?;
            }
        }
        write!(f, ", status {}", self.decision.status())?;
        match &self.steps {
            Steps::Bound(_) | Steps::Early(_) => {}
            Steps::NoToken(_) => f.write_str("\n  no token was presented: only V1 applies")?,
            Steps::Unknown => f.write_str("\n  the token is not on record: no check was run")?,
        }
        let mut ended = false;
        for step in self.steps.iter() {
            let mark = match step.outcome {
                Outcome::Passed => "ok",
                Outcome::Failed(_) => "FAILED",
                Outcome::Allows => "ALLOWS",
                Outcome::Challenged(_) => "CHALLENGES",
                Outcome::DoesNotApply => "-",
            };
            write!(f, "\n  {:<2}  {:<23}  {mark:<10}", step.check.rule(), step.check)?;
            match &step.comparison {
                Some(comparison) => write!(f, "  {comparison}")?,
                None => f.write_str("  does not apply")?,
            }
            let ends = !matches!(step.outcome, Outcome::Passed | Outcome::DoesNotApply);
            if ended && ends {
                f.write_str(" (after the decision)")?;
            }
            ended |= ends;
        }
        match &self.decision {
            Decision::Deny(deny) => write!(f, "\n  cure: {}", Cure(deny)),
            Decision::Allow(_) | Decision::Challenge(_) => Ok(()),
        }
    }
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{Explanation, Outcome, Step, Steps};
    use crate::decision::audit_record::AuditRecord;
    use serde::{Serialize, Serializer, ser::SerializeStruct};

    impl Serialize for Explanation<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut explanation = serializer.serialize_struct("Explanation", 2)?;
            explanation.serialize_field("decision", &AuditRecord::from(&self.decision))?;
            explanation.serialize_field("checks", &Checks(&self.steps))?;
            explanation.end()
        }
    }

    struct Checks<'s, 'a>(&'s Steps<'a>);

    impl Serialize for Checks<'_, '_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0.iter())
        }
    }

    impl Serialize for Step<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut step = serializer.serialize_struct("Step", 5)?;
            step.serialize_field("check", &self.check)?;
            step.serialize_field("rule", self.check.rule())?;
            let (outcome, reason) = match self.outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(reason) => ("failed", Some(reason)),
                Outcome::Allows => ("settled", None),
                Outcome::Challenged(_) => ("challenged", None),
                Outcome::DoesNotApply => ("does-not-apply", None),
            };
            step.serialize_field("outcome", outcome)?;
            step.serialize_field("reason", &reason)?;
            step.serialize_field("comparison", &self.comparison.map(Text))?;
            step.end()
        }
    }

    struct Text<T>(T);

    impl<T: core::fmt::Display> Serialize for Text<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&self.0)
        }
    }
}
